"""A rigid motion by hand numbers, and the places of features."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.text2video import motion
from tfvideogan.ops import affine

REACH, SIDE = 3.0, 8


def moved(maps, *, turn=0.0, shift=(0.0, 0.0), heat=0.0):
    """The flow [8, 8, 2] of a layer whose motion is that of its bias."""
    layer = motion.RigidMotion(reach=REACH, side=SIDE)
    state = tf.zeros([1, 3])
    layer(maps, state)
    numbers = [turn / motion.MOST_TURN, *np.divide(shift, REACH)]
    layer.to_motion.bias.assign(np.arctanh(numbers))
    layer.centre.to_heat.kernel.assign([[heat]])
    return affine.to_flow(layer(maps, state), SIDE, SIDE)[0].numpy()


def test_a_shift_is_the_same_everywhere():
    flow = moved(tf.zeros([1, 4, 4, 1]), shift=(1.5, -0.5))
    np.testing.assert_allclose(flow, np.broadcast_to([1.5, -0.5], (8, 8, 2)), rtol=1e-5)


def test_a_turn_is_about_the_centre():
    flow = moved(tf.zeros([1, 4, 4, 1]), turn=math.pi / 4)
    # Nothing is hotter than the rest, and the centre is the middle: the pixel in column 7,
    # row 3 is (3.5, -0.5) from it; turned by 45 degrees it comes to ((3.5 + 0.5),
    # (3.5 - 0.5)) / sqrt(2).
    root = math.sqrt(2.0)
    np.testing.assert_allclose(
        flow[3, 7], [4.0 / root - 3.5, 3.0 / root + 0.5], rtol=1e-5
    )


def test_the_centre_is_where_the_heat_is():
    # Hot at row 1, column 2 of 4x4: half way between columns 4 and 5, rows 2 and 3.
    maps = np.zeros((1, 4, 4, 1), np.float32)
    maps[0, 1, 2] = 1.0
    flow = moved(tf.constant(maps), turn=math.pi / 4, heat=100.0)
    np.testing.assert_allclose(flow[2:4, 4:6].mean((0, 1)), 0.0, atol=1e-5)
    assert np.abs(flow[0, 0]).max() > 0.5


def test_a_fresh_centre_is_that_of_what_stands_out():
    # A bright square of 3x3 on dark ground, about row 5, column 10 of 16x16.
    maps = np.full((1, 16, 16, 8), -1.0, np.float32)
    maps[0, 4:7, 9:12] = 1.0
    layer = motion.RigidMotion(reach=REACH, side=32)
    layer(tf.constant(maps), tf.zeros([1, 3]))
    found = layer.centre([tf.constant(maps)])
    np.testing.assert_allclose(found, [[(10 - 7.5) / 8, (5 - 7.5) / 8]], atol=1e-2)


def test_a_fresh_layer_hardly_moves_anything():
    layer = motion.RigidMotion(reach=19.0, side=64)
    # Each state is a row of the kernel: 256 motions whose turns have a deviation of a
    # hundredth of pi / 2, and whose shifts one of a hundredth of the reach along each axis.
    made = layer(tf.zeros([256, 8, 8, 4]), tf.eye(256))
    flow = affine.to_flow(made, 64, 64).numpy()
    # Places are 26.1 from the middle, the root of 64**2 / 6; (0.0157 * 26.1)**2 and twice
    # 0.19**2 are 0.49**2, of 256 draws to within a twentieth.
    assert np.sqrt(np.square(flow).sum(-1).mean()) < 0.65


def test_places_are_where_features_are():
    layer = motion.Places(1)
    frame = np.zeros((1, 4, 8, 1), np.float32)
    frame[0, 0, 7] = 100.0
    layer([tf.constant(frame)])
    layer.to_heat.kernel.assign([[1.0]])
    found = layer([tf.constant(frame), tf.zeros([1, 4, 8, 1])])
    # Half of the longer side is 4: the corner is (3.5, -1.5) / 4; nothing is the middle.
    np.testing.assert_allclose(found, [[0.875, -0.375, 0.0, 0.0]], atol=1e-6)


@pytest.mark.parametrize("number", [1, 2])
def test_places_of_clips_do_not_mix(number):
    layer = motion.Places(3)
    clip = [seeds.normal([number, 4, 4, 2], seeds.from_int(time)) for time in range(2)]
    found = layer(clip)
    assert found.shape == (number, 2 * 3 * 2)
    alone = layer([frame[:1] for frame in clip])
    np.testing.assert_allclose(found[:1], alone, atol=1e-6)
