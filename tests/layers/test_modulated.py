"""Modulation equals a convolution with a kernel of each example's own."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import modulated


@pytest.mark.parametrize("upsamples", [False, True])
def test_modulation_equals_a_convolution_with_a_scaled_and_normed_kernel(upsamples):
    layer = modulated.ModulatedConv(5, upsamples=upsamples)
    images = seeds.normal([2, 4, 6, 3], seeds.from_int(1))
    style = seeds.normal([2, 4], seeds.from_int(2))
    made = layer(images, style)
    scales = layer.scales(style).numpy()
    for one in range(2):
        kernel = layer.kernel.value.numpy() * scales[one][:, np.newaxis]
        kernel /= np.sqrt(np.square(kernel).sum(axis=(0, 1, 2), keepdims=True))
        image = images[one : one + 1].numpy()
        if upsamples:
            image = image.repeat(2, axis=1).repeat(2, axis=2)
        expected = tf.nn.conv2d(image, kernel, 1, "SAME")[0]
        np.testing.assert_allclose(made[one], expected, rtol=1e-3, atol=1e-4)


def test_a_style_of_nothing_leaves_the_bias():
    layer = modulated.ModulatedConv(2)
    images = seeds.normal([1, 4, 4, 3], seeds.from_int(1))
    layer(images, tf.zeros([1, 4]))
    layer.scales.bias.assign(tf.zeros([3]))
    layer.bias.assign([1.0, -2.0])
    made = layer(images, tf.zeros([1, 4]))
    np.testing.assert_array_equal(made, np.broadcast_to([1.0, -2.0], made.shape))


def test_the_size_of_a_style_does_not_change_the_size_of_what_comes_out():
    layer = modulated.ModulatedConv(5)
    images = seeds.normal([1, 4, 6, 3], seeds.from_int(1))
    style = seeds.normal([1, 4], seeds.from_int(2))
    layer(images, style)
    layer.scales.bias.assign(tf.zeros([3]))
    loud, quiet = (layer(images, factor * style) for factor in (3.0, 1.0))
    np.testing.assert_allclose(loud, quiet, rtol=1e-4, atol=1e-5)
