"""Warps: hand-made cases, scipy as the oracle, and what gradients must do."""

import pathlib

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.ops import warp

# A bilinear sample is a sum of four float32 products of numbers below 10.
ROUNDING = 1e-5


def random_images(shape, seed=0):
    draw = np.random.default_rng(seed)
    return tf.constant(draw.uniform(-1, 1, shape), tf.float32)


def random_flow(shape, *, size=3.0, seed=1):
    draw = np.random.default_rng(seed)
    return tf.constant(draw.uniform(-size, size, shape), tf.float32)


def constant_flow(dx, dy, height=4, width=6):
    return tf.tile(tf.constant([[[[dx, dy]]]], tf.float32), [1, height, width, 1])


def test_zero_flow_is_identity():
    images = random_images([2, 5, 7, 3])
    np.testing.assert_array_equal(warp.backward(images, tf.zeros([2, 5, 7, 2])), images)


def test_samples_come_from_p_plus_flow_and_the_border_repeats():
    images = tf.reshape(tf.range(12.0), [1, 3, 4, 1])
    warped = warp.backward(images, constant_flow(1, -1, 3, 4))
    # One to the right and one up; the first row and the last column stay at the border.
    expected = [[1, 2, 3, 3], [1, 2, 3, 3], [5, 6, 7, 7]]
    np.testing.assert_array_equal(warped[0, :, :, 0], expected)


def test_half_pixels_take_the_mean_of_four():
    images = tf.constant([[0.0, 2.0], [4.0, 10.0]])[tf.newaxis, :, :, tf.newaxis]
    warped = warp.backward(images, constant_flow(0.5, 0.5, 2, 2))
    # Inside (0 + 2 + 4 + 10) / 4; right column (2 + 10) / 2; lower row (4 + 10) / 2.
    np.testing.assert_allclose(warped[0, :, :, 0], [[4, 6], [7, 10]], atol=0)


def test_warp_equals_scipy_order_one_with_nearest_border():
    images = random_images([1, 9, 8, 1])
    flow = random_flow([1, 9, 8, 2], size=4)
    rows, columns = np.mgrid[:9, :8]
    points = [rows + flow[0, ..., 1].numpy(), columns + flow[0, ..., 0].numpy()]
    expected = scipy.ndimage.map_coordinates(
        images[0, ..., 0].numpy(), points, order=1, mode="nearest"
    )
    np.testing.assert_allclose(
        warp.backward(images, flow)[0, ..., 0], expected, atol=ROUNDING
    )


def test_moving_sprite_is_brought_to_the_next_frame():
    now = np.zeros([1, 8, 8, 1], np.float32)
    now[0, 2:5, 1:4] = 1
    after = np.roll(now, (1, 2), axis=(1, 2))  # one down, two right
    backward_flow = constant_flow(-2, -1, 8, 8)  # on the grid of the next frame
    np.testing.assert_array_equal(warp.backward(tf.constant(now), backward_flow), after)


def test_examples_of_a_batch_do_not_meet():
    images, flow = random_images([3, 4, 5, 2]), random_flow([3, 4, 5, 2])
    together = warp.backward(images, flow)
    alone = [warp.backward(images[n : n + 1], flow[n : n + 1])[0] for n in range(3)]
    np.testing.assert_array_equal(together, tf.stack(alone))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_graph_equals_eager_with_unknown_sizes(jit_compile):
    images, flow = random_images([2, 5, 4, 3]), random_flow([2, 5, 4, 2])
    images_spec = tf.TensorSpec([None, None, None, 3])
    flow_spec = tf.TensorSpec([None, None, None, 2])
    graph = tf.function(
        warp.backward_with_validity,
        input_signature=[images_spec, flow_spec],
        jit_compile=jit_compile,
    )
    eager = warp.backward_with_validity(images, flow)
    for in_graph, in_eager in zip(graph(images, flow), eager, strict=True):
        np.testing.assert_allclose(in_graph, in_eager, atol=ROUNDING)


def test_gradients_to_image_and_flow_equal_finite_differences():
    images = random_images([1, 3, 3, 1])
    # Away from pixel centres and borders, where the derivative has a jump.
    columns = tf.constant([0.3, 1.4, 1.6]) - tf.range(3.0)
    rows = tf.constant([0.6, 1.3, 0.4]) - tf.range(3.0)
    flow = tf.stack(tf.meshgrid(columns, rows), axis=-1)[tf.newaxis]
    for position, value in enumerate((images, flow)):

        def warped(x, position=position):
            return warp.backward(*((x, flow) if position == 0 else (images, x)))

        exact, numeric = tf.test.compute_gradient(warped, [value], delta=2**-7)
        # Bilinear is linear in each cell: the error is float32 rounding over delta.
        np.testing.assert_allclose(exact[0], numeric[0], atol=1e-4)


