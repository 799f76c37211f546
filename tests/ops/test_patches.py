"""Patches: where they may lie, how they are drawn, what is cut."""

import collections

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.ops import patches

SEED = seeds.from_int(5)


def as_mask(rows):
    """[1, H, W, 1] float32 from rows of digits."""
    picture = np.array([[int(digit) for digit in row] for row in rows], np.float32)
    return tf.constant(picture)[tf.newaxis, :, :, tf.newaxis]


def corners(positions):
    return [tuple(int(v) for v in corner) for corner in positions]


def test_coverage_is_the_mean_of_each_window():
    shares = patches.coverage(as_mask(["110", "100"]), size=(2, 2))
    np.testing.assert_allclose(shares[0], [[0.75, 0.25]])


def test_gather_cuts_at_the_given_corners():
    images = tf.reshape(tf.range(2 * 3 * 4), [2, 3, 4, 1])
    positions = tf.constant([[[0, 0], [1, 2]], [[0, 1], [1, 0]]])
    cut = patches.gather(images, positions, size=(2, 2))
    assert cut.shape == [2, 2, 2, 2, 1]
    np.testing.assert_array_equal(cut[0, 0, ..., 0], [[0, 1], [4, 5]])
    np.testing.assert_array_equal(cut[0, 1, ..., 0], [[6, 7], [10, 11]])
    np.testing.assert_array_equal(cut[1, 0, ..., 0], [[13, 14], [17, 18]])


def test_gradient_of_gather_counts_how_often_a_pixel_was_cut():
    images = tf.zeros([1, 2, 3, 1])
    with tf.GradientTape() as tape:
        tape.watch(images)
        positions = tf.constant([[[0, 0], [0, 1]]])
        total = tf.reduce_sum(patches.gather(images, positions, size=(1, 2)))
    slope = tape.gradient(total, images)[0, ..., 0]
    np.testing.assert_array_equal(slope, [[1, 2, 1], [0, 0, 0]])


def test_positions_are_all_those_inside_the_mask_and_none_twice():
    mask = as_mask(["0111", "0111", "0000"])
    positions = patches.draw_positions(mask, size=(1, 2), count=4, seed=SEED)
    inside = {(0, 1), (0, 2), (1, 1), (1, 2)}
    assert set(corners(positions[0])) == inside


def test_touching_patches_need_one_pixel_of_the_mask():
    mask = as_mask(["00000", "00100", "00000"])
    positions = patches.draw_positions(
        mask, size=(1, 2), count=2, seed=SEED, touching=True
    )
    assert set(corners(positions[0])) == {(1, 1), (1, 2)}


def test_few_allowed_positions_are_taken_in_turn():
    mask = as_mask(["110", "000", "011"])
    positions = patches.draw_positions(mask, size=(1, 2), count=5, seed=SEED)
    counts = collections.Counter(corners(positions[0]))
    assert set(counts) == {(0, 0), (2, 1)} and set(counts.values()) == {2, 3}


def test_without_an_allowed_position_the_best_covered_are_taken():
    mask = as_mask(["0000", "0110", "0000"])
    positions = patches.draw_positions(mask, size=(2, 3), count=4, seed=SEED)
    # Each of the four windows holds both pixels of the mask.
    assert set(corners(positions[0])) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    (best,) = patches.draw_positions(mask, size=(1, 3), count=1, seed=SEED)[0]
    assert int(best[0]) == 1


def test_each_image_has_its_own_mask():
    mask = tf.concat([as_mask(["100"]), as_mask(["001"])], axis=0)
    positions = patches.draw_positions(mask, size=(1, 1), count=1, seed=SEED)
    np.testing.assert_array_equal(positions[:, 0], [[0, 0], [0, 2]])


def test_draws_are_uniform():
    # 3000 images of four positions: 750 each, standard deviation 24.
    mask = tf.ones([3000, 2, 2, 1])
    positions = patches.draw_positions(mask, size=(1, 1), count=1, seed=SEED)
    counts = collections.Counter(corners(positions[:, 0]))
    assert all(abs(counts[corner] - 750) < 5 * 24 for corner in np.ndindex(2, 2))


def test_same_seed_same_positions_and_graph_equals_eager():
    mask = tf.ones([2, 6, 5, 1])
    graph = tf.function(patches.draw_positions)
    first = patches.draw_positions(mask, size=(2, 2), count=3, seed=SEED)
    again = graph(mask, size=(2, 2), count=3, seed=SEED)
    other = patches.draw_positions(mask, size=(2, 2), count=3, seed=seeds.fold(SEED, 1))
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


def test_windows_that_miss_less_than_half_a_pixel_are_full():
    mask = tf.tensor_scatter_nd_update(
        tf.ones([2, 1, 4, 1]), [[0, 0, 0, 0], [1, 0, 0, 0]], [0.7, 0.4]
    )
    positions = patches.draw_positions(mask, size=(1, 3), count=2, seed=SEED)
    assert set(corners(positions[0])) == {(0, 0), (0, 1)}
    assert set(corners(positions[1])) == {(0, 1)}


def test_patches_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"`size` \(3, 5\) must be 1 or more and fit"):
        patches.coverage(tf.ones([1, 3, 4, 1]), size=(3, 5))
    with pytest.raises(ValueError, match=r"`count` \(3\) must be at most"):
        patches.draw_positions(tf.ones([1, 2, 1, 1]), size=(1, 1), count=3, seed=SEED)
