"""ConvGRUs are their equations, in one step and along a clip."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import conv_rnn


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def test_one_pixel_follows_the_equations_of_a_gru():
    cell = conv_rnn.ConvGRUCell(1, kernel_size=1)
    inputs, state = tf.constant([[[[2.0]]]]), tf.constant([[[[0.5]]]])
    cell(inputs, state)
    gates = np.array([[0.3, -0.2], [0.7, 0.1]]).reshape(1, 1, 2, 2)
    candidate = np.array([0.4, -0.6]).reshape(1, 1, 2, 1)
    cell.gates.set_weights([gates, np.zeros(2)])
    cell.candidate.set_weights([candidate, np.zeros(1)])
    update = _sigmoid(2.0 * 0.3 + 0.5 * 0.7)
    reset = _sigmoid(2.0 * -0.2 + 0.5 * 0.1)
    new = np.tanh(2.0 * 0.4 + reset * 0.5 * -0.6)
    expected = (1 - update) * 0.5 + update * new
    np.testing.assert_allclose(cell(inputs, state)[0, 0, 0, 0], expected, rtol=1e-6)


def test_the_state_stays_between_minus_one_and_one():
    cell = conv_rnn.ConvGRUCell(3)
    state = tf.zeros([1, 4, 4, 3])
    for _ in range(10):
        state = cell(100.0 * tf.ones([1, 4, 4, 2]), state)
    assert float(tf.reduce_max(tf.abs(state))) <= 1.0


# --- Along a clip


def draw(*shape: int, seed: int = 2) -> tf.Tensor:
    return seeds.normal(shape, seeds.from_int(seed))


def one_pixel(
    activation: str, *, starts_from_inputs: bool = False, **biases: float
) -> conv_rnn.ConvGRU:
    """A layer of one channel whose middle taps are 0.3, -0.2, ... and nothing else."""
    layer = conv_rnn.ConvGRU(
        1,
        activation=activation,
        has_norm=False,
        starts_from_inputs=starts_from_inputs,
    )
    layer(tf.zeros([1, 1, 1, 1, 1]))
    for name, (of_input, of_state) in TAPS.items():
        kernel = np.zeros([3, 3, 2, 1], np.float32)
        kernel[1, 1, :, 0] = of_input, of_state
        getattr(layer, name).kernel.assign(kernel)
    for name, value in biases.items():
        getattr(layer, f"{name}_bias").assign([value])
    return layer


TAPS = {"reset": (0.3, -0.2), "update": (0.7, 0.1), "candidate": (-0.4, 0.6)}


@pytest.mark.parametrize(
    ("activation", "function"), [("relu", lambda x: max(x, 0.0)), ("tanh", np.tanh)]
)
def test_a_clip_of_one_pixel_follows_the_equations(activation, function):
    layer = one_pixel(activation)
    state, expected = 0.5, []
    for x in (2.0, -1.0, 3.0):
        reset, update = (
            _sigmoid(TAPS[name][0] * x + TAPS[name][1] * state + bias)
            for name, bias in (("reset", 0.0), ("update", 1.0))
        )
        new = function(-0.4 * x + 0.6 * reset * state)
        state = update * state + (1 - update) * new
        expected.append(state)
    clip = tf.reshape([2.0, -1.0, 3.0], [1, 3, 1, 1, 1])
    states, last = layer(clip, tf.fill([1, 1, 1, 1], 0.5))
    np.testing.assert_allclose(states[0, :, 0, 0, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(last[0, 0, 0, 0], expected[-1], rtol=1e-5)


def test_the_candidate_is_rectified_not_squashed():
    # The community's code squashes. With r = u = 0 the state is relu(W_c * [x, 0]).
    layer = one_pixel("relu", reset=-100.0, update=-100.0)
    clip = tf.reshape([-20.0, 20.0], [1, 2, 1, 1, 1])
    states, _ = layer(clip, tf.fill([1, 1, 1, 1], 9.0))
    np.testing.assert_allclose(states[0, :, 0, 0, 0], [8.0, 0.0], atol=1e-5)


@pytest.mark.parametrize(("is_on", "expected"), [(True, 0.8), (False, 0.0)])
def test_a_state_that_is_not_given_can_start_from_the_inputs(is_on, expected):
    # relu(-0.4 * -2) = 0.8, kept by an update of 1.
    layer = one_pixel("relu", starts_from_inputs=is_on, update=100.0)
    states, _ = layer(tf.reshape([-2.0, 5.0], [1, 2, 1, 1, 1]))
    np.testing.assert_allclose(states[0, :, 0, 0, 0], [expected] * 2, rtol=1e-6)


def test_an_update_of_one_keeps_the_state():
    layer = one_pixel("relu", update=100.0)
    states, _ = layer(draw(1, 4, 1, 1, 1), tf.fill([1, 1, 1, 1], 0.7))
    np.testing.assert_allclose(states, np.full([1, 4, 1, 1, 1], 0.7), rtol=1e-6)


def test_a_long_clip_in_a_loop_equals_two_short_ones():
    layer = conv_rnn.ConvGRU(3)
    clip = draw(2, 20, 4, 4, 2)
    assert clip.shape[1] > conv_rnn.MOST_UNROLLED
    whole, last = layer(clip)
    first, state = layer(clip[:, :8])
    second, end = layer(clip[:, 8:], state)
    np.testing.assert_allclose(whole, tf.concat([first, second], axis=1), atol=1e-5)
    np.testing.assert_allclose(last, end, atol=1e-5)


@pytest.mark.parametrize("length", [3, 20])
def test_one_input_serves_every_frame(length):
    layer = conv_rnn.ConvGRU(3)
    frame = draw(2, 1, 4, 4, 2)
    states, _ = layer(frame, num_frames=length)
    repeated, _ = layer(tf.repeat(frame, length, axis=1))
    np.testing.assert_allclose(states, repeated, atol=1e-5)
    assert np.abs(states[:, 0] - states[:, -1]).max() > 1e-3


def test_each_kernel_has_the_norm_one():
    layer = conv_rnn.ConvGRU(3)
    clip = draw(1, 2, 4, 4, 2)
    before, _ = layer(clip)
    for kernel in (layer.reset, layer.update, layer.candidate):
        kernel.kernel.assign(5.0 * kernel.kernel.value)
    np.testing.assert_allclose(layer(clip)[0], before, rtol=1e-4, atol=1e-5)


def test_parameters_are_three_convolutions_of_both():
    layer = conv_rnn.ConvGRU(4)
    layer(tf.zeros([1, 1, 4, 4, 4]))
    trainable = sum(np.prod(one.shape) for one in layer.trainable_variables)
    assert trainable == 3 * (9 * 8 * 4 + 4)


def test_an_unknown_activation_is_refused():
    with pytest.raises(ValueError, match=r"`activation` \('elu'\) must be one of relu"):
        conv_rnn.ConvGRU(1, activation="elu")


@pytest.mark.parametrize(
    ("biases", "wanted"),
    [
        # Enter and leave are open, the candidate is tanh(0.5): tanh(tanh(0.5)).
        ([99, -99, 99, 0.5], np.tanh(np.tanh(0.5))),
        # Only keep and leave are open: the cell of 0.3 stays.
        ([-99, 99, 99, 0.5], np.tanh(0.3)),
        # Nothing leaves.
        ([99, 99, -99, 0.5], 0.0),
    ],
)
def test_gates_of_an_lstm_are_enter_keep_leave_candidate(biases, wanted):
    cell = conv_rnn.ConvLSTMCell(1)
    inputs, start = tf.ones([1, 3, 4, 2]), tf.fill([1, 3, 4, 1], 0.3)
    cell(inputs)
    cell.gates.set_weights([np.zeros((3, 3, 3, 4)), np.array(biases)])
    hidden, state = cell(inputs, (start, start))
    np.testing.assert_allclose(hidden, np.full((1, 3, 4, 1), wanted), atol=1e-6)
    np.testing.assert_array_equal(state[0], hidden)


def test_an_lstm_begins_with_zeros():
    cell = conv_rnn.ConvLSTMCell(3)
    inputs = seeds.uniform([1, 4, 4, 2], seeds.from_int(0))
    zeros = tf.zeros([1, 4, 4, 3])
    np.testing.assert_array_equal(cell(inputs)[0], cell(inputs, (zeros, zeros))[0])
