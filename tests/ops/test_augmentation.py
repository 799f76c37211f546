"""Clips are changed as wholes, reproducibly, and so that gradients pass."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.ops import augmentation

SEED = seeds.from_int(5)


def draw(*shape: int) -> tf.Tensor:
    return seeds.uniform(shape, seeds.from_int(2), -1.0, 1.0)


@pytest.mark.parametrize("name", augmentation.POLICIES)
def test_all_frames_of_a_clip_are_changed_alike(name):
    frame = draw(3, 1, 8, 16, 3)
    still = tf.repeat(frame, 4, axis=1)
    changed = augmentation.augment(still, SEED, policy=(name,)).numpy()
    assert changed.shape == still.shape
    np.testing.assert_allclose(changed[:, 0], changed[:, 3], atol=1e-6)
    assert np.abs(changed - still).max() > 0.1


@pytest.mark.parametrize("name", augmentation.POLICIES)
def test_clips_of_a_batch_are_changed_each_in_its_own_way(name):
    same = tf.repeat(draw(1, 2, 16, 16, 3), 8, axis=0)
    changed = augmentation.augment(same, SEED, policy=(name,)).numpy()
    assert np.abs(changed - changed[:1]).max(axis=(1, 2, 3, 4)).astype(bool).sum() > 3


def test_the_seed_decides():
    clips = draw(2, 3, 8, 8, 3)
    one, same, other = (
        augmentation.augment(clips, seeds.from_int(k)) for k in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0


def test_a_shift_moves_whole_pixels_and_lets_zeros_in():
    clips = draw(16, 1, 8, 8, 1)
    shifted = augmentation.shift(clips, SEED).numpy()
    # An eighth of 8 pixels: every clip is one of nine.
    padded = np.pad(clips, [(0, 0), (0, 0), (1, 1), (1, 1), (0, 0)])
    moves = [padded[:, :, y : y + 8, x : x + 8] for y in range(3) for x in range(3)]
    found = [
        [k for k, move in enumerate(moves) if np.array_equal(move[n], shifted[n])]
        for n in range(16)
    ]
    assert all(len(one) == 1 for one in found)
    assert len({one[0] for one in found}) > 3


def test_a_cutout_covers_at_most_a_quarter():
    clips = tf.ones([32, 1, 8, 8, 1])
    covered = 1.0 - augmentation.cutout(clips, SEED).numpy().mean(axis=(1, 2, 3, 4))
    # 4x4 of 8x8 where it does not stick out.
    assert covered.max() == pytest.approx(0.25)
    assert covered.min() > 0


def test_colour_of_constant_grey_only_gains_light():
    clips = tf.zeros([8, 2, 4, 4, 3])
    changed = augmentation.colour(clips, SEED).numpy()
    assert np.ptp(changed, axis=(1, 2, 3, 4)).max() < 1e-6
    assert 0.05 < np.abs(changed).max() <= 0.5


def test_gradients_pass():
    clips = draw(2, 3, 8, 8, 3)
    with tf.GradientTape() as tape:
        tape.watch(clips)
        changed = tf.reduce_sum(tf.square(augmentation.augment(clips, SEED)))
    assert float(tf.norm(tape.gradient(changed, clips))) > 0


def test_a_policy_without_meaning_is_refused():
    with pytest.raises(ValueError, match="'blur'; it may have colour, cutout, shift"):
        augmentation.augment(draw(1, 1, 8, 8, 3), SEED, policy=("blur",))
