import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan.thesis import composition

SEED = tf.constant([1, 2])


@pytest.fixture
def layers():
    """True layers of a frame: object colours, scene, mask."""
    draw = [seeds.uniform([2, 6, 8, 3], seeds.fold(SEED, i), -1.0, 1.0) for i in (0, 1)]
    mask = np.zeros((2, 6, 8, 1), np.float32)
    mask[:, 2:5, 3:6] = 1
    return draw[0], draw[1], tf.constant(mask)


def test_true_layers_compose_to_the_frame_itself(layers):
    colours, scene, mask = layers
    frame = mask * colours + (1 - mask) * scene
    foreground = composition.cut_out(frame, mask)
    np.testing.assert_array_equal(composition.composite(mask, foreground, scene), frame)


def test_legacy_sum_of_true_layers_lies_one_below_the_scene(layers):
    colours, scene, mask = layers
    frame = mask * colours + (1 - mask) * scene
    foreground = composition.cut_out(frame, mask)
    found = composition.composite_additive_legacy(mask, foreground, scene)
    # Black is -1: (1 - 0) * scene + (-1) outside, the object itself inside.
    np.testing.assert_allclose(found, frame - (1 - mask), atol=1e-6)


def test_cut_out_is_black_outside_and_the_frame_inside(layers):
    frame, _, mask = layers
    found = composition.cut_out(frame, mask).numpy()
    assert np.all(found[:, 0] == -1)
    np.testing.assert_allclose(found[:, 2:5, 3:6], frame[:, 2:5, 3:6], atol=1e-6)


def test_attention_cancels_in_the_sum_of_the_first_experiments(layers):
    base, colour, attention = layers
    written = attention * (base + colour) + (1 - attention) * (base + colour) - 1
    np.testing.assert_allclose(composition.add_colour(base, colour), written, atol=1e-6)


def test_black_fills_the_hole_alone(layers):
    frame, _, mask = layers
    filled = composition.fill_black(frame, mask)
    np.testing.assert_allclose(filled, (1 - mask) * frame - mask, atol=1e-6)


def test_noise_fills_the_hole_alone_and_all_of_the_range():
    frame = tf.fill([1, 40, 40, 3], 0.25)
    mask = tf.concat([tf.zeros([1, 40, 20, 1]), tf.ones([1, 40, 20, 1])], axis=2)
    filled = composition.fill_noise(frame, mask, SEED).numpy()
    assert np.all(filled[:, :, :20] == 0.25)
    hole = filled[:, :, 20:]
    # Uniform in [-1, 1): mean 0, variance 1/3; 2400 draws, 5 standard errors.
    assert abs(hole.mean()) < 5 * np.sqrt(1 / 3 / 2400)
    assert abs(hole.var() - 1 / 3) < 0.04


def filled_row(is_object):
    """Fills one row of pixels that are called by their column."""
    row = tf.range(float(len(is_object)))[tf.newaxis, tf.newaxis, :, tf.newaxis]
    mask = tf.constant(is_object, tf.float32)[tf.newaxis, tf.newaxis, :, tf.newaxis]
    return composition.fill_rows(row, mask)[0, 0, :, 0].numpy().tolist()


def test_rows_are_filled_from_three_pixels_beside_the_object():
    # Object at 4..7: left half from 4 - 3 = 1, right half from 7 + 3 = 10.
    found = filled_row([0] * 4 + [1] * 4 + [0] * 4)
    assert found == [0, 1, 2, 3, 1, 1, 10, 10, 8, 9, 10, 11]


def test_the_middle_of_an_odd_row_belongs_to_the_left():
    found = filled_row([0] * 4 + [1] * 3 + [0] * 5)
    assert found == [0, 1, 2, 3, 1, 1, 9, 7, 8, 9, 10, 11]


def test_an_object_at_the_border_is_filled_from_the_other_side():
    assert filled_row([1, 1, 1, 0, 0, 0, 0, 0])[:3] == [5, 5, 5]
    assert filled_row([0, 0, 0, 0, 0, 1, 1, 1])[5:] == [2, 2, 2]


def test_a_row_without_neighbours_becomes_grey_and_one_without_object_stays():
    assert filled_row([1] * 6) == [0] * 6
    assert filled_row([0] * 6) == [0, 1, 2, 3, 4, 5]
