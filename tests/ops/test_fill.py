"""Filling: what stays, what is filled, and with what."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.media import harmonic
from tfvideogan.ops import fill


def picture(rows):
    """[1, H, W, 1] float32."""
    return tf.constant(rows, tf.float32)[tf.newaxis, :, :, tf.newaxis]


def test_visible_pixels_stay_as_they_are():
    draw = np.random.default_rng(0)
    images = tf.constant(draw.uniform(-1, 1, (2, 7, 5, 3)), tf.float32)
    visible = tf.constant(draw.uniform(size=(2, 7, 5, 1)) > 0.4, tf.float32)
    filled = fill.push_pull(images, visible)
    kept = np.broadcast_to(visible == 1, images.shape)
    np.testing.assert_array_equal(filled.numpy()[kept], images.numpy()[kept])
    assert np.any(filled.numpy()[~kept] != images.numpy()[~kept])


def test_hole_takes_the_mean_of_its_block():
    images = picture([[2, 4, 9, 9], [6, 99, 9, 9]])
    visible = picture([[1, 1, 1, 1], [1, 0, 1, 1]])
    filled = fill.push_pull(images, visible)
    # Of the block (2, 4, 6, hole) a quarter is missing: 12 / 4 and a quarter of the
    # next level, which is the mean by weight of both blocks, (12 / 4 + 9) / (3/4 + 1).
    left_block = 12 / 4 + (12 / 1.75) / 4
    # The hole lies a quarter of the way from the middle of this block to the other's.
    expected = 0.75 * left_block + 0.25 * 9
    np.testing.assert_allclose(filled[0, 1, 1, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("size", [(8, 8), (5, 7), (1, 6)])
def test_constant_surroundings_fill_with_their_constant(size):
    visible = np.ones((1, *size, 1), np.float32)
    visible[0, :, 2:5] = 0
    images = tf.constant(0.3 * visible - 5 * (1 - visible))
    filled = fill.push_pull(images, tf.constant(visible))
    np.testing.assert_allclose(filled, np.full((1, *size, 1), 0.3), rtol=1e-5)


def test_what_lies_in_the_hole_does_not_matter():
    visible = picture([[1, 0, 0, 1]])
    one = fill.push_pull(picture([[1, 7, 7, 3]]), visible)
    other = fill.push_pull(picture([[1, -9, 0, 3]]), visible)
    np.testing.assert_array_equal(one, other)


def test_filling_stays_between_the_visible_values():
    draw = np.random.default_rng(1)
    images = tf.constant(draw.uniform(-1, 1, (1, 16, 16, 1)), tf.float32)
    visible = tf.constant(draw.uniform(size=(1, 16, 16, 1)) > 0.7, tf.float32)
    filled = fill.push_pull(images, visible)
    assert np.min(filled) >= -1 and np.max(filled) <= 1


def test_nothing_visible_gives_zero():
    filled = fill.push_pull(picture([[1, 2], [3, 4]]), picture([[0, 0], [0, 0]]))
    np.testing.assert_array_equal(filled, picture([[0, 0], [0, 0]]))


def test_membrane_goes_on_with_a_slope_where_push_pull_is_flat():
    rows, columns = np.mgrid[:21, :30].astype(np.float32)
    plane = (0.2 * columns - 0.1 * rows)[np.newaxis, ..., np.newaxis]
    visible = np.ones_like(plane)
    visible[:, 6:15, 8:20] = 0
    spoilt = np.where(visible > 0, plane, np.nan).astype(np.float32)
    filled = fill.membrane(tf.constant(spoilt), tf.constant(visible))
    np.testing.assert_array_equal(filled.numpy()[visible > 0], plane[visible > 0])
    error = np.abs(filled - plane).max()
    flat = fill.push_pull(tf.constant(plane), tf.constant(visible))
    assert error < 0.05 < np.abs(flat - plane).max()


def test_membrane_is_the_mean_of_four_neighbours():
    # Of 1, 2, 4 and 9.
    images = picture([[0, 1, 0], [2, 99, 4], [0, 9, 0]])
    visible = picture([[1, 1, 1], [1, 0, 1], [1, 1, 1]])
    filled = fill.membrane(images, visible).numpy()
    assert filled[0, 1, 1, 0] == pytest.approx(4.0)
    np.testing.assert_array_equal(filled[visible > 0], images[visible > 0])


@pytest.mark.parametrize("size", [(8, 8), (5, 7), (1, 6), (3, 150)])
def test_membrane_in_a_graph_of_any_size_and_of_nothing(size):
    visible = np.ones((2, *size, 1), np.float32)
    visible[0, :, 2:5] = 0
    visible[1] = 0
    images = np.where(visible > 0, 0.3, np.nan).astype(np.float32)
    free = tf.TensorSpec([None, None, None, 1], tf.float32)
    graph = tf.function(fill.membrane, input_signature=[free, free])
    filled = graph(tf.constant(images), tf.constant(visible))
    np.testing.assert_allclose(filled[0], np.full((*size, 1), 0.3), rtol=1e-5)
    np.testing.assert_array_equal(filled[1], np.zeros((*size, 1)))


def test_membrane_is_that_of_media():
    draw = np.random.default_rng(2)
    image = draw.uniform(-1, 1, (1, 45, 70, 3)).astype(np.float32)
    visible = np.ones((1, 45, 70, 1), np.float32)
    visible[:, 10:40, 20:60] = 0
    made = fill.membrane(tf.constant(image), tf.constant(visible))
    wanted = harmonic.fill(image[0], visible[0, ..., 0] > 0)
    np.testing.assert_allclose(made[0], wanted, atol=1e-5)


def test_membrane_of_clips_is_that_of_each_frame():
    draw = np.random.default_rng(1)
    frames = tf.constant(draw.uniform(-1, 1, (2, 3, 8, 8, 3)), tf.float32)
    holes = np.zeros((2, 3, 8, 8, 1), np.float32)
    holes[1, 2, 2:6, 2:6] = 1.0
    made = fill.membrane_of_clips(frames, tf.constant(holes))
    wanted = fill.membrane(frames[1], tf.constant(1.0 - holes[1]))
    np.testing.assert_array_equal(made[1], wanted)
    np.testing.assert_array_equal(made[0], frames[0])


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match="`visible` has shape"):
        fill.push_pull(tf.zeros([1, 4, 4, 3]), tf.zeros([1, 4, 4, 3]))
