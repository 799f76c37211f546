"""Feature-wise linear modulation: a caption scales and shifts each channel.

    features = FiLM()(features, caption)   # [N, H, W, C], [N, D]

References:
  [1] Perez et al., FiLM: Visual Reasoning with a General Conditioning Layer, AAAI 2018,
      equations 1 and 2; gains are centred at 1.
"""

import keras
import tensorflow as tf


class FiLM(keras.layers.Layer):
    """x · (1 + gain(condition)) + bias(condition), [1]."""

    def build(
        self,
        inputs_shape: tuple[int | None, ...],
        condition_shape: tuple[int | None, ...],
    ) -> None:
        self.to_film = keras.layers.Dense(2 * inputs_shape[-1])
        self.to_film.build(condition_shape)

    def call(self, inputs: tf.Tensor, condition: tf.Tensor) -> tf.Tensor:
        """Modulates features.

        Args:
          inputs: [N, ..., C].
          condition: [N, D].

        Returns:
          As `inputs`.
        """
        ones = [1] * (inputs.shape.rank - 2)
        film = tf.cast(self.to_film(condition), inputs.dtype)
        gain, bias = (
            tf.reshape(one, [-1, *ones, inputs.shape[-1]])  # [N, 1, .., 1, C]
            for one in tf.split(film, 2, axis=-1)
        )
        return inputs * (1.0 + gain) + bias
