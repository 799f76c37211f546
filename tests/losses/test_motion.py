"""Motion losses: what they charge, what they forgive, where they look."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.losses import motion

# All pixels agree: (0 + 0.01) ** 0.4, and sqrt(0 + 1e-6).
CENSUS_FLOOR = 0.01**0.4
WARP_FLOOR = 1e-3


def texture(height=12, width=14, channels=3, seed=0):
    draw = np.random.default_rng(seed)
    values = draw.uniform(-1, 1, (1, height, width, channels))
    return tf.constant(values, tf.float32)


def flow_of(dx, dy, like):
    return tf.zeros_like(like[..., :2]) + tf.constant([dx, dy], tf.float32)


@pytest.mark.parametrize(
    ("loss", "floor"), [(motion.warp, WARP_FLOOR), (motion.census, CENSUS_FLOOR)]
)
def test_the_true_flow_reaches_the_floor_and_others_do_not(loss, floor):
    frames_t = texture()
    frames_s = tf.roll(frames_t, [1, -2], axis=[1, 2])  # went one down, two left
    true = loss(frames_s, frames_t, flow_of(-2, 1, frames_t))
    np.testing.assert_allclose(true, floor, rtol=1e-3)
    for dx, dy in ((0, 0), (2, -1), (-2, -1), (1, -2)):
        assert loss(frames_s, frames_t, flow_of(dx, dy, frames_t)) > 2 * floor


def test_warp_equals_the_hand_number():
    frames_s = tf.zeros([1, 1, 4, 1])
    frames_t = tf.constant([0.5, 0.5, 0.5, 0.5])[tf.newaxis, tf.newaxis, :, tf.newaxis]
    loss = motion.warp(frames_s, frames_t, tf.zeros([1, 1, 4, 2]))
    np.testing.assert_allclose(loss, math.sqrt(0.25 + 1e-6), rtol=1e-6)


def test_warp_does_not_look_beyond_the_border():
    frames_t = tf.ones([1, 1, 4, 1])
    row = tf.constant([0.0, 1.0, 1.0, 0.0])[tf.newaxis, tf.newaxis, :, tf.newaxis]
    # One to the right: samples 1, 2, 3 and one outside, which would be 0 again.
    flow = tf.constant([1.0, 0.0]) + tf.zeros([1, 1, 4, 2])
    loss = motion.warp(row, frames_t, flow)
    np.testing.assert_allclose(loss, (2 * WARP_FLOOR + 1) / 3, rtol=1e-4)


@pytest.mark.parametrize("loss", [motion.warp, motion.census])
def test_hidden_pixels_do_not_count(loss):
    frames_t = texture()
    broken = tf.concat([frames_t[:, :, :11], -frames_t[:, :, 11:]], axis=2)
    still = tf.zeros_like(frames_t[..., :2])
    # The census of column 7 and before sees nothing of columns 11 and after.
    visible = tf.concat([tf.ones([1, 12, 7, 1]), tf.zeros([1, 12, 7, 1])], axis=2)
    floor = float(loss(frames_t, frames_t, still))
    np.testing.assert_allclose(loss(broken, frames_t, still, visible), floor, rtol=1e-5)
    assert loss(broken, frames_t, still) > 1.1 * floor


def test_census_forgives_a_change_of_light_that_warp_charges():
    frames_t = 0.5 * texture()
    brighter = frames_t + 0.3
    still = tf.zeros_like(frames_t[..., :2])
    census = motion.census(brighter, frames_t, still)
    np.testing.assert_allclose(census, CENSUS_FLOOR, rtol=1e-3)
    np.testing.assert_allclose(motion.warp(brighter, frames_t, still), 0.3, rtol=1e-3)


def test_census_of_images_smaller_than_its_patch_is_zero():
    frames = texture(5, 6)
    np.testing.assert_array_equal(
        motion.census(frames, frames, tf.zeros([1, 5, 6, 2])), 0
    )


@pytest.mark.parametrize("loss", [motion.warp, motion.census])
def test_gradient_points_to_the_true_flow(loss):
    # A smooth pattern that went 0.5 px to the right: more dx must help.
    columns = np.arange(16.0)
    pattern = [np.sin(0.5 * (columns - shift)) for shift in (0.0, 0.5)]
    frames_t, frames_s = (
        tf.constant(np.tile(row, (1, 12, 1))[..., np.newaxis], tf.float32)
        for row in pattern
    )
    flow = tf.zeros([1, 12, 16, 2])
    with tf.GradientTape() as tape:
        tape.watch(flow)
        value = loss(frames_s, frames_t, flow)
    slope = tape.gradient(value, flow)
    assert np.all(np.isfinite(slope))
    assert tf.reduce_mean(slope[..., 0]) < 0


def test_smoothness_charges_differences_of_flow():
    frames = tf.zeros([1, 2, 3, 1])
    flow = np.zeros([1, 2, 3, 2], np.float32)
    flow[0, :, 2, 0] = 4  # one step of 4 px between the last two columns
    loss = motion.smoothness(tf.constant(flow), frames)
    # Along the width 2 of 8 differences (2 rows, 2 steps, 2 components) are 4, along
    # the height none is; all others are at the floor 1e-3.
    np.testing.assert_allclose(loss, ((2 * 4 + 6e-3) / 8 + 1e-3) / 2, rtol=1e-5)


def test_smoothness_forgives_flow_edges_on_colour_edges():
    flow = np.zeros([1, 2, 2, 2], np.float32)
    flow[0, :, 1] = 4
    frames = np.zeros([1, 2, 2, 3], np.float32)
    frames[0, :, 1] = 0.1
    edge = motion.smoothness(tf.constant(flow), tf.constant(frames))
    # 4 px times exp(-75 · 0.1) along the width; the floor along the height.
    np.testing.assert_allclose(edge, (4 * math.exp(-7.5) + 1e-3) / 2, rtol=1e-4)


def test_losses_of_half_floats_are_float32():
    frames = tf.cast(texture(), tf.float16)
    flow = tf.zeros([1, 12, 14, 2], tf.float16)
    for loss in (
        motion.warp(frames, frames, flow),
        motion.census(frames, frames, flow),
        motion.smoothness(flow, frames),
    ):
        assert loss.dtype == tf.float32 and np.isfinite(loss)


def test_wrong_shapes_are_named():
    frames = tf.zeros([1, 8, 8, 3])
    with pytest.raises(ValueError, match="`frames_t` has shape"):
        motion.warp(frames, frames[:, :7], tf.zeros([1, 8, 8, 2]))
    with pytest.raises(ValueError, match="`flow` has shape"):
        motion.smoothness(tf.zeros([1, 8, 8, 3]), frames)


def test_end_points_are_apart_by_pixels_and_slopes_are_finite():
    truth = tf.constant([[0.0, 0.0], [1.0, -2.0]])
    flow = tf.Variable([[0.0, 0.0], [4.0, 2.0]])
    with tf.GradientTape() as tape:
        found = motion.end_point_distances(flow, truth)
    np.testing.assert_allclose(found, [[0.01], [5.0]], rtol=1e-4)
    slopes = tape.gradient(found, flow)
    np.testing.assert_allclose(slopes, [[0.0, 0.0], [0.6, 0.8]], atol=1e-4)
