"""Moments of parts are those of the whole."""

import numpy as np
import pytest

from tfvideogan.metrics.distances import moments


def features(number: int, size: int = 5, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.normal(size=(number, size)) @ generator.normal(size=(size, size))


def test_moments_are_mean_and_unbiased_covariance():
    found = moments.Moments.of(features(30))
    np.testing.assert_allclose(found.mean, features(30).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(features(30).T), rtol=1e-12)


@pytest.mark.parametrize("cuts", [[1], [29], [3, 4, 17]])
def test_merged_parts_are_the_whole(cuts):
    whole = moments.Moments.of(features(30))
    parts = [moments.Moments.of(one) for one in np.split(features(30), cuts)]
    found = moments.together(parts)
    assert found.number == 30
    np.testing.assert_allclose(found.mean, whole.mean, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.scatter, whole.scatter, rtol=1e-11, atol=1e-11)


def test_float32_features_far_from_zero_keep_their_covariance():
    # Sums of raw float32 products would leave errors of hundredths.
    far = (features(2000) + 1e4).astype(np.float32)
    expected = np.cov(far.astype(np.float64).T)
    parts = [moments.Moments.of(one) for one in np.split(far, 10)]
    found = moments.together(parts).covariance
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
