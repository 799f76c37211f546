"""A gated convolution is its equation."""

import numpy as np
import pytest
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


# --- One convolution


def test_the_first_half_of_the_channels_are_features():
    layer = gated.GatedConv(1, 1, slope=0.5)
    pixels = tf.reshape([2.0, -1.0], [1, 1, 2, 1])
    layer(pixels)
    layer.set_weights(
        [np.reshape([3.0, np.log(3.0)], (1, 1, 1, 2)), np.array([1.0, 0.0])]
    )
    # 2: 7 · 9/10. -1: half of -2, and the gate is 1/4.
    np.testing.assert_allclose(tf.reshape(layer(pixels), [-1]), [6.3, -0.25], rtol=1e-6)


@pytest.mark.parametrize("slope", [None, 0.0])
def test_without_an_activation_features_may_be_negative(slope):
    layer = gated.GatedConv(1, 1, slope=slope, use_bias=False)
    pixels = tf.ones([1, 1, 1, 1])
    layer(pixels)
    layer.set_weights([np.reshape([-2.0, 0.0], (1, 1, 1, 2))])
    assert float(layer(pixels)[0, 0, 0, 0]) == (-1.0 if slope is None else 0.0)


def test_dilated_taps_lie_apart_and_have_gradients():
    layer = gated.GatedConv(1, dilation=2, slope=None, use_bias=False)
    pixels = tf.one_hot([[4]], 9)[..., tf.newaxis]  # [1, 1, 9, 1]
    layer(pixels)
    kernel = np.zeros((3, 3, 1, 2))
    kernel[1, :, 0, 0] = 1.0, 2.0, 3.0
    layer.set_weights([kernel])
    with tf.GradientTape() as tape:
        made = layer(pixels)
    # Gates of 1/2; the kernel is not flipped.
    np.testing.assert_allclose(made[0, 0, :, 0], [0, 0, 1.5, 0, 1, 0, 0.5, 0, 0])
    (gradient,) = tape.gradient(made, layer.trainable_variables)
    np.testing.assert_allclose(gradient[1, :, 0, 0], [0.5, 0.5, 0.5])
