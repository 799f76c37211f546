"""Group norm is Keras', and a condition scales and shifts channels behind it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import film


@pytest.mark.parametrize("shape", [(2, 3, 5, 8), (2, 2, 3, 4, 8)])
def test_group_norm_is_that_of_keras(shape):
    inputs = 3.0 + seeds.normal(shape, seeds.from_int(1))
    expected = keras.layers.GroupNormalization(groups=4, epsilon=1e-5)(inputs)
    np.testing.assert_allclose(film.GroupNorm(4)(inputs), expected, atol=1e-5)


def test_gain_and_bias_belong_to_channels():
    layer = film.GroupNorm(1)
    inputs = tf.constant([[[[1.0, -1.0]]], [[[5.0, 3.0]]]])
    np.testing.assert_allclose(layer(inputs)[1, 0, 0], [1.0, -1.0], atol=1e-4)
    layer.gain.assign([2.0, 3.0])
    layer.bias.assign([0.0, 1.0])
    np.testing.assert_allclose(layer(inputs)[1, 0, 0], [2.0, -2.0], atol=1e-4)


def test_six_channels_in_groups_of_eight_are_two_groups():
    inputs = seeds.normal([1, 4, 4, 6], seeds.from_int(1))
    made = film.GroupNorm(8)(inputs).numpy().reshape(16, 2, 3)
    np.testing.assert_allclose(made.mean(axis=(0, 2)), [0.0, 0.0], atol=1e-5)
    np.testing.assert_allclose(made.std(axis=(0, 2)), [1.0, 1.0], atol=1e-3)


def test_a_constant_group_is_zero():
    np.testing.assert_array_equal(film.GroupNorm(1)(tf.fill([1, 2, 2, 2], 7.0)), 0.0)


def test_a_condition_scales_and_shifts_each_channel():
    layer = film.FiLM(1)
    inputs = tf.constant([[[[1.0, -1.0]]], [[[5.0, 3.0]]]])  # normed: 1, -1
    condition = tf.constant([[1.0], [2.0]])
    layer(inputs, condition)
    # Gains 1 + 0.5 c and 1 - 1 c, biases 0 and 3 c.
    layer.to_film.kernel.assign([[0.5, -1.0, 0.0, 3.0]])
    layer.to_film.bias.assign(tf.zeros([4]))
    made = layer(inputs, condition).numpy()[:, 0, 0]
    np.testing.assert_allclose(made, [[1.5, 3.0], [2.0, 7.0]], atol=1e-3)
