"""Residual blocks that resample: those of discriminators down, of generators up.

    DownBlock          conv 3x3, conv 4x4 / 2   beside   2x2 mean, dense
    UpBlock            conv 3x3, x2 conv 3x3    beside   dense, x2; modulated by a style
    ModulatedBlock     conv 3x3, conv 3x3       beside   the input; modulated by a style

Leaky rectifiers; a sum of two branches is scaled so that its variance stays.

References:
  [1] He et al., Deep Residual Learning for Image Recognition, CVPR 2016, section 3.2.
  [2] Karras et al., Analyzing and Improving the Image Quality of StyleGAN, CVPR 2020,
      section 4.1 (residual discriminator; the root of a half).
  [3] He et al., Identity Mappings in Deep Residual Networks, ECCV 2016 (activations before
      convolutions: `ModulatedBlock`).
"""

import math

import keras
import tensorflow as tf

from tfvideogan.layers import convolution, modulated

LEAKY_SLOPE = 0.2
# Halving convolutions, 4 / 2 / 1, and those that keep the size.
DOWN = {"kernel_size": 4, "stride": 2, "padding": 1}
KEEP = {"kernel_size": 3, "padding": 1}
HALF_VARIANCE = math.sqrt(0.5)


def with_spectral_norm(layer: keras.layers.Layer, is_on: bool = True) -> keras.Layer:
    """Wraps a layer, so that the spectral norm of its kernel is 1, or leaves it."""
    return keras.layers.SpectralNormalization(layer) if is_on else layer


class DownBlock(keras.layers.Layer):
    """Residual block of a discriminator: halves the sides of images, or keeps them."""

    def __init__(
        self,
        inner: int,
        filters: int,
        *,
        downsamples: bool = True,
        has_spectral_norm: bool = False,
    ) -> None:
        """Creates the layers.

        Args:
          inner: channels between the two convolutions.
          filters: channels of the output.
          downsamples: whether the sides are halved.
          has_spectral_norm: whether the norm of each kernel is 1.
        """
        super().__init__()
        self.downsamples = downsamples
        self.first, self.second, self.shortcut = (
            with_spectral_norm(layer, has_spectral_norm)
            for layer in (
                convolution.Conv2D(inner, **KEEP),
                convolution.Conv2D(filters, **DOWN if downsamples else KEEP),
                keras.layers.Dense(filters, use_bias=False),
            )
        )

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps [N, H, W, C] to [N, H/2, W/2, F]; `training` moves the spectral norm."""
        inner = tf.nn.leaky_relu(self.first(x, training=training), LEAKY_SLOPE)
        inner = tf.nn.leaky_relu(self.second(inner, training=training), LEAKY_SLOPE)
        if self.downsamples:
            x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
        return HALF_VARIANCE * (self.shortcut(x, training=training) + inner)


class UpBlock(keras.layers.Layer):
    """Residual block of a generator: doubles the sides of images, under a style."""

    def __init__(self, filters: int) -> None:
        """Creates the layers for so many output channels."""
        super().__init__()
        self.first = modulated.ModulatedConv(filters)
        self.second = modulated.ModulatedConv(filters, upsamples=True)
        self.shortcut = keras.layers.Dense(filters, use_bias=False)

    def call(self, x: tf.Tensor, style: tf.Tensor) -> tf.Tensor:
        """Maps [M, H, W, C] and styles [M, D] to [M, 2H, 2W, F]."""
        inner = self.first(x, style)
        inner = tf.nn.leaky_relu(inner, LEAKY_SLOPE)
        inner = self.second(inner, style)
        inner = tf.nn.leaky_relu(inner, LEAKY_SLOPE)
        return HALF_VARIANCE * (repeat_pixels(self.shortcut(x)) + inner)


class ModulatedBlock(keras.layers.Layer):
    """Residual block of a generator that keeps size and channels, under a style."""

    def __init__(self, filters: int) -> None:
        """Creates the layers; `filters` are the channels of input and output."""
        super().__init__()
        self.first = modulated.ModulatedConv(filters)
        self.second = modulated.ModulatedConv(filters)

    def call(self, x: tf.Tensor, style: tf.Tensor) -> tf.Tensor:
        """Maps [M, H, W, F] and styles [M, D] to [M, H, W, F]."""
        inner = tf.nn.leaky_relu(x, LEAKY_SLOPE)
        inner = self.first(inner, style)
        inner = tf.nn.leaky_relu(inner, LEAKY_SLOPE)
        return x + self.second(inner, style)


def repeat_pixels(images: tf.Tensor) -> tf.Tensor:
    """Doubles images [M, H, W, C] by repeating pixels."""
    _, height, width, channels = images.shape
    apart = images[:, :, tf.newaxis, :, tf.newaxis]  # [M, H, 1, W, 1, C]
    shape = [tf.shape(images)[0], height, 2, width, 2, channels]
    wide = tf.broadcast_to(apart, shape)
    return tf.reshape(wide, [-1, 2 * height, 2 * width, channels])  # [M, 2H, 2W, C]
