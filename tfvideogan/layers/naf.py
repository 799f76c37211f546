"""The block of NAFNet: a network of image restoration without activation functions.

    x + scale · dense(attention(gate(depthwise 3x3(dense(norm(x))))))     2C -> C
    x + scale · dense(gate(dense(norm(x))))                               2C -> C

The gate multiplies one half of the channels with the other; the attention multiplies each
channel by a number that depends on the means of all. Both scales begin at 0: a new block
changes nothing.

References:
  [1] Chen et al., Simple Baselines for Image Restoration, ECCV 2022, sections 3.2 to 3.5.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

EPSILON = 1e-6
KERNEL = 3


class ChannelNorm(keras.layers.Layer):
    """Layer norm over the channels of each pixel, float32 under any policy.

    Keras' own takes three times as long on a CPU, forwards and backwards.
    """

    def build(self, input_shape: Sequence[int | None]) -> None:
        shape = (input_shape[-1],)
        self.gamma = self.add_weight(shape=shape, initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=shape, initializer="zeros", name="beta")
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Takes and returns [..., C]."""
        wide = tf.cast(x, tf.float32)
        apart = wide - tf.reduce_mean(wide, axis=-1, keepdims=True)
        variance = tf.reduce_mean(tf.square(apart), axis=-1, keepdims=True)
        gamma, beta = (
            tf.cast(tf.convert_to_tensor(one), tf.float32)
            for one in (self.gamma, self.beta)
        )
        made = apart * tf.math.rsqrt(variance + EPSILON) * gamma + beta
        return tf.cast(made, x.dtype)


class NAFBlock(keras.layers.Layer):
    """One block; [N, H, W, C] stays [N, H, W, C].

    Source: figure 2c of [1], with twice the channels within both halves.
    """

    def build(self, input_shape: Sequence[int | None]) -> None:
        channels = input_shape[-1]
        self.norms = [ChannelNorm(), ChannelNorm()]
        self.widen = [keras.layers.Dense(2 * channels) for _ in self.norms]
        self.narrow = [keras.layers.Dense(channels) for _ in self.norms]
        self.depthwise = keras.layers.DepthwiseConv2D(KERNEL, padding="same")
        self.attention = keras.layers.Dense(channels)
        self.scales = [
            self.add_weight(shape=(channels,), initializer="zeros", name=name)
            for name in ("scale_of_space", "scale_of_channels")
        ]
        wide = (*input_shape[:-1], 2 * channels)
        for layer in (*self.norms, *self.widen, *self.narrow, self.attention):
            layer.build(input_shape)
        self.depthwise.build(wide)
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Takes and returns [N, H, W, C]."""
        inner = gated(self.depthwise(self.widen[0](self.norms[0](x))))
        # The mean of many pixels wants float32.
        means = tf.reduce_mean(tf.cast(inner, tf.float32), axis=[1, 2], keepdims=True)
        inner *= tf.cast(self.attention(means), inner.dtype)
        x += self._scaled(self.narrow[0](inner), 0)
        inner = gated(self.widen[1](self.norms[1](x)))
        return x + self._scaled(self.narrow[1](inner), 1)

    def _scaled(self, x: tf.Tensor, half: int) -> tf.Tensor:
        return x * tf.cast(tf.convert_to_tensor(self.scales[half]), x.dtype)


def gated(x: tf.Tensor) -> tf.Tensor:
    """Multiplies the first half of the channels of [..., 2C] with the second."""
    first, second = tf.split(x, 2, axis=-1)
    return first * second
