"""Units that warp their state are their equations, and each of the three its own."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import conv_rnn, transforming_rnn

C, P, S = UNITS = (
    transforming_rnn.TSRUc,
    transforming_rnn.TSRUp,
    transforming_rnn.TSRUs,
)
# Middle taps: of the inputs and the state, in this order ...
FEATURES, UPDATE, CANDIDATE = (0.5, 0.25), (0.7, -0.4), (-0.3, 0.6)
# ... and, in TSRUs, the update's of the warped state and the candidate.
UPDATE_OF_MIXED = (-0.9, 0.8)


def draw(*shape: int, seed: int = 2) -> tf.Tensor:
    return seeds.normal(shape, seeds.from_int(seed))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def middle(*taps: tuple[float, ...]) -> np.ndarray:
    """A kernel [3, 3, inputs, outputs] of nothing but its middle, a row each output."""
    kernel = np.zeros([3, 3, len(taps[0]), len(taps)], np.float32)
    kernel[1, 1] = np.transpose(taps)
    return kernel


def pointwise(
    unit: type[transforming_rnn.TSRUc],
    flow: tuple[float, float] = (0.0, 0.0),
    **options: object,
) -> transforming_rnn.TSRUc:
    """A unit of one channel that sees no neighbours; its flow is the same everywhere."""
    layer = unit(1, has_norm=False, **options)
    layer(tf.zeros([1, 1, 1, 1, 1]))
    layer.features.kernel.assign(middle(FEATURES))
    layer.update.kernel.assign(middle(UPDATE_OF_MIXED if unit is S else UPDATE))
    layer.candidate.kernel.assign(middle(CANDIDATE))
    layer.flow.kernel.assign(np.zeros([3, 3, 1, 2]))
    layer.flow_bias.assign(flow)
    layer.gain.assign(1.0)
    return layer


def by_hand(
    unit: type[transforming_rnn.TSRUc], x: np.ndarray, h: np.ndarray, warped: np.ndarray
) -> np.ndarray:
    """The next state, number by number; the update's bias is 1."""
    seen = h if unit is P else warped
    c = np.maximum(CANDIDATE[0] * x + CANDIDATE[1] * seen, 0.0)
    if unit is S:
        u = sigmoid(UPDATE_OF_MIXED[0] * warped + UPDATE_OF_MIXED[1] * c + 1.0)
    else:
        u = sigmoid(UPDATE[0] * x + UPDATE[1] * h + 1.0)
    return u * warped + (1.0 - u) * c


X, H = np.array([2.0, -1.0, 0.5, -3.0]), np.array([0.5, 2.0, -1.0, 3.0])


def row(values: np.ndarray, *, is_clip: bool = False) -> tf.Tensor:
    """A picture [1, 1, W, 1], or a clip of it."""
    shape = [1, 1, 1, -1, 1] if is_clip else [1, 1, -1, 1]
    return tf.reshape(tf.constant(values, tf.float32), shape)


