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

    def __init__(
        self, groups: int = GROUPS, *, is_affine: bool = True, **kwargs: object
    ) -> None:
        """Stores the settings.

        Args:
          groups: how many; the largest divisor that they have in common with the
            channels is taken.
          is_affine: whether each channel then has a gain and a bias of its own.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.groups = groups
        self.is_affine = is_affine

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if self.is_affine:
            shape = (input_shape[-1],)
            self.gain = self.add_weight(shape=shape, initializer="ones", name="gain")
            self.bias = self.add_weight(shape=shape, initializer="zeros", name="bias")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Returns [N, ..., C]; before gain and bias of mean 0 and variance 1 in groups."""
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
        shift = -mean * scale
        if self.is_affine:
            gain, bias = (tf.cast(one, tf.float32) for one in (self.gain, self.bias))
            scale, shift = scale * gain, shift * gain + bias
        made = flat * scale[:, tf.newaxis] + shift[:, tf.newaxis]
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
        self.norm = GroupNorm(groups, is_affine=False)

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
