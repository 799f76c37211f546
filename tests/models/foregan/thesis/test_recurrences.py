import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan.thesis import recurrences

SEED = tf.constant([7, 8])


def features(index, channels=2):
    return seeds.normal([1, 4, 4, channels], seeds.fold(SEED, index))


def identity(layer, channels):
    """Makes a convolution pass its input through."""
    kernel = np.zeros((3, 3, channels, channels), np.float32)
    kernel[1, 1] = np.eye(channels)
    layer.kernel.assign(kernel)


def test_additive_state_is_added_and_bounded():
    cell = recurrences.Additive(2)
    cell(features(0), (), step=0)
    identity(cell.reduce, 2)
    joined, state = cell(features(0), (), step=0)
    np.testing.assert_array_equal(joined, features(0))
    np.testing.assert_allclose(state[0], np.tanh(features(0)), atol=1e-6)
    joined, _ = cell(features(1), state, step=1)
    np.testing.assert_allclose(joined, features(1) + np.tanh(features(0)), atol=1e-6)


@pytest.mark.parametrize(
    ("reductions", "widths"),
    [
        # 64 / 2 = 32 beside 64; 96 / 3 = 32 beside 64, and so on.
        ((2, 3), (64, 96, 96, 96)),
        # 96 / 2 = 48 beside 64; 112 / 2 = 56 beside 64.
        ((2,), (64, 96, 112, 120)),
    ],
)
def test_concatenated_widths_are_those_of_the_experiments(reductions, widths):
    cell = recurrences.Concatenated(64, num_steps=4, reductions=reductions)
    assert cell.joined_channels == widths


def test_concatenated_state_stands_before_the_features():
    cell = recurrences.Concatenated(4, num_steps=3, reductions=(2, 3))
    joined, state = cell(features(0, 4), (), step=0)
    assert joined.shape[-1] == 4 and state[0].shape[-1] == 2
    assert np.all(state[0].numpy() >= 0)  # relu
    joined, _ = cell(features(1, 4), state, step=1)
    np.testing.assert_array_equal(joined[..., :2], state[0])
    np.testing.assert_array_equal(joined[..., 2:], features(1, 4))


def test_concatenated_state_stays_beyond_the_trained_steps():
    cell = recurrences.Concatenated(4, num_steps=2, reductions=(2, 3))
    _, state = cell(features(0, 4), (), step=0)
    for step in (1, 2, 7):
        joined, after = cell(features(1, 4), state, step=step)
        assert joined.shape[-1] == cell.joined_channels[-1] == 6
        np.testing.assert_array_equal(after[0], state[0])


def test_lstm_cell_meets_its_equations():
    cell = recurrences.ConvLSTM(1)
    x = tf.fill([1, 1, 1, 1], 0.5)
    cell(x, (), step=0)
    # Gates read the input only, with weights 1, 2, 3, 4; nothing of the hidden map.
    kernel = np.zeros((3, 3, 2, 4), np.float32)
    kernel[1, 1, 0] = [1, 2, 3, 4]
    cell.gates.kernel.assign(kernel)
    hidden, state = cell(x, (tf.zeros_like(x), tf.fill([1, 1, 1, 1], 0.3)), step=1)

    def sigmoid(value):
        return 1 / (1 + np.exp(-value))

    expected_cell = sigmoid(1.0) * 0.3 + sigmoid(0.5) * np.tanh(2.0)
    expected = sigmoid(1.5) * np.tanh(expected_cell)
    np.testing.assert_allclose(state[1].numpy().item(), expected_cell, atol=1e-6)
    np.testing.assert_allclose(hidden.numpy().item(), expected, atol=1e-6)


def test_an_empty_lstm_state_is_zero():
    cell = recurrences.ConvLSTM(2)
    zeros = tf.zeros([1, 4, 4, 2])
    np.testing.assert_array_equal(
        cell(features(0), (), step=0)[0], cell(features(0), (zeros, zeros), step=0)[0]
    )


def test_forgetful_has_no_state():
    joined, state = recurrences.Memoryless(2)(features(0), (), step=0)
    np.testing.assert_array_equal(joined, features(0))
    assert state == ()


@pytest.mark.parametrize("name", recurrences.NAMES)
def test_every_name_makes_a_recurrence(name):
    cell = recurrences.make(name, 4, num_steps=2, reductions=(2, 3))
    assert cell(features(0, 4), (), step=0)[0].shape == (1, 4, 4, 4)


def test_an_unknown_name_lists_the_choices():
    with pytest.raises(ValueError, match="must be one of additive, concat_unshared"):
        recurrences.make("gru", 4, num_steps=2, reductions=(2,))
