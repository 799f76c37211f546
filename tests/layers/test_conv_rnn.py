"""The ConvGRU is its equations."""

import numpy as np
import tensorflow as tf

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
