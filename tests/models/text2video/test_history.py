"""Histories are right-aligned, whatever is known."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.text2video import history as histories

DEPTH = 10


def slots(history: histories.History) -> np.ndarray:
    return np.stack(history.frames, axis=1)[..., 0, 0, 0]  # [N, d]


def numbered(number: int = 1, frames: int = 14) -> tf.Tensor:
    """Clips [N, T, 1, 1, 1] whose frame t is t, and 100 more in each further clip."""
    times = np.arange(frames)[np.newaxis] + 100 * np.arange(number)[:, np.newaxis]
    return tf.constant(times[..., None, None, None], tf.float32)


@pytest.mark.parametrize("count", range(1, DEPTH + 1))
def test_the_newest_frame_is_last_and_missing_slots_repeat_the_oldest(count):
    found = histories.of_context(numbered(frames=count), DEPTH)
    missing = DEPTH - count
    expected = [0] * missing + list(range(count))
    np.testing.assert_array_equal(slots(found), [expected])
    np.testing.assert_array_equal(found.valid, [[0] * missing + [1] * count])


def test_of_a_longer_context_the_last_frames_count():
    found = histories.of_context(numbered(frames=14), DEPTH)
    np.testing.assert_array_equal(slots(found), [range(4, 14)])
    np.testing.assert_array_equal(found.valid, np.ones([1, DEPTH]))


def test_each_clip_has_its_own_end_and_length():
    found = histories.of_clips(
        numbered(3), tf.constant([0, 5, 12]), tf.constant([1, 2, 4]), 4
    )
    np.testing.assert_array_equal(
        slots(found),
        [[0, 0, 0, 0], [104, 104, 104, 105], [209, 210, 211, 212]],
    )
    np.testing.assert_array_equal(
        found.valid, [[0, 0, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1]]
    )


@pytest.mark.parametrize(("given", "kept"), [(0.5, 0.5), (9.0, 1.0), (-9.0, -1.0)])
def test_a_new_frame_is_clipped_and_valid_and_the_oldest_is_forgotten(given, kept):
    found = histories.of_context(numbered(frames=2), 3)
    found = histories.shifted(found, tf.fill([1, 1, 1, 1], given))
    np.testing.assert_array_equal(slots(found), [[0, 1, kept]])
    np.testing.assert_array_equal(found.valid, [[1, 1, 1]])


def test_the_anchor_is_the_newest_frame_until_another_is_given():
    found = histories.of_context(numbered(2, frames=3), 2, is_anchored=True)
    np.testing.assert_array_equal(found.anchor.frame[:, 0, 0, 0], [2, 102])
    np.testing.assert_array_equal(found.anchor.motion, np.zeros([2, 2, 3]))
    to_anchor = tf.tile([[[0.0, 0.1, 0.5], [-0.1, 0.0, -1.0]]], [2, 1, 1])
    predicted = histories.shifted(found, tf.zeros([2, 1, 1, 1]), to_anchor)
    np.testing.assert_array_equal(predicted.anchor.frame, found.anchor.frame)
    np.testing.assert_array_equal(predicted.anchor.motion, to_anchor)
    is_given = tf.constant([False, True])[:, None, None, None]
    mixed = histories.shifted(
        found, tf.fill([2, 1, 1, 1], 0.25), to_anchor, is_given=is_given
    )
    np.testing.assert_array_equal(mixed.anchor.frame[:, 0, 0, 0], [2, 0.25])
    np.testing.assert_array_equal(mixed.anchor.motion[0], to_anchor[0])
    np.testing.assert_array_equal(mixed.anchor.motion[1], np.zeros([2, 3]))


def test_without_an_anchor_there_is_none_later():
    found = histories.of_context(numbered(frames=2), 3)
    assert found.anchor == histories.shifted(found, tf.zeros([1, 1, 1, 1])).anchor == ()


def test_every_length_is_trained_and_one_frame_alone_often():
    lengths = histories.random_lengths(4000, 5, seeds.from_int(3)).numpy()
    # 0.8 + 0.2 / 5, and 0.04 for each other one; three standard deviations of 4000.
    assert np.mean(lengths == 1) == pytest.approx(0.84, abs=0.018)
    for length in range(2, 6):
        assert np.mean(lengths == length) == pytest.approx(0.04, abs=0.01)
