"""Wasserstein distances against scipy, of clips by hand."""

import numpy as np
import pytest
import scipy.stats

from tfvideogan.metrics import wasserstein


def test_distance_of_samples_equals_scipy():
    random = np.random.default_rng(0)
    first, second = random.normal(size=20), 1.0 + 2.0 * random.normal(size=30)
    weights = [random.uniform(0.1, 1.0, size=n) for n in (20, 30)]
    found = wasserstein.of_samples(first, weights[0], second, weights[1])
    expected = scipy.stats.wasserstein_distance(first, second, *weights)
    assert found == pytest.approx(expected)


def test_weights_by_row_are_as_many_distances():
    weights = np.array([[1.0, 1.0], [3.0, 1.0], [0.0, 2.0]])
    found = wasserstein.of_samples(
        np.array([0.0, 4.0]), weights, np.array([0.0]), np.ones((3, 1))
    )
    # A half, a quarter and all of the weight is 4 away.
    np.testing.assert_allclose(found, [2, 1, 4])


def test_clips_weigh_alike_however_many_numbers_they_have():
    nan = np.nan
    model = np.array([[1.0, nan], [3.0, 5.0], [nan, nan]])
    real = np.zeros((3, 1))
    # A half at 1, a quarter at 3 and at 5; the third clip has nothing to say.
    assert wasserstein.of_clips(model, real, np.ones(3)) == pytest.approx(2.5)
    # The first clip twice: two thirds at 1, a sixth at 3 and at 5.
    counts = np.array([[2.0, 1.0, 0.0]])
    np.testing.assert_allclose(wasserstein.of_clips(model, real, counts), [2])


def test_clips_without_numbers_have_no_distance():
    found = wasserstein.of_clips(np.full((2, 1), np.nan), np.zeros((2, 1)), np.ones(2))
    assert np.isnan(found)


def test_equal_samples_have_none():
    values = np.random.default_rng(0).normal(size=(5, 4))
    assert wasserstein.of_clips(values, values[::-1], np.ones(5)) == 0
