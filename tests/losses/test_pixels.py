"""Pixel losses against numbers worked out by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.losses import pixels


def image(values):
    """[1, 1, W, 1] float32."""
    return tf.constant(values, tf.float32)[tf.newaxis, tf.newaxis, :, tf.newaxis]


def test_l1_is_the_mean_absolute_difference():
    np.testing.assert_allclose(pixels.l1(image([0, 1, -1]), image([1, 1, 1])), 1)


def test_masked_l1_ignores_what_is_outside():
    real, fake = image([0, 1, -1]), image([1, 1, 1])
    np.testing.assert_allclose(pixels.masked_l1(real, fake, image([1, 1, 0])), 0.5)
    np.testing.assert_allclose(pixels.masked_l1(real, fake, image([1, 1, 1])), 1)
    np.testing.assert_allclose(pixels.masked_l1(real, fake, image([0, 0, 0])), 0)


def test_masked_l1_counts_each_channel_of_a_pixel():
    real, fake = tf.zeros([1, 1, 2, 3]), tf.ones([1, 1, 2, 3])
    np.testing.assert_allclose(pixels.masked_l1(real, fake, image([1, 0])), 1)


def test_charbonnier_is_round_at_zero_and_straight_beyond():
    loss = pixels.charbonnier(image([0, 3]), image([0, 0]), epsilon=4)
    np.testing.assert_allclose(loss, (4 + 5) / 2)  # sqrt(0 + 16), sqrt(9 + 16)


def test_charbonnier_has_a_finite_gradient_at_zero():
    fake = tf.zeros([1, 1, 1, 1])
    with tf.GradientTape() as tape:
        tape.watch(fake)
        loss = pixels.charbonnier(tf.zeros_like(fake), fake)
    np.testing.assert_array_equal(tape.gradient(loss, fake), np.zeros([1, 1, 1, 1]))


def test_dice_of_half_an_overlap():
    # (2 · 1 + 1) / (2 + 1 + 1).
    loss = pixels.dice_loss(image([1, 1, 0]), image([1, 0, 0]))
    np.testing.assert_allclose(loss, 1 - 3 / 4)


def test_dice_of_two_empty_masks_is_a_match():
    np.testing.assert_allclose(pixels.dice_loss(image([0, 0]), image([0, 0])), 0)


def test_dice_is_taken_image_by_image():
    masks = tf.concat([image([1, 1, 1, 1]), image([0, 0, 0, 0])], axis=0)
    targets = tf.concat([image([1, 1, 1, 1]), image([1, 0, 0, 0])], axis=0)
    # 0 for the first; 1 - 1 / 2 for the second, however small it is.
    np.testing.assert_allclose(pixels.dice_loss(masks, targets), 0.25)


def test_binary_cross_entropy_equals_hand_numbers():
    loss = pixels.binary_cross_entropy(image([0.25, 0.25]), image([1, 0]))
    np.testing.assert_allclose(loss, -(math.log(0.25) + math.log(0.75)) / 2, rtol=1e-5)


def test_binary_cross_entropy_of_certainty_is_zero_or_bounded():
    right = pixels.binary_cross_entropy(image([1, 0]), image([1, 0]))
    wrong = pixels.binary_cross_entropy(image([0, 1]), image([1, 0]))
    np.testing.assert_allclose(right, 0, atol=1e-9)
    np.testing.assert_allclose(wrong, 6 * math.log(10), rtol=0.01)


def test_binary_cross_entropy_corrects_a_saturated_mask():
    masks = image([0, 1])
    with tf.GradientTape() as tape:
        tape.watch(masks)
        loss = pixels.binary_cross_entropy(masks, image([1, 0]))
    slope = tape.gradient(loss, masks)[0, 0, :, 0]
    assert np.all(np.isfinite(slope)) and slope[0] < -1000 and slope[1] > 1000


def test_binarity_is_a_quarter_for_the_undecided():
    np.testing.assert_allclose(pixels.binarity(image([0.5, 0.5])), 0.25)
    np.testing.assert_allclose(pixels.binarity(image([0, 1])), 0)


def test_area_hinge_is_free_inside_its_tolerance():
    first = image([1, 1, 0, 0])
    masks = tf.stack([image([1, 1, 1, 0]), image([1, 1, 1, 1])], axis=1)
    # Areas 3 and 4 against 2: changes 0.5 and 1, of which 0.5 is free.
    np.testing.assert_allclose(pixels.area_hinge(masks, first), (0 + 0.5) / 2)
    vanished = pixels.area_hinge(image([0, 0, 0, 0]), first, tolerance=0.25)
    np.testing.assert_allclose(vanished, 0.75)


def test_area_hinge_of_an_empty_first_mask_is_finite():
    loss = pixels.area_hinge(image([1, 1, 1]), image([0, 0, 0]))
    np.testing.assert_allclose(loss, 3 - 1 - 0.5)


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
@pytest.mark.parametrize(
    "loss",
    [
        pixels.l1,
        lambda real, fake: pixels.masked_l1(real, fake, tf.ones_like(real)),
        pixels.charbonnier,
        pixels.dice_loss,
        pixels.binary_cross_entropy,
        lambda real, fake: pixels.binarity(real) + pixels.binarity(fake),
        pixels.area_hinge,
    ],
)
def test_half_precision_gives_the_float32_loss(loss, dtype):
    # Sums of 90 000 ones overflow float16; eighths are exact in both types.
    real = tf.cast(tf.random.stateless_uniform([1, 300, 300, 1], [1, 2]) > 0.1, dtype)
    fake = 0.125 * real + tf.cast(0.5, dtype)
    result = loss(real, fake)
    assert result.dtype == tf.float32 and result.shape == []
    expected = loss(tf.cast(real, tf.float32), tf.cast(fake, tf.float32))
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_coarse_l2_does_not_see_what_moves_within_a_block_and_sees_what_vanishes():
    real = np.zeros((1, 4, 4, 1), np.float32)
    real[0, 0, 0] = 1.0
    moved, gone, across = np.roll(real, 1, axis=2), 0 * real, np.roll(real, 2, axis=2)
    found = [
        float(pixels.coarse_l2(tf.constant(real), tf.constant(fake), block=2))
        for fake in (moved, gone, across)
    ]
    # One pixel of the four of a block, one or two blocks of four.
    assert found == [0.0, (1 / 4) ** 2 / 4, 2 * (1 / 4) ** 2 / 4]


def test_gradient_difference_of_a_blurred_edge():
    # Rows of one step of 1 against two of a half: | 1 - 0.5 | + | 0 - 0.5 | over two steps.
    real = tf.constant([0.0, 0.0, 1.0])[tf.newaxis, tf.newaxis, :, tf.newaxis]
    fake = tf.constant([0.0, 0.5, 1.0])[tf.newaxis, tf.newaxis, :, tf.newaxis]
    real, fake = (tf.repeat(one, 2, axis=1) for one in (real, fake))
    assert float(pixels.gradient_difference(real, fake)) == pytest.approx(0.5)
    # The way of an edge does not count, nor does light.
    assert float(pixels.gradient_difference(real, 3.0 - real)) == pytest.approx(0.0)
