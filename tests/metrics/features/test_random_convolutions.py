"""Untrained features are the same everywhere and order gross faults."""

import numpy as np
import pytest

from tfvideogan.metrics.distances import kernel
from tfvideogan.metrics.features import random_convolutions


@pytest.fixture(scope="module")
def extractor():
    return random_convolutions.RandomConvolutions()


def moving_squares(number: int, seed: int) -> np.ndarray:
    """Clips of a bright square that moves to the right."""
    generator = np.random.default_rng(seed)
    clips = np.full((number, 4, 16, 16, 3), 40, np.uint8)
    for clip, (x, y) in zip(clips, generator.integers(0, 8, (number, 2)), strict=True):
        for time, frame in enumerate(clip):
            frame[y : y + 5, x + time : x + time + 5] = 220
    return clips


def test_features_are_of_each_clip_and_always_the_same(extractor):
    clips = moving_squares(3, seed=0)
    found = extractor.features(clips)
    assert found.shape == (3, 48) and found.dtype == np.float32
    other = random_convolutions.RandomConvolutions()
    np.testing.assert_array_equal(other.features(clips), found)
    np.testing.assert_allclose(
        extractor.features(clips[1:2]), found[1:2], rtol=1e-5, atol=1e-6
    )


def test_grey_is_seen_as_grey_rgb(extractor):
    clips = moving_squares(2, seed=0)
    np.testing.assert_allclose(
        extractor.features(clips[..., :1]), extractor.features(clips), rtol=1e-6
    )


def test_one_frame_is_a_clip(extractor):
    assert extractor.features(moving_squares(2, seed=0)[:, :1]).shape == (2, 48)


def test_noise_is_farther_off_than_other_real_clips(extractor):
    real, other = (extractor.features(moving_squares(24, seed)) for seed in (0, 1))
    noise = np.random.default_rng(2).integers(0, 256, (24, 4, 16, 16, 3), np.uint8)
    floor = kernel.squared_mmd(real, other)
    assert kernel.squared_mmd(real, extractor.features(noise)) > 10 * abs(floor)
