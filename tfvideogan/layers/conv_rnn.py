"""Convolutional recurrent cells.

References:
  [1] Ballas et al., Delving Deeper into Convolutional Networks for Learning Video
      Representations, 2016, section 3, equations 10-13 (ConvGRU).
"""

import keras
import tensorflow as tf


class ConvGRUCell(keras.layers.Layer):
    """One step of a convolutional gated recurrent unit.

    The new state is (1 - update) · state + update · candidate; the gates see the inputs
    and the state through 3x3 convolutions. The state stays in (-1, 1).
    Source: equations 10-13 of [1].
    """

    def __init__(self, filters: int, kernel_size: int = 3, **kwargs: object) -> None:
        """Stores the sizes.

        Args:
          filters: channels of the state.
          kernel_size: of every convolution, in pixels.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.gates = keras.layers.Conv2D(
            2 * filters, kernel_size, padding="same", activation="sigmoid"
        )
        self.candidate = keras.layers.Conv2D(
            filters, kernel_size, padding="same", activation="tanh"
        )

    def call(self, inputs: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
        """Takes inputs [N, H, W, C] and state [N, H, W, F]; returns the new state."""
        state = tf.cast(state, inputs.dtype)
        seen = tf.concat([inputs, state], axis=-1)  # [N, H, W, C + F]
        update, reset = tf.split(self.gates(seen), 2, axis=-1)  # [N, H, W, F] each
        seen = tf.concat([inputs, reset * state], axis=-1)  # [N, H, W, C + F]
        candidate = self.candidate(seen)  # [N, H, W, F]
        return state + update * (candidate - state)
