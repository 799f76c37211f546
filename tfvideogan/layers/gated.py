"""Gated convolution: every place and channel learns how far it is to be believed.

References:
  [1] Yu et al., Free-Form Image Inpainting with Gated Convolution, 2019, section 3.1.
"""

from collections.abc import Callable

import keras
import tensorflow as tf


class GatedConv2D(keras.layers.Layer):
    """activation(conv(x)) · sigmoid(conv(x)): [N, H, W, C] -> [N, H', W', F].

    Source: equation 2 of [1]; each channel and place has its own gate. The size of the
    image is divided by `strides`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        *,
        strides: int = 1,
        activation: str | Callable[[tf.Tensor], tf.Tensor] | None = None,
        kernel_initializer: str = "glorot_uniform",
        **kwargs: object,
    ) -> None:
        """Creates the two convolutions.

        Args:
          filters: channels F of the output.
          kernel_size: rows and columns of both kernels.
          strides: of rows and columns.
          activation: of the features; none by default.
          kernel_initializer: of both kernels.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        options = {"strides": strides, "padding": "same"}
        options["kernel_initializer"] = kernel_initializer
        self.features = keras.layers.Conv2D(
            filters, kernel_size, activation=activation, **options
        )
        self.gate = keras.layers.Conv2D(
            filters, kernel_size, activation="sigmoid", **options
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Takes [N, H, W, C], returns [N, H', W', F]."""
        return self.features(inputs) * self.gate(inputs)
