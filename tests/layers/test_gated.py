"""A gated convolution is its equation."""

import numpy as np
import tensorflow as tf

from tfvideogan.layers import gated


def test_features_are_activated_and_weighted_by_the_gate():
    layer = gated.GatedConv2D(1, 1, activation="relu")
    pixels = tf.reshape([2.0, -1.0], [1, 1, 2, 1])
    layer(pixels)
    layer.features.set_weights([np.full((1, 1, 1, 1), 3.0), np.array([1.0])])
    layer.gate.set_weights([np.full((1, 1, 1, 1), np.log(3.0)), np.array([0.0])])
    # 2: relu(7) = 7, sigmoid(2 log 3) = 9/10. -1: relu(-2) = 0, the gate is 1/4.
    found = tf.reshape(layer(pixels), [-1])
    np.testing.assert_allclose(found, [6.3, 0.0], rtol=1e-6)
    layer.features.set_weights([np.full((1, 1, 1, 1), 3.0), np.array([4.0])])
    # -1: relu(1) = 1.
    np.testing.assert_allclose(tf.reshape(layer(pixels), [-1])[1], 0.25, rtol=1e-6)


def test_strides_divide_the_size():
    layer = gated.GatedConv2D(5, 4, strides=2)
    assert layer(tf.zeros([2, 8, 12, 3])).shape == (2, 4, 6, 5)
    # Two kernels and two biases.
    assert layer.count_params() == 2 * (16 * 3 * 5 + 5)