def test_flow_that_starts_at_zero_has_a_gradient():
    images = tf.reshape(tf.range(6.0), [1, 1, 6, 1]) ** 2
    flow = tf.zeros([1, 1, 6, 2])
    with tf.GradientTape() as tape:
        tape.watch(flow)
        total = tf.reduce_sum(warp.backward(images, flow))
    slope = tape.gradient(total, flow)[0, 0, :, 0]
    # Right-hand differences of 0 1 4 9 16 25, the left-hand one at the border.
    np.testing.assert_array_equal(slope, [1, 3, 5, 7, 9, 9])


def test_samples_outside_pass_no_gradient_to_the_flow():
    images = random_images([1, 3, 3, 1])
    flow = constant_flow(9, -9, 3, 3)
    with tf.GradientTape() as tape:
        tape.watch(flow)
        total = tf.reduce_sum(warp.backward(images, flow))
    np.testing.assert_array_equal(tape.gradient(total, flow), np.zeros([1, 3, 3, 2]))


def test_coordinates_stay_exact_for_bfloat16_images():
    # Pixel 301 does not exist in bfloat16: neighbours there are 300 and 302.
    column = tf.range(320) % 2
    images = tf.cast(tf.reshape(column, [1, 1, 320, 1]), tf.bfloat16)
    warped = warp.backward(images, constant_flow(1, 0, 1, 320))
    assert warped.dtype == tf.bfloat16
    np.testing.assert_array_equal(tf.cast(warped[0, 0, :-1, 0], tf.int32), column[1:])


def test_nan_flow_gives_nan_there_and_nowhere_else():
    flow = tf.constant([np.nan, 0, 0, 0], tf.float32)
    flow = tf.reshape(flow, [1, 1, 2, 2])
    warped = warp.backward(tf.ones([1, 1, 2, 1]), flow)[0, 0, :, 0]
    assert np.isnan(warped[0]) and warped[1] == 1


def test_validity_is_one_up_to_the_centre_of_the_border_pixel():
    flow = np.zeros([1, 2, 4, 2], np.float32)
    flow[0, 0, :, 0] = [-0.01, 2.0, 1.01, 0.0]  # columns -0.01, 3, 3.01, 3 of 0..3
    flow[0, 1, :, 1] = [0.01, -1.0, -1.01, 0.0]  # rows 1.01, 0, -0.01, 1 of 0..1
    _, validity = warp.backward_with_validity(tf.zeros([1, 2, 4, 1]), tf.constant(flow))
    np.testing.assert_array_equal(validity[0, :, :, 0], [[0, 1, 0, 1], [0, 1, 0, 1]])


def test_composed_flow_is_the_sum_of_two_translations():
    flow = warp.compose(constant_flow(1, 0.5), constant_flow(-3, 2))
    np.testing.assert_array_equal(flow, constant_flow(-2, 2.5))


def test_second_flow_is_read_where_the_first_one_leads():
    second = np.zeros([1, 1, 4, 2], np.float32)
    second[0, 0, :, 0] = [10, 20, 30, 40]
    flow = warp.compose(constant_flow(1, 0, 1, 4), tf.constant(second))
    np.testing.assert_array_equal(flow[0, 0, :, 0], [21, 31, 41, 41])


def test_motion_boundaries_are_before_the_change():
    # Left half still, right half (0, 1): squared change 1 > 0.01 * 0 + 0.002.
    halves = np.zeros((1, 3, 4, 2), np.float32)
    halves[:, :, 2:, 1] = 1
    found = warp.motion_boundaries(tf.constant(halves))[0, ..., 0]
    np.testing.assert_array_equal(found, [[0, 1, 0, 0]] * 3)
    upright = warp.motion_boundaries(tf.constant(np.swapaxes(halves, 1, 2)))
    np.testing.assert_array_equal(upright[0, ..., 0], np.transpose(found))
    # A slow change in fast motion is none: 0.3 ** 2 < 0.01 * 4 ** 2 + 0.002.
    fast = np.full((1, 3, 4, 2), [4.0, 0.0], np.float32)
    fast[:, :, 2:, 0] = 4.3
    assert not np.any(warp.motion_boundaries(tf.constant(fast)))


def test_occlusion_finds_what_is_covered_and_what_leaves():
    # A square of two pixels moves right by 2 over a still background of eight.
    forward = np.zeros([1, 1, 8, 2], np.float32)
    forward[0, 0, 1:3, 0] = 2
    reverse = np.zeros([1, 1, 8, 2], np.float32)
    reverse[0, 0, 3:5, 0] = -2
    occluded = warp.occlusion(tf.constant(forward), tf.constant(reverse))
    # The square lands on background pixels 3 and 4: they disappear.
    np.testing.assert_array_equal(occluded[0, 0, :, 0], [0, 0, 0, 1, 1, 0, 0, 0])
    leaving = warp.occlusion(constant_flow(1, 0, 1, 3), constant_flow(-1, 0, 1, 3))
    np.testing.assert_array_equal(leaving[0, 0, :, 0], [0, 0, 1])


