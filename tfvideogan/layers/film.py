"""Feature-wise linear modulation: a caption scales and shifts each channel.

    features = FiLM(groups=8)(features, caption)   # [N, H, W, C], [N, D]

References:
  [1] Perez et al., FiLM: Visual Reasoning with a General Conditioning Layer, AAAI 2018,
      equations 1 and 2; gains centred at 1 as in section 7.2 of its supplement.
  [2] Wu, He, Group Normalization, ECCV 2018, equations 2 to 7: of one example, so that an
      answer does not depend on what else is in the batch.
"""

import math

import keras
import tensorflow as tf

GROUPS = 8
# [2]; inside the root, for groups that are constant.
_EPSILON = 1e-5


class GroupNorm(keras.layers.Layer):
    """Normalises groups of channels of each example over time and space, [2]."""

    def __init__(self, groups: int = GROUPS, **kwargs: object) -> None:
        """Stores the settings.

        Args:
          groups: how many; the largest divisor that they have in common with the
            channels is taken.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.groups = groups

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Returns [N, ..., C] of mean 0 and variance 1 in each group."""
        channels = inputs.shape[-1]
        groups = math.gcd(self.groups, channels)
        size = channels // groups
        x = tf.cast(inputs, tf.float32)
        flat = tf.reshape(x, [tf.shape(x)[0], -1, channels])  # [N, T·H·W, C]
        # Sums over places first: they need no transposition of the features.
        means = tf.reduce_mean(flat, axis=1)  # [N, C]
        squares = tf.reduce_mean(tf.square(flat), axis=1)
        mean, square = (
            tf.repeat(
                tf.reduce_mean(tf.reshape(one, [-1, groups, size]), axis=2),
                size,
                axis=1,
            )
            for one in (means, squares)
        )  # [N, C]
        scale = tf.math.rsqrt(tf.nn.relu(square - tf.square(mean)) + _EPSILON)
        made = flat * scale[:, tf.newaxis] - (mean * scale)[:, tf.newaxis]
        return tf.cast(tf.reshape(made, tf.shape(inputs)), inputs.dtype)


class FiLM(keras.layers.Layer):
    """norm(x) · (1 + gain(condition)) + bias(condition), [1] behind [2]."""

    def __init__(self, groups: int = GROUPS, **kwargs: object) -> None:
        """Stores the settings.

        Args:
          groups: see `GroupNorm`.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.norm = GroupNorm(groups)

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
        shape = [-1, *ones, 2 * inputs.shape[-1]]
        film = tf.reshape(self.to_film(condition), shape)  # [N, 1, .., 1, 2C]
        gain, bias = tf.split(film, 2, axis=-1)
        return self.norm(inputs) * (1.0 + gain) + bias
