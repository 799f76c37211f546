"""Residual blocks are the sums of their two branches, at the size they promise."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import convolution, resnet


def draw(*shape: int) -> tf.Tensor:
    return seeds.normal(shape, seeds.from_int(2))


def silence(layer: keras.layers.Layer) -> None:
    """Makes a layer put out zeros."""
    for variable in layer.trainable_variables:
        variable.assign(tf.zeros_like(variable.value))


def test_the_shortcut_of_a_down_block_is_a_mean_of_pixels():
    block = resnet.DownBlock(3, 2)
    x = draw(1, 4, 6, 2)
    assert block(x).shape == (1, 2, 3, 2)
    silence(block.second)
    block.shortcut.kernel.assign(tf.eye(2))
    means = x.numpy().reshape(1, 2, 2, 3, 2, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(block(x), np.sqrt(0.5) * means, rtol=1e-5, atol=1e-6)


def test_the_branch_of_a_down_block_is_two_rectified_convolutions():
    block = resnet.DownBlock(3, 2, downsamples=False)
    x = draw(1, 4, 6, 5)
    block(x)
    silence(block.shortcut)
    expected = x
    for layer in (block.first, block.second):
        made = tf.nn.conv2d(expected, layer.kernel.value, 1, "SAME") + layer.bias.value
        expected = tf.maximum(made, 0.2 * made)
    np.testing.assert_allclose(block(x), np.sqrt(0.5) * expected, rtol=1e-4, atol=1e-5)


def test_spectral_norm_is_on_every_kernel_or_on_none():
    x = draw(1, 4, 4, 2)
    for is_on in (True, False):
        block = resnet.DownBlock(3, 2, has_spectral_norm=is_on)
        block(x)
        layers = (block.first, block.second, block.shortcut)
        wrapped = [
            isinstance(one, keras.layers.SpectralNormalization) for one in layers
        ]
        assert wrapped == [is_on] * 3
    assert isinstance(
        resnet.with_spectral_norm(convolution.Conv2D(2, 3)),
        keras.layers.SpectralNormalization,
    )


def test_the_shortcut_of_an_up_block_repeats_pixels():
    block = resnet.UpBlock(2)
    x, style = draw(1, 2, 3, 2), draw(1, 4)
    assert block(x, style).shape == (1, 4, 6, 2)
    silence(block.second)
    block.shortcut.kernel.assign(tf.eye(2))
    repeated = x.numpy().repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(block(x, style), np.sqrt(0.5) * repeated, rtol=1e-5)


@pytest.mark.parametrize("make", [resnet.UpBlock, resnet.ModulatedBlock])
def test_a_style_is_heard_by_its_own_image_only(make):
    block = make(3)
    x, style = draw(2, 4, 4, 3), draw(2, 4)
    made = block(x, style)
    other = block(x, style * [[1.0], [-1.0]])
    np.testing.assert_allclose(made[0], other[0], rtol=1e-5, atol=1e-6)
    assert np.abs(made[1] - other[1]).max() > 1e-3


def test_a_modulated_block_keeps_its_input_and_adds_to_it():
    block = resnet.ModulatedBlock(3)
    x, style = draw(2, 4, 4, 3), draw(2, 4)
    made = block(x, style)
    silence(block.second)
    np.testing.assert_array_equal(block(x, style), x)
    assert np.abs(made - x).max() > 1e-3