def test_resized_flow_is_rescaled_with_its_grid():
    resized = warp.resize_flow(constant_flow(3, -2, 4, 6), height=8, width=3)
    # x: 3 px of 6 columns are 1.5 of 3; y: 2 of 4 rows are 4 of 8.
    assert resized.shape == [1, 8, 3, 2]
    np.testing.assert_allclose(resized, constant_flow(1.5, -4, 8, 3), atol=ROUNDING)


def test_dense_image_warp_takes_dy_dx_and_samples_at_p_minus_flow():
    images = random_images([1, 4, 6, 2])
    flow = random_flow([1, 4, 6, 2])
    swapped = tf.stack([-flow[..., 1], -flow[..., 0]], axis=-1)
    np.testing.assert_array_equal(
        warp.dense_image_warp(images, flow), warp.backward(images, swapped)
    )


def test_one_pixel_wide_image_can_be_warped():
    images = tf.constant([1.0, 3.0])[tf.newaxis, :, tf.newaxis, tf.newaxis]
    warped = warp.backward(images, constant_flow(5, 0.5, 2, 1))
    np.testing.assert_array_equal(warped[0, :, 0, 0], [2, 3])


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match="`flow` has shape"):
        warp.backward(tf.zeros([1, 4, 4, 3]), tf.zeros([1, 4, 5, 2]))
    with pytest.raises(ValueError, match="`images` has shape"):
        warp.backward(tf.zeros([1, 2, 4, 4, 3]), tf.zeros([1, 4, 4, 2]))
    with pytest.raises(ValueError, match="`flow` has shape"):
        warp.resize_flow(tf.zeros([1, 4, 4, 3]), height=2, width=2)


@pytest.fixture(scope="module")
def addons():
    path = pathlib.Path(__file__).parents[1] / "goldens" / "addons_warp.npz"
    with np.load(path) as recorded:
        return dict(recorded)


def warped_like_addons(addons, name):
    """Warped images, and the gradients to images and flow of their weighted sum."""
    inputs = [tf.constant(addons["images"]), tf.constant(addons[f"{name}/flow"])]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        warped = warp.dense_image_warp(*inputs)
        total = tf.reduce_sum(warped * addons[f"{name}/weights"])
    return warped, *tape.gradient(total, inputs)


@pytest.mark.parametrize("name", ["random", "whole"])
def test_dense_image_warp_equals_tensorflow_addons(addons, name):
    warped, images_gradient, _ = warped_like_addons(addons, name)
    np.testing.assert_allclose(warped, addons[f"{name}/warped"], atol=ROUNDING)
    np.testing.assert_allclose(
        images_gradient, addons[f"{name}/images_gradient"], atol=ROUNDING
    )


def test_gradient_to_the_flow_equals_tensorflow_addons_between_pixels(addons):
    _, _, flow_gradient = warped_like_addons(addons, "random")
    np.testing.assert_allclose(
        flow_gradient, addons["random/flow_gradient"], atol=ROUNDING
    )


def test_gradient_to_the_flow_exists_on_whole_pixels_unlike_in_tensorflow_addons(
    addons,
):
    _, _, flow_gradient = warped_like_addons(addons, "whole")
    theirs = addons["whole/flow_gradient"]
    places = np.stack(np.mgrid[:6, :7], axis=-1) - addons["whole/flow"]  # (y, x)
    last = np.array([5, 6])
    is_before_last = (places >= 0) & (places < last)
    np.testing.assert_array_equal(theirs[is_before_last], 0)
    assert np.all(flow_gradient.numpy()[is_before_last] != 0)
    np.testing.assert_allclose(
        flow_gradient[~is_before_last], theirs[~is_before_last], atol=ROUNDING
    )


# --- Into zeros


def test_zeros_lie_beyond_the_border_and_a_flow_of_zero_is_exact():
    images = seeds.uniform([1, 4, 5, 2], seeds.from_int(0))
    np.testing.assert_array_equal(
        warp.backward_into_zeros(images, tf.zeros([1, 4, 5, 2])), images
    )
    # Half a pixel to the left: half of the first column; one and a half: nothing.
    for distance, share in ((0.5, 0.5), (1.0, 0.0), (1.5, 0.0)):
        flow = tf.broadcast_to([-distance, 0.0], [1, 4, 5, 2])
        moved = warp.backward_into_zeros(images, flow)
        np.testing.assert_allclose(moved[:, :, 0], share * images[:, :, 0], atol=1e-6)
