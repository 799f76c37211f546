"""Residual critics, with spectral norm or without, for frames and clips of any length.

The frame critic sees a few frames of each clip in full. The clip critic sees all frames at
half their size, beside their differences: a frozen clip has none. Space and time are
convolved in turn, and the end is a sum over places and a mean over time, so that any size
that divides and any length can be judged, from `least_frames` on: 4 for 64x64, 8 for
128x128. A sum [4], because in a mean over places a small object would hardly be heard.

Spectral norm [1] bounds what a place can say. On small moving shapes the class head of a
normalised clip critic was at chance after a thousand steps (weight 0.1, rate 4e-4), and
after 250 at ten times the weight and a rate of 1e-3, where the same critic without it had
begun to learn after 200. R1 then has to hold the critic back.

References:
  [1] Miyato et al., Spectral Normalization for Generative Adversarial Networks, ICLR 2018.
  [2] Miyato, Koyama, cGANs with Projection Discriminator, ICLR 2018, equation 3.
  [3] Tran et al., A Closer Look at Spatiotemporal Convolutions for Action Recognition,
      CVPR 2018, section 3.5 (convolutions in space, then in time).
  [4] Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis, ICLR
      2019, appendix B (sum over places before the last layer of the discriminator).
"""

import math
from collections.abc import Callable

import keras
import tensorflow as tf

from tfvideogan.layers import convolution
from tfvideogan.ops import frames

LEAKY_SLOPE = 0.2
# Halving convolutions, 4 / 2 / 1, and those that keep the size.
DOWN = {"kernel_size": 4, "stride": 2, "padding": 1}
KEEP = {"kernel_size": 3, "padding": 1}
TIME_TAPS = 3
# The smallest picture, before all places are added up.
SMALLEST = 4
# Channels do not grow beyond this many times the width.
MOST = 4
HALF_VARIANCE = math.sqrt(0.5)


