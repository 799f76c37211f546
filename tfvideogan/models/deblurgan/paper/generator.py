"""The published generator, a residual network at a quarter of the size.

    7x7, mirrored                   64      H x W       each convolution but the last is
    3x3 / 2                        128      H/2 x W/2   followed by an instance norm
    3x3 / 2                        256      H/4 x W/4   without weights and a ReLU
    9 x residual block             256      H/4 x W/4
    3x3 x 2, transposed            128      H/2 x W/2
    3x3 x 2, transposed             64      H x W
    7x7, mirrored, tanh              C      H x W
    + the input, cut to [-1, 1]

A residual block is: 3x3 mirrored, norm, ReLU, dropout, 3x3 mirrored, norm, + input. In the
released code an unparenthesised condition leaves 3x3 mirrored, norm, ReLU, dropout and
+ input where there is dropout, as by default: `blocks="one_conv"`, 6,067,459 weights
instead of 11,378,179.

References:
  [1] Kupyn et al., DeblurGAN, CVPR 2018, section 3.1 and figure 3.
  [2] Odena et al., Deconvolution and Checkerboard Artifacts, Distill, 2016 (convolutions of
      enlarged features instead of transposed ones).
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.ops import mirror, resizing

BLOCKS = ("two_conv", "one_conv")
UPSAMPLING = ("transposed", "resize_conv")
NUM_BLOCKS = 9
# Sides are padded to multiples of it: two convolutions halve them.
MULTIPLE = 4
EPSILON = 1e-5  # PyTorch's
DEVIATION = 0.02
OUTER_KERNEL, KERNEL = 7, 3


class PaperGenerator(keras.Model):
    """Makes sharp frames of blurred ones."""

    def __init__(
        self,
        channels: int,
        *,
        width: int = 64,
        blocks: str = "two_conv",
        upsampling: str = "transposed",
        dropout: float = 0.5,
        num_blocks: int = NUM_BLOCKS,
        name: str = "generator",
    ) -> None:
        """Creates the layers.

        Args:
          channels: C of a frame.
          width: channels at full size, 64 in [1].
          blocks: one of `BLOCKS`.
          upsampling: one of `UPSAMPLING`.
          dropout: share of features that each block loses in training.
          num_blocks: number of residual blocks.
          name: of the network.
        """
        super().__init__(name=name)
        self.upsampling, self.dropout = upsampling, dropout
        self.stem = _convolution(width, OUTER_KERNEL)
        self.down = [_convolution(width * by, KERNEL, strides=2) for by in (2, 4)]
        self.blocks = [
            [
                _convolution(4 * width, KERNEL)
                for _ in range(2 if blocks == "two_conv" else 1)
            ]
            for _ in range(num_blocks)
        ]
        make = keras.layers.Conv2DTranspose
        options = {"strides": 2}
        if upsampling == "resize_conv":
            make, options = keras.layers.Conv2D, {}
        self.up = [
            make(width * by, KERNEL, kernel_initializer=_normal(), **options)
            for by in (2, 1)
        ]
        self.to_frame = _convolution(channels, OUTER_KERNEL)

    def call(self, frames: tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Restores frames of any size.

        Args:
          frames: [N, H, W, C] in [-1, 1].
          seed: [2] int32 of the dropout; None for no dropout.

        Returns:
          [N, H, W, C] float32 in [-1, 1].
        """
        height, width = tf.shape(frames)[1], tf.shape(frames)[2]
        given = mirror.padded_to(frames, multiple=MULTIPLE)
        x = _normed(self.stem(_mirrored(given, OUTER_KERNEL // 2)))
        for layer in self.down:
            x = _normed(layer(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])))
        for number, layers in enumerate(self.blocks):
            own = None if seed is None else seeds.fold(seed, "dropout", number)
            x += self._block(layers, x, own)
        for layer in self.up:
            x = _normed(self._enlarged(layer, x))
        made = self.to_frame(_mirrored(x, OUTER_KERNEL // 2))
        made = tf.tanh(tf.cast(made, tf.float32)) + tf.cast(given, tf.float32)
        made = tf.clip_by_value(made, -1.0, 1.0)[:, :height, :width]
        return tf.ensure_shape(made, frames.shape)

    def _block(
        self,
        layers: Sequence[keras.layers.Layer],
        x: tf.Tensor,
        seed: tf.Tensor | None,
    ) -> tf.Tensor:
        x = _normed(layers[0](_mirrored(x, 1)))
        if seed is not None and self.dropout:
            x = tf.nn.experimental.stateless_dropout(
                x, self.dropout, seed, rng_alg=seeds.ALGORITHM
            )
        for layer in layers[1:]:
            x = instance_norm(layer(_mirrored(x, 1)))
        return x

    def _enlarged(self, layer: keras.layers.Layer, x: tf.Tensor) -> tf.Tensor:
        if self.upsampling == "resize_conv":
            return layer(_mirrored(resizing.twice_as_large(x), 1))
        # PyTorch's padding of 1 and output padding of 1: the first of 2 H + 1 rows and
        # columns is left out.
        return layer(x)[:, 1:, 1:]


def instance_norm(x: tf.Tensor) -> tf.Tensor:
    """Brings each channel of each image [N, H, W, C] to mean 0 and variance 1."""
    wide = tf.cast(x, tf.float32)
    apart = wide - tf.reduce_mean(wide, axis=[1, 2], keepdims=True)
    variance = tf.reduce_mean(tf.square(apart), axis=[1, 2], keepdims=True)
    return tf.cast(apart * tf.math.rsqrt(variance + EPSILON), x.dtype)


def _normed(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.relu(instance_norm(x))


def _mirrored(x: tf.Tensor, margin: int) -> tf.Tensor:
    """Adds mirrored rows and columns on all sides."""
    for axis in (1, 2):
        size = tf.shape(x)[axis]
        places = mirror.places(tf.range(-margin, size + margin), size)
        static = x.shape.as_list()
        static[axis] = static[axis] and static[axis] + 2 * margin
        x = tf.ensure_shape(tf.gather(x, places, axis=axis), static)
    return x


def _normal() -> keras.Initializer:
    return keras.initializers.RandomNormal(stddev=DEVIATION)


def _convolution(filters: int, size: int, *, strides: int = 1) -> keras.layers.Conv2D:
    return keras.layers.Conv2D(
        filters, size, strides=strides, kernel_initializer=_normal()
    )
