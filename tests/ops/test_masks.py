"""Mask arithmetic against hand-made pictures and scipy."""

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from tfvideogan.ops import masks


def as_mask(rows):
    """[1, H, W, 1] float32 from rows of digits."""
    picture = np.array([[int(digit) for digit in row] for row in rows], np.float32)
    return tf.constant(picture)[tf.newaxis, :, :, tf.newaxis]


def test_masked_mean_counts_only_what_is_inside():
    values = tf.constant([1.0, 2.0, 30.0])[:, tf.newaxis]
    mask = tf.constant([1.0, 1.0, 0.0])[:, tf.newaxis]
    np.testing.assert_allclose(masks.masked_mean(values, mask), 1.5)


def test_masked_mean_of_examples_that_there_are():
    values = tf.constant([[1.0], [2.0], [6.0]])
    is_there = tf.constant([[True], [False], [True]])
    assert float(masks.masked_mean(values, is_there)) == 3.5
    assert float(masks.masked_mean(values, tf.zeros([3, 1], tf.bool))) == 0.0


def test_masked_mean_with_a_full_mask_is_the_mean_over_all_channels():
    values = tf.reshape(tf.range(24.0), [2, 2, 2, 3])
    mean = masks.masked_mean(values, tf.ones([2, 2, 2, 1]))
    np.testing.assert_allclose(mean, 11.5)


def test_masked_mean_of_nothing_is_zero_with_a_zero_gradient():
    values = tf.constant([[1.0], [np.inf]])
    with tf.GradientTape() as tape:
        tape.watch(values)
        mean = masks.masked_mean(values, tf.zeros([2, 1]))
    np.testing.assert_array_equal(mean, 0)
    np.testing.assert_array_equal(tape.gradient(mean, values), np.zeros((2, 1)))


def test_masked_mean_divides_by_one_at_least():
    mean = masks.masked_mean(tf.constant([[8.0]]), tf.constant([[0.25]]))
    np.testing.assert_allclose(mean, 2)  # 8 · 0.25 / max(0.25, 1)


def test_masked_mean_of_half_floats_is_float32():
    values = tf.fill([70_000, 1], tf.cast(1.0, tf.float16))
    mean = masks.masked_mean(values, tf.ones_like(values))
    assert mean.dtype == tf.float32
    np.testing.assert_allclose(mean, 1)


def test_area_is_a_share_of_each_image():
    areas = masks.area(tf.stack([as_mask(["1100", "0000"]), as_mask(["1111", "1000"])]))
    np.testing.assert_allclose(areas[:, 0], [2 / 8, 5 / 8])


def test_binarize_includes_the_threshold():
    soft = tf.constant([0.49, 0.5, 0.51])
    np.testing.assert_array_equal(masks.binarize(soft), [0, 1, 1])
    np.testing.assert_array_equal(masks.binarize(soft, threshold=0.51), [0, 0, 1])


def test_dilation_grows_a_point_to_a_square():
    grown = masks.dilate(as_mask(["00000", "00100", "00000", "00000"]), radius=1)
    expected = as_mask(["01110", "01110", "01110", "00000"])
    np.testing.assert_array_equal(grown, expected)


@pytest.mark.parametrize("radius", [0, 1, 3])
def test_dilation_and_erosion_equal_scipy(radius):
    soft = np.random.default_rng(0).uniform(size=(9, 7)).astype(np.float32)
    side = 2 * radius + 1
    mask = tf.constant(soft)[tf.newaxis, :, :, tf.newaxis]
    np.testing.assert_array_equal(
        masks.dilate(mask, radius=radius)[0, :, :, 0],
        scipy.ndimage.grey_dilation(soft, size=(side, side), mode="nearest"),
    )
    np.testing.assert_array_equal(
        masks.erode(mask, radius=radius)[0, :, :, 0],
        scipy.ndimage.grey_erosion(soft, size=(side, side), mode="nearest"),
    )


def test_dilation_passes_a_gradient_to_the_maximum():
    mask = tf.constant([0.1, 0.9, 0.2])[tf.newaxis, tf.newaxis, :, tf.newaxis]
    with tf.GradientTape() as tape:
        tape.watch(mask)
        total = tf.reduce_sum(masks.dilate(mask, radius=1))
    np.testing.assert_array_equal(tape.gradient(total, mask)[0, 0, :, 0], [0, 3, 0])


def test_negative_radius_is_refused():
    with pytest.raises(ValueError, match=r"`radius` \(-1\) must be 0 or more"):
        masks.dilate(tf.zeros([1, 2, 2, 1]), radius=-1)
