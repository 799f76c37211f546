"""The residual block at constant size.

    conv - norm - activation - conv (- norm), + input

References:
  [1] He et al., Deep Residual Learning for Image Recognition, 2016, section 3.1,
      equation 1.
  [2] Johnson et al., Perceptual Losses for Real-Time Style Transfer and Super-Resolution,
      2016, supplement, table 1 (no activation behind the sum).
"""

from collections.abc import Callable

import keras
import tensorflow as tf


class ResidualBlock(keras.layers.Layer):
    """x + F(x) with F of two convolutions; [N, H, W, C] stays [N, H, W, C].

    Source: equation 1 of [1]; as in [2] nothing follows the sum.
    """

    def __init__(
        self,
        make_convolution: Callable[[], keras.layers.Layer],
        make_norm: Callable[[], keras.layers.Layer],
        activation: Callable[[tf.Tensor], tf.Tensor],
        *,
        has_last_norm: bool = False,
        **kwargs: object,
    ) -> None:
        """Creates the layers.

        Args:
          make_convolution: returns a convolution that keeps size and channels.
          make_norm: returns a normalisation of [N, H, W, C].
          activation: between the convolutions.
          has_last_norm: whether a normalisation follows the second one, too.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.first = make_convolution()
        self.first_norm = make_norm()
        self.second = make_convolution()
        self.second_norm = make_norm() if has_last_norm else None
        self.activation = activation

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Takes and returns [N, H, W, C]."""
        x = self.activation(self.first_norm(self.first(inputs)))
        x = self.second(x)
        return inputs + (x if self.second_norm is None else self.second_norm(x))
