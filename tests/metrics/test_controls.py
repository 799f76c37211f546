"""Damage of real clips: what is wrong, and that nothing else is."""

import numpy as np
import pytest

from tfvideogan.metrics import controls


@pytest.fixture
def clips() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 5, 16, 12, 3), np.uint8)


def test_reversed_and_frozen_by_definition(clips):
    np.testing.assert_array_equal(controls.damage("reversed", clips), clips[:, ::-1])
    frozen = controls.damage("frozen", clips)
    assert frozen.shape == clips.shape
    np.testing.assert_array_equal(frozen, np.broadcast_to(clips[:, :1], clips.shape))


def test_shuffled_clips_have_their_frames_in_another_order(clips):
    shuffled = controls.damage("shuffled", clips)
    for before, after in zip(clips, shuffled, strict=True):
        order = [int((before == one).all(axis=(1, 2, 3)).argmax()) for one in after]
        assert sorted(order) == list(range(5)) != order


def test_two_frames_are_always_exchanged(clips):
    pairs = clips[:, :2]
    np.testing.assert_array_equal(controls.damage("shuffled", pairs), pairs[:, ::-1])
    one = clips[:, :1]
    np.testing.assert_array_equal(controls.damage("shuffled", one), one)


@pytest.mark.parametrize("name", controls.CONTROLS)
def test_damage_depends_on_the_clip_alone(name, clips):
    whole = controls.damage(name, clips)
    alone = controls.damage(name, clips[1:2])
    np.testing.assert_array_equal(whole[1:2], alone)
    assert whole.dtype == np.uint8


def test_blur_is_a_gaussian_of_one_pixel_at_64():
    clips = np.zeros((1, 1, 64, 64, 1), np.uint8)
    clips[0, 0, 32, 32] = 255
    found = controls.damage("blurred", clips)[0, 0, ..., 0]
    # Weights exp(-x²/2) of a row, normalised: 0.3989 in the middle, 0.2420 beside it.
    assert found[32, 32] == pytest.approx(255 * 0.3989**2, abs=1)
    assert found[32, 33] == pytest.approx(255 * 0.3989 * 0.2420, abs=1)
    assert found.shape == (64, 64)


def test_blur_leaves_plain_frames_and_time_alone(clips):
    plain = np.broadcast_to(clips[:, :, :1, :1], clips.shape)
    np.testing.assert_array_equal(controls.damage("blurred", plain), plain)
