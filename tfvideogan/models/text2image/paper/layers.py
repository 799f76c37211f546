"""The layers that the published networks are made of, initialised as published.

All kernels are normal with deviation 0.02, gains of batch norm normal about 1 with the same
deviation, and a layer before a batch norm has no bias.

    residual block                            channels
    conv 1x1, batch norm, activation          inner
    conv 3x3, batch norm, activation          inner
    conv 3x3, batch norm; + input; activation as the input
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from tfvideogan.layers import batch_norm, convolution

DEVIATION = 0.02
LEAKY_SLOPE = 0.2


def leaky_relu(x: tf.Tensor) -> tf.Tensor:
    """Rectifies with the published slope."""
    return tf.nn.leaky_relu(x, LEAKY_SLOPE)


def normal() -> keras.Initializer:
    """Returns the initialiser of all kernels."""
    return keras.initializers.RandomNormal(stddev=DEVIATION)


def dense(units: int, *, use_bias: bool = True) -> keras.layers.Dense:
    """Returns a dense layer without activation."""
    return keras.layers.Dense(units, use_bias=use_bias, kernel_initializer=normal())


def conv(
    filters: int,
    kernel_size: int,
    *,
    stride: int = 1,
    padding: int = 0,
    use_bias: bool = False,
) -> convolution.Conv2D:
    """Returns a convolution without activation."""
    return convolution.Conv2D(
        filters,
        kernel_size,
        stride=stride,
        padding=padding,
        use_bias=use_bias,
        kernel_initializer=normal(),
    )


def norm() -> batch_norm.BatchNorm:
    """Returns a batch norm."""
    gains = keras.initializers.RandomNormal(mean=1.0, stddev=DEVIATION)
    return batch_norm.BatchNorm(gamma_initializer=gains)


class Bottleneck(keras.layers.Layer):
    """The residual block of generator and discriminator."""

    def __init__(
        self, inner: int, filters: int, activation: Callable[[tf.Tensor], tf.Tensor]
    ) -> None:
        """Creates the layers.

        Args:
          inner: channels of the first two convolutions.
          filters: channels of input and output.
          activation: behind the first two convolutions, and behind the sum.
        """
        super().__init__()
        self.activation = activation
        self.convolutions = [
            conv(inner, 1),
            conv(inner, 3, padding=1),
            conv(filters, 3, padding=1),
        ]
        self.norms = [norm() for _ in self.convolutions]

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Takes and returns [N, H, W, filters]."""
        x = inputs
        last = len(self.convolutions) - 1
        pairs = zip(self.convolutions, self.norms, strict=True)
        for place, (convolve, normalise) in enumerate(pairs):
            x = normalise(convolve(x), training=training)
            x = x if place == last else self.activation(x)
        return self.activation(inputs + x)
