"""The flow of rigid motions by hand numbers, and the places of features."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.text2video import motions

REACH = 3.0


def made(count, *, turn=(), shift=()):
    """A layer on maps of 4x4 with motions of its bias alone, about the middle."""
    layer = motions.Motions(count, reach=REACH)
    maps, state = tf.zeros([1, 4, 4, 2]), tf.zeros([1, 3])
    layer(maps, state)
    numbers = np.zeros((count, 3), np.float32)
    for index, angle in enumerate(turn):
        numbers[index, 0] = math.atanh(angle / motions.MOST_TURN)
    for index, pixels in enumerate(shift):
        numbers[index, 1:] = np.arctanh(np.divide(pixels, REACH))
    layer.to_motions.bias.assign(numbers.reshape(-1))
    return layer, maps, state


def test_a_shift_is_the_same_everywhere():
    layer, maps, state = made(1, shift=[(1.5, -0.5)])
    flow = layer(maps, state)
    assert flow.shape == (1, 8, 8, 2)
    np.testing.assert_allclose(
        flow, np.broadcast_to([1.5, -0.5], flow.shape), rtol=1e-5
    )


def test_a_turn_is_about_the_centre():
    layer, maps, state = made(1, turn=[math.pi / 4])
    flow = layer(maps, state)[0].numpy()
    # The pixel in column 7, row 3 is (3.5, -0.5) from the middle; turned by 45 degrees it
    # comes to ((3.5 + 0.5), (3.5 - 0.5)) / sqrt(2).
    root = math.sqrt(2.0)
    np.testing.assert_allclose(
        flow[3, 7], [4.0 / root - 3.5, 3.0 / root + 0.5], rtol=1e-5
    )


def test_a_turn_is_about_the_place_of_the_heat():
    layer, maps, state = made(1, turn=[math.pi / 4])
    kernel = np.zeros(layer.to_heat.kernel.shape, np.float32)
    kernel[1, 1, 0] = 1.0
    layer.to_heat.kernel.assign(kernel)
    # Hot at row 1, column 2 of 4x4: half way between columns 4 and 5, rows 2 and 3.
    maps = np.zeros((1, 4, 4, 2), np.float32)
    maps[0, 1, 2, 0] = 100.0
    flow = layer(tf.constant(maps), state)[0].numpy()
    np.testing.assert_allclose(flow[2:4, 4:6].mean((0, 1)), 0.0, atol=1e-5)
    assert np.abs(flow[0, 0]).min() > 0.5


def test_masks_say_which_motion_counts_where():
    layer, maps, state = made(2, shift=[(1.0, 0.0), (0.0, 2.0)])
    kernel = np.zeros(layer.to_masks.kernel.shape, np.float32)
    kernel[1, 1, 0] = [100.0, -100.0]
    layer.to_masks.kernel.assign(kernel)
    maps = np.ones((1, 4, 4, 2), np.float32)
    maps[:, :, 2:] = -1.0
    flow = layer(tf.constant(maps), state)[0].numpy()
    left, right = flow[:, :3], flow[:, 5:]
    np.testing.assert_allclose(left, np.broadcast_to([1.0, 0.0], left.shape), atol=1e-5)
    np.testing.assert_allclose(
        right, np.broadcast_to([0.0, 2.0], right.shape), atol=1e-5
    )


def test_a_fresh_layer_hardly_moves_anything():
    layer = motions.Motions(2, reach=19.0)
    draw = seeds.from_int(0)
    flow = layer(seeds.normal([2, 8, 8, 4], draw), seeds.normal([2, 6], draw))
    # A hundredth of the reach or of the largest turn, times the root of six numbers.
    assert float(tf.reduce_max(tf.abs(flow))) < 3.0


def test_places_are_where_features_are():
    layer = motions.Places(1)
    frame = np.zeros((1, 4, 8, 1), np.float32)
    frame[0, 0, 7] = 100.0
    layer([tf.constant(frame)])
    layer.to_heat.kernel.assign([[1.0]])
    found = layer([tf.constant(frame), tf.zeros([1, 4, 8, 1])])
    # Half of the longer side is 4: the corner is (3.5, -1.5) / 4; nothing is the middle.
    np.testing.assert_allclose(found, [[0.875, -0.375, 0.0, 0.0]], atol=1e-6)


@pytest.mark.parametrize("number", [1, 2])
def test_places_of_clips_do_not_mix(number):
    layer = motions.Places(3)
    clip = [seeds.normal([number, 4, 4, 2], seeds.from_int(time)) for time in range(2)]
    found = layer(clip)
    assert found.shape == (number, 2 * 3 * 2)
    alone = layer([frame[:1] for frame in clip])
    np.testing.assert_allclose(found[:1], alone, atol=1e-6)
