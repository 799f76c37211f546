"""Camera motion fitted to flow: known motions, weights, degenerate cases."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.ops import affine, warp

HEIGHT, WIDTH = 6, 10
# What the ridge of 1e-5 does to motions of a few pixels.
RIDGE_ERROR = 1e-3


def rotation_and_shift():
    """Rows (dx, dy) of columns (u, v, 1): turn by 2 px at the rim, shift by (3, -1)."""
    return tf.constant([[[0.0, -2.0, 3.0], [2.0, 0.0, -1.0]]])


def test_flow_of_a_motion_equals_hand_numbers():
    flow = affine.to_flow(rotation_and_shift(), HEIGHT, WIDTH)
    # Half the larger side is 5: the corner (0, 0) is (-4.5, -2.5) / 5 = (-0.9, -0.5).
    np.testing.assert_allclose(flow[0, 0, 0], [1.0 + 3.0, -1.8 - 1.0], rtol=1e-6)
    # The mean over the image is the shift.
    np.testing.assert_allclose(
        tf.reduce_mean(flow, axis=[1, 2])[0], [3.0, -1.0], rtol=1e-5
    )


def test_a_rigid_motion_turns_about_its_centre_then_shifts():
    turn, centre, shift = np.pi / 2, [-0.1, 0.3], [2.0, 1.0]
    motion = affine.rigid(
        tf.constant([turn]), tf.constant([centre]), tf.constant([shift]), side=WIDTH
    )
    flow = affine.to_flow(motion, HEIGHT, WIDTH)[0]
    # The centre is (-0.5, 1.5) from the middle (4.5, 2.5): column 4, row 4.
    np.testing.assert_allclose(flow[4, 4], shift, atol=1e-5)
    # Three to its right is turned clockwise to three below it.
    np.testing.assert_allclose(flow[4, 7], [-3.0 + 2.0, 3.0 + 1.0], atol=1e-5)


def test_motions_are_composed_as_their_flows_are():
    first = affine.rigid(
        tf.constant([0.3]), tf.zeros([1, 2]), tf.constant([[1.0, -0.5]]), side=WIDTH
    )
    second = rotation_and_shift()
    found = affine.to_flow(
        affine.compose(first, second, side=WIDTH), HEIGHT, WIDTH
    ).numpy()
    flows = [affine.to_flow(one, HEIGHT, WIDTH) for one in (first, second)]
    expected = warp.compose(*flows).numpy()
    # Where the first motion leads outside, a flow has no value of its own.
    _, is_inside = warp.backward_with_validity(flows[1], flows[0])
    is_inside = is_inside.numpy()[..., 0] > 0
    assert is_inside.sum() > 20
    np.testing.assert_allclose(found[is_inside], expected[is_inside], atol=1e-4)


def test_fit_finds_the_motion_again():
    flow = affine.to_flow(rotation_and_shift(), HEIGHT, WIDTH)
    found = affine.fit(flow, tf.ones([1, HEIGHT, WIDTH, 1]))
    np.testing.assert_allclose(found, rotation_and_shift(), atol=RIDGE_ERROR)


def test_fit_equals_least_squares_of_numpy():
    draw = np.random.default_rng(0)
    flow = draw.standard_normal((1, HEIGHT, WIDTH, 2)).astype(np.float32)
    weights = draw.uniform(size=(1, HEIGHT, WIDTH, 1)).astype(np.float32)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    scale = WIDTH / 2
    basis = np.stack(
        [
            (columns - (WIDTH - 1) / 2) / scale,
            (rows - (HEIGHT - 1) / 2) / scale,
            np.ones((HEIGHT, WIDTH)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    roots = np.sqrt(weights.reshape(-1, 1))
    expected, *_ = np.linalg.lstsq(
        roots * basis, roots * flow.reshape(-1, 2), rcond=None
    )
    found = affine.fit(tf.constant(flow), tf.constant(weights))
    np.testing.assert_allclose(found[0], expected.T, atol=RIDGE_ERROR)


def test_moving_object_without_weight_does_not_disturb():
    flow = affine.to_flow(rotation_and_shift(), HEIGHT, WIDTH).numpy()
    weights = np.ones((1, HEIGHT, WIDTH, 1), np.float32)
    flow[0, 2:4, 3:6] = 20
    weights[0, 2:4, 3:6] = 0
    found = affine.fit(tf.constant(flow), tf.constant(weights))
    np.testing.assert_allclose(found, rotation_and_shift(), atol=RIDGE_ERROR)


def test_no_weight_at_all_is_no_motion():
    flow = affine.to_flow(rotation_and_shift(), HEIGHT, WIDTH)
    found = affine.fit(flow, tf.zeros([1, HEIGHT, WIDTH, 1]))
    np.testing.assert_array_equal(found, np.zeros((1, 2, 3)))


def test_each_example_has_its_own_motion():
    motions = tf.concat([rotation_and_shift(), -rotation_and_shift()], axis=0)
    flow = affine.to_flow(motions, HEIGHT, WIDTH)
    found = affine.fit(flow, tf.ones([2, HEIGHT, WIDTH, 1]))
    np.testing.assert_allclose(found, motions, atol=RIDGE_ERROR)


def test_gradient_reaches_the_flow():
    flow = affine.to_flow(rotation_and_shift(), HEIGHT, WIDTH)
    with tf.GradientTape() as tape:
        tape.watch(flow)
        shift = affine.fit(flow, tf.ones([1, HEIGHT, WIDTH, 1]))[0, 0, 2]
    slope = tape.gradient(shift, flow)
    # The shift is the mean of dx.
    np.testing.assert_allclose(slope[..., 0], 1 / (HEIGHT * WIDTH), rtol=1e-4)
    np.testing.assert_allclose(slope[..., 1], 0, atol=1e-6)


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match="`weights` has shape"):
        affine.fit(tf.zeros([1, 4, 4, 2]), tf.zeros([1, 4, 4, 2]))
    with pytest.raises(ValueError, match="`motion` has shape"):
        affine.to_flow(tf.zeros([1, 3, 3]), 4, 4)


# --- Affine warps


IDENTITY = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


def pictures(height=5, width=7, channels=2):
    drawn = np.random.default_rng(1).uniform(size=(2, height, width, channels))
    return drawn.astype(np.float32)


@pytest.mark.parametrize("size", [(5, 7), (240, 3), (1, 4)])
def test_the_identity_returns_the_images_bit_for_bit(size):
    images = pictures(*size)
    np.testing.assert_array_equal(
        affine.affine_warp(images, tf.constant([IDENTITY] * 2)), images
    )


def test_a_quarter_turn_equals_numpy():
    images = pictures(6, 6)
    # Samples x from y and y from -x.
    turned = affine.affine_warp(
        images, tf.constant([[[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]] * 2)
    )
    wanted = np.rot90(images, k=-1, axes=(1, 2))
    np.testing.assert_allclose(turned, wanted, atol=1e-5)


def test_corners_are_aligned_and_what_lies_beyond_is_given():
    images = pictures(5, 7)
    # Seven columns are six steps from -1 to 1: a third is one of them.
    shift = tf.constant([[[1.0, 0.0, 1 / 3], [0.0, 1.0, 0.0]]] * 2)
    moved = affine.affine_warp(images, shift, outside=-1.0)
    np.testing.assert_allclose(moved[:, :, :-1], images[:, :, 1:], atol=1e-5)
    np.testing.assert_allclose(moved[:, :, -1], -1.0, atol=1e-5)
    # Half a step beyond the border is half of what is there.
    half = affine.affine_warp(
        images, tf.constant([[[1.0, 0.0, 1 / 6], [0.0, 1.0, 0.0]]] * 2)
    )
    np.testing.assert_allclose(half[:, :, -1], images[:, :, -1] / 2, atol=1e-5)


def test_the_gradient_of_a_transform_equals_hand_numbers():
    # The picture of x itself, -1 to 1: what is sampled is where.
    ramp = tf.broadcast_to(tf.linspace(-1.0, 1.0, 5)[:, tf.newaxis], [1, 5, 5, 1])
    theta = tf.constant([[[0.5, 0.1, 0.2], [0.0, 0.5, 0.0]]])
    with tf.GradientTape() as tape:
        tape.watch(theta)
        # Row 1, column 3: y = -0.5, x = 0.5.
        sample = affine.affine_warp(ramp, theta)[0, 1, 3, 0]
    np.testing.assert_allclose(sample, 0.5 * 0.5 - 0.1 * 0.5 + 0.2, rtol=1e-5)
    np.testing.assert_allclose(
        tape.gradient(sample, theta)[0], [[0.5, -0.5, 1.0], [0, 0, 0]], atol=1e-5
    )


def test_a_transform_is_the_same_at_every_resolution():
    theta = tf.constant([[[0.9, 0.1, 0.2], [0.0, 1.1, -0.1]]])
    small, large = (affine.theta_to_flow(theta, size, size) for size in (3, 5))
    # Five pixels are four steps, twice as many: places and flow are doubled.
    np.testing.assert_allclose(large[:, ::2, ::2], 2.0 * small, atol=1e-6)
