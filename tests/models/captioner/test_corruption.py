"""Clips are blurred and noised a little, each in its own measure."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.captioner import corruption

SEED = seeds.from_int(3)
CLIPS = seeds.uniform([64, 2, 6, 6, 1], seeds.from_int(1), -1.0, 1.0)


def test_without_strength_nothing_changes():
    found = corruption.corrupt(CLIPS, SEED, blur=0.0, noise=0.0)
    np.testing.assert_array_equal(found, CLIPS)


def test_a_point_is_spread_over_its_neighbours(monkeypatch):
    # The drawn share is all of it.
    monkeypatch.setattr(seeds, "uniform", lambda shape, seed, low, high: high)
    point = np.zeros([1, 1, 5, 5, 1], np.float32)
    point[0, 0, 1, 2] = 16.0
    found = corruption.corrupt(tf.constant(point), SEED, blur=1.0, noise=0.0)
    expected = np.zeros([5, 5])
    expected[:3, 1:4] = [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    np.testing.assert_allclose(found[0, 0, :, :, 0], expected)


def test_blur_leaves_plain_clips_alone():
    plain = tf.fill([2, 1, 4, 4, 3], 0.5)
    found = corruption.corrupt(plain, SEED, blur=1.0, noise=0.0)
    np.testing.assert_allclose(found, plain)


def test_noise_differs_from_pixel_to_pixel_and_in_strength_from_clip_to_clip():
    noise = corruption.corrupt(CLIPS, SEED, blur=0.0, noise=0.5) - CLIPS
    amplitudes = np.abs(noise).max(axis=(1, 2, 3, 4))
    # Uniform in [0, 0.5]: 64 of them have a mean near 0.25 and reach both ends.
    assert 0.45 < amplitudes.max() <= 0.5 and amplitudes.min() < 0.05
    assert amplitudes.mean() == pytest.approx(0.25, abs=0.06)
    assert np.abs(noise[:, 0] - noise[:, 1]).max() > 0.1