class FrameDiscriminator(keras.Model):
    """Scores frames."""

    def __init__(
        self,
        size: int,
        *,
        width: int,
        has_spectral_norm: bool,
        name: str = "image_critic",
    ) -> None:
        """Creates the layers.

        Args:
          size: the shorter side of a frame, pixels.
          width: channels behind the first layer.
          has_spectral_norm: whether the norm of each kernel is 1, [1].
          name: of the network.
        """
        super().__init__(name=name)
        normalised = _normaliser(has_spectral_norm)
        self.stem = normalised(convolution.Conv2D(width, **DOWN))
        self.blocks = [
            DownBlock(
                width * min(2**level, MOST),
                width * min(2 ** (level + 1), MOST),
                has_spectral_norm=has_spectral_norm,
            )
            for level in range(_halvings(size // 2))
        ]
        self.score = normalised(keras.layers.Dense(1))

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns logits [N, 1] of images [N, H, W, C]; `training` moves the norm."""
        x = tf.nn.leaky_relu(self.stem(images, training=training), LEAKY_SLOPE)
        for block in self.blocks:
            x = block(x, training=training)
        pooled = tf.reduce_sum(x, axis=[1, 2])
        return tf.cast(self.score(pooled, training=training), tf.float32)


class ClipDiscriminator(keras.Model):
    """Scores clips and says which category they show."""

    def __init__(
        self,
        size: int,
        *,
        width: int,
        categories: int,
        projects: bool,
        has_spectral_norm: bool,
        name: str = "video_critic",
    ) -> None:
        """Creates the layers.

        Args:
          size: the shorter side of a frame, pixels.
          width: channels behind the first layer.
          categories: number of categories, 0 for none.
          projects: whether the score depends on a clip's category, [2].
          has_spectral_norm: whether the norm of each kernel is 1, [1].
          name: of the network.
        """
        super().__init__(name=name)
        self.projects = projects
        normalised = _normaliser(has_spectral_norm)
        self.stem = normalised(convolution.Conv2D(width, **DOWN))
        halvings = _halvings(size // 4)
        self.blocks, self.times = [], []
        for level in range(_num_blocks(size)):
            filters = width * min(2 ** (level + 1), MOST)
            self.blocks.append(
                DownBlock(
                    width * min(2**level, MOST),
                    filters,
                    halves=level < halvings,
                    has_spectral_norm=has_spectral_norm,
                )
            )
            self.times.append(normalised(convolution.TimeConv(filters, TIME_TAPS)))
        self.score = normalised(keras.layers.Dense(1))
        if projects:
            self.embedding = normalised(keras.layers.Dense(filters, use_bias=False))
        self.category = keras.layers.Dense(categories) if categories else None

    def call(
        self,
        clips: tf.Tensor,
        categories: tf.Tensor | None = None,
        training: bool = False,
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Judges clips.

        Args:
          clips: [N, T, H, W, C], T at least `least_frames`.
          categories: [N, categories] float, one-hot; needed if the critic projects.
          training: moves the spectral norm.

        Returns:
          Logits [N, 1] of being real and, if there are categories, [N, categories].
        """
        x = frames.unfold_time(
            tf.nn.avg_pool2d(_fold(clips), 2, 2, "VALID"), num_frames=clips.shape[1]
        )
        x = tf.concat([x, frames.differences(x)], axis=-1)
        x = convolution.on_frames(self.stem, x, training=training)
        x = tf.nn.leaky_relu(x, LEAKY_SLOPE)
        for block, time in zip(self.blocks, self.times, strict=True):
            x = convolution.on_frames(block, x, training=training)
            moved = tf.nn.leaky_relu(time(x, training=training), LEAKY_SLOPE)
            x = _halve_time(HALF_VARIANCE * (x + moved))
        pooled = tf.reduce_sum(tf.reduce_mean(x, axis=1), axis=[1, 2])  # [N, C]
        logits = self.score(pooled, training=training)
        if self.projects:
            seen = self.embedding(tf.cast(categories, x.dtype), training=training)
            logits += tf.reduce_sum(seen * pooled, axis=-1, keepdims=True)
        classes = None
        if self.category is not None:
            classes = tf.cast(self.category(pooled), tf.float32)
        return tf.cast(logits, tf.float32), classes


def least_frames(size: int) -> int:
    """Returns the length of the shortest clip that a critic for `size` can judge.

    Args:
      size: the shorter side of a frame, pixels.
    """
    return 2 ** _num_blocks(size)


class DownBlock(keras.layers.Layer):
    """Halves the sides, or keeps them, with a shortcut."""

    def __init__(
        self,
        inner: int,
        filters: int,
        *,
        has_spectral_norm: bool,
        halves: bool = True,
    ) -> None:
        """Creates the layers: `inner` channels, then `filters` at half the sides."""
        super().__init__()
        self.halves = halves
        normalised = _normaliser(has_spectral_norm)
        self.first = normalised(convolution.Conv2D(inner, **KEEP))
        self.second = normalised(
            convolution.Conv2D(filters, **DOWN if halves else KEEP)
        )
        self.shortcut = normalised(keras.layers.Dense(filters, use_bias=False))

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        inner = tf.nn.leaky_relu(self.first(x, training=training), LEAKY_SLOPE)
        inner = tf.nn.leaky_relu(self.second(inner, training=training), LEAKY_SLOPE)
        if self.halves:
            x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
        return HALF_VARIANCE * (self.shortcut(x, training=training) + inner)


def _halve_time(clips: tf.Tensor) -> tf.Tensor:
    """Means of pairs of frames; an odd last frame is left out."""
    pairs = clips.shape[1] // 2
    shape = [-1, pairs, 2, *clips.shape[2:]]
    return tf.reduce_mean(tf.reshape(clips[:, : 2 * pairs], shape), axis=2)


def _num_blocks(size: int) -> int:
    """Blocks of a clip critic, each of which halves the time."""
    return max(_halvings(size // 4), 1)


def _halvings(size: int) -> int:
    """How often a picture can be halved before its side is below the smallest."""
    return max(int(math.log2(size / SMALLEST)), 0) if size else 0


def _fold(clips: tf.Tensor) -> tf.Tensor:
    return tf.reshape(clips, [-1, *clips.shape[2:]])


def _normaliser(has_spectral_norm: bool) -> Callable[[keras.layers.Layer], keras.Layer]:
    """What wraps a layer in spectral norm, or leaves it as it is."""
    return keras.layers.SpectralNormalization if has_spectral_norm else _as_it_is


def _as_it_is(layer: keras.layers.Layer) -> keras.layers.Layer:
    return layer