@pytest.mark.parametrize("unit", UNITS)
def test_without_flow_a_unit_is_its_equations_without_a_warp(unit):
    state, expected = H, []
    layer = pointwise(unit)
    for _ in range(3):
        state = by_hand(unit, X, state, state)
        expected.append(state)
    states, last = layer(row(X, is_clip=True), row(H), num_frames=3)
    np.testing.assert_allclose(states[0, :, 0, :, 0], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(last[0, 0, :, 0], expected[-1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("unit", UNITS)
def test_what_candidate_and_gate_see_of_the_warp(unit):
    """The candidate of p sees the state where it was; so does the gate of c and p."""
    # Each pixel takes that to its right, the last one itself.
    warped = np.array([2.0, -1.0, 3.0, 3.0])
    states, _ = pointwise(unit, flow=(1.0, 0.0))(row(X, is_clip=True), row(H))
    found = states[0, 0, 0, :, 0]
    np.testing.assert_allclose(found, by_hand(unit, X, H, warped), rtol=1e-5)
    for other in set(UNITS) - {unit}:
        assert np.abs(found - by_hand(other, X, H, warped)).max() > 0.05


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("flow", [(1, 0), (0, 1), (-2, 1)])
def test_a_kept_state_moves_by_whole_pixels_and_nothing_is_lost(unit, flow):
    """The gate alone is open: h' = h~, in every frame."""
    layer = pointwise(unit, flow=flow)
    layer.update_bias.assign([100.0])
    state = draw(1, 5, 6, 1)
    states, _ = layer(tf.zeros([1, 2, 5, 6, 1]), state)
    expected = state[0, ..., 0].numpy()
    dx, dy = flow
    rows, columns = np.arange(5) + dy, np.arange(6) + dx
    for made in states[0, ..., 0]:
        # A pixel takes what stood dx to its right and dy below, or on the border.
        expected = expected[np.clip(rows, 0, 4)][:, np.clip(columns, 0, 5)]
        np.testing.assert_array_equal(made, expected)


@pytest.mark.parametrize("unit", UNITS)
def test_a_closed_gate_lets_the_candidate_in(unit):
    layer = pointwise(unit, flow=(1.0, 0.0))
    layer.update_bias.assign([-100.0])
    layer.candidate.kernel.assign(np.zeros([3, 3, 2, 1]))
    layer.candidate_bias.assign([0.3])
    states, _ = layer(row(X, is_clip=True), row(H), num_frames=2)
    np.testing.assert_allclose(states, np.full([1, 2, 1, 4, 1], 0.3), rtol=1e-6)


@pytest.mark.parametrize("unit", UNITS)
def test_the_flow_is_predicted_of_inputs_and_state(unit):
    layer = pointwise(unit)
    layer.flow.kernel.assign(middle((2.0,), (0.0,)))  # dx, and no dy
    layer.features_bias.assign([-0.5])
    layer.gain.assign(0.5)
    layer.update_bias.assign([100.0])
    x, h = np.array([2.0, 1.0, 1.0, 0.0]), np.array([2.0, 4.0, -8.0, 6.0])
    # relu(x / 2 + h / 4 - 1/2) is 1, 1, 0, 1; it was -2 before it was rectified.
    expected = [4.0, -8.0, -8.0, 6.0]
    states, _ = layer(row(x, is_clip=True), row(h))
    np.testing.assert_allclose(states[0, 0, 0, :, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("unit", UNITS)
def test_at_first_nothing_moves_but_the_flow_can_be_learnt(unit):
    layer = unit(3)
    clip, state = draw(2, 2, 4, 4, 2), draw(2, 4, 4, 3, seed=3)
    before, _ = layer(clip, state)
    layer.flow_bias.assign([2.0, -1.0])
    np.testing.assert_array_equal(before, layer(clip, state)[0])
    # From no flow at all the gain has a gradient; with some, all else has one as well.
    assert gradients(layer, clip, state)["gain"] > 1e-3
    layer.gain.assign(0.3)
    found = gradients(layer, clip, state)
    assert len(found) == 9 and min(found.values()) > 1e-5, found


def gradients(layer, clip, state) -> dict[str, float]:
    """The largest entry of each trainable variable's gradient."""
    variables = layer.trainable_variables
    with tf.GradientTape() as tape:
        states, _ = layer(clip, state)
        loss = tf.reduce_sum(states**2)
    found = tape.gradient(loss, [one.value for one in variables])
    names = ["/".join(one.path.split("/")[-2:]) for one in variables]
    names = [one if "kernel" in one else one.split("/")[-1] for one in names]
    return {
        name: float(tf.reduce_max(tf.abs(one)))
        for name, one in zip(names, found, strict=True)
    }


@pytest.mark.parametrize("unit", UNITS)
def test_a_long_clip_in_a_loop_equals_two_short_ones(unit):
    layer = unit(3, activation="tanh")
    clip = draw(2, 20, 4, 4, 2)
    layer(clip[:, :1])
    layer.gain.assign(0.7)
    assert clip.shape[1] > conv_rnn.MOST_UNROLLED
    whole, last = layer(clip)
    first, state = layer(clip[:, :8])
    second, end = layer(clip[:, 8:], state)
    np.testing.assert_allclose(whole, tf.concat([first, second], axis=1), atol=1e-5)
    np.testing.assert_allclose(last, end, atol=1e-5)


@pytest.mark.parametrize("unit", UNITS)
def test_each_kernel_has_the_norm_one(unit):
    layer = unit(3)
    clip = draw(1, 2, 4, 4, 2)
    layer(clip)
    layer.gain.assign(0.7)
    for _ in range(30):
        layer(clip, training=True)
    before, _ = layer(clip)
    for kernel in (layer.features, layer.flow, layer.update, layer.candidate):
        matrix = tf.reshape(kernel.normalised(), [-1, kernel.kernel.shape[-1]])
        largest = np.linalg.svd(matrix, compute_uv=False)[0]
        assert largest == pytest.approx(1.0, abs=1e-3)
        kernel.kernel.assign(5.0 * kernel.kernel.value)
    np.testing.assert_allclose(layer(clip)[0], before, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("unit", UNITS)
def test_the_first_state_can_come_from_the_inputs(unit):
    # relu(-0.3 * -2) = 0.6, kept by an update of 1.
    layer = pointwise(unit, starts_from_inputs=True)
    layer.update_bias.assign([100.0])
    states, _ = layer(tf.reshape([-2.0, 5.0], [1, 2, 1, 1, 1]))
    np.testing.assert_allclose(states[0, :, 0, 0, 0], [0.6, 0.6], rtol=1e-6)


@pytest.mark.parametrize("unit", UNITS)
def test_parameters_are_those_of_a_gru_and_the_flow(unit):
    layer = unit(4)
    layer(tf.zeros([1, 1, 4, 4, 4]))
    trainable = sum(np.prod(one.shape) for one in layer.trainable_variables)
    # Two numbers of 3x3 places and four channels, their biases and the gain.
    assert trainable == 3 * (9 * 8 * 4 + 4) + (9 * 4 * 2 + 2) + 1
