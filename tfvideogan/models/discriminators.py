"""Discriminators of frames, of clips of any length, and of patches.

    FrameDiscriminator     a few frames of each clip, in full
    ClipDiscriminator      all frames at half their size, beside their differences
    PatchDiscriminator     overlapping patches of whatever one image can hold
    TemporalPatchDiscriminator    likewise of clips, over space and time

`FrameDiscriminator` of 64x64 and width w, and `ClipDiscriminator` of T frames:

    conv 4x4 / 2     w     32x32        mean 2x2, differences           2C   T x 32x32
    down block      2w     16x16        conv 4x4 / 2                    w    T x 16x16
    down block      4w     8x8          down block, conv time 3, T / 2  2w   T/2 x 8x8
    down block      4w     4x4          down block, conv time 3, T / 2  4w   T/4 x 4x4
    sum of places   4w                  mean of times, sum of places    4w
    dense, + projection 1               dense, + projection             1
                                        dense                           categories

Differences, because a frozen clip has none. Space and time are convolved in turn [3], and
the end is a sum over places and a mean over time, so that any size that divides and any
length can be judged, from `least_frames` on: 4 for 64x64, 8 for 128x128. A sum [4], because
in a mean over places a small object would hardly be heard.

References:
  [1] Miyato et al., Spectral Normalization for Generative Adversarial Networks, ICLR 2018.
  [2] Miyato, Koyama, cGANs with Projection Discriminator, ICLR 2018, equation 3.
  [3] Tran et al., A Closer Look at Spatiotemporal Convolutions for Action Recognition,
      CVPR 2018, section 3.5 (convolutions in space, then in time).
  [4] Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis, ICLR
      2019, appendix B (sum over places before the last layer of the discriminator).
  [5] Isola et al., Image-to-Image Translation with Conditional Adversarial Networks, CVPR
      2017, section 3.2.2 (patches).
  [6] Chang et al., Free-form Video Inpainting with 3D Gated Convolution and Temporal
      PatchGAN, ICCV 2019, section 3.3.
"""

import functools
import math

import keras
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import convolution, resnet
from tfvideogan.ops import frames

LEAKY_SLOPE = 0.2
TIME_TAPS = 3
# The smallest feature maps, before all places are added up.
SMALLEST = 4
# Channels do not grow beyond this many times the width.
MOST = 4
# Kernels of `PatchDiscriminator`: those that halve, and the last one.
PATCH_DOWN_KERNEL, PATCH_KERNEL = 4, 3
# `TemporalPatchDiscriminator`, [6]: channels by the width; kernels, strides and zeros of
# time, rows and columns.
CLIP_PATCH_CHANNELS = (1, 2, 4, 4, 4, 4)
CLIP_PATCH = {"kernel_size": (3, 5, 5), "strides": (1, 2, 2), "padding": (1, 2, 2)}


class FrameDiscriminator(keras.Model):
    """Scores frames."""

    def __init__(
        self,
        size: int,
        *,
        width: int,
        projects: bool = False,
        has_spectral_norm: bool = False,
        name: str = "frame_discriminator",
    ) -> None:
        """Creates the layers.

        Args:
          size: the shorter side of a frame, pixels.
          width: channels behind the first layer.
          projects: whether the score depends on a condition, [2].
          has_spectral_norm: whether the norm of each kernel is 1, [1].
          name: of the network.
        """
        super().__init__(name=name)
        self.stem = resnet.with_spectral_norm(
            convolution.Conv2D(width, **resnet.DOWN), has_spectral_norm
        )
        halvings = _halvings(size // 2)
        self.blocks = [
            resnet.DownBlock(
                width * min(2**level, MOST),
                width * min(2 ** (level + 1), MOST),
                has_spectral_norm=has_spectral_norm,
            )
            for level in range(halvings)
        ]
        self.score = resnet.with_spectral_norm(keras.layers.Dense(1), has_spectral_norm)
        self.projects = projects
        if projects:
            embedding = keras.layers.Dense(
                width * min(2**halvings, MOST), use_bias=False
            )
            self.embedding = resnet.with_spectral_norm(embedding, has_spectral_norm)

    def call(
        self,
        images: tf.Tensor,
        condition: tf.Tensor | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Judges images.

        Args:
          images: [N, H, W, C].
          condition: [N, D]; needed if it projects.
          training: moves the spectral norm.

        Returns:
          Logits [N, 1] of being real.
        """
        features = self.features(images, training=training)
        return self.judge(features, condition, training=training)

    def features(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns what `judge` goes by, [N, features], of images [N, H, W, C]."""
        x = tf.nn.leaky_relu(self.stem(images, training=training), LEAKY_SLOPE)
        for block in self.blocks:
            x = block(x, training=training)
        return tf.reduce_sum(x, axis=[1, 2])  # [N, C]

    def judge(
        self,
        pooled: tf.Tensor,
        condition: tf.Tensor | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Returns logits [N, 1] of features; one image may have several conditions."""
        logits = self.score(pooled, training=training)
        if self.projects:
            condition = tf.cast(condition, pooled.dtype)
            embedded = self.embedding(condition, training=training)
            logits += tf.reduce_sum(embedded * pooled, axis=-1, keepdims=True)
        return tf.cast(logits, tf.float32)


class ClipDiscriminator(keras.Model):
    """Scores clips and says which category they show."""

    def __init__(
        self,
        size: int,
        *,
        width: int,
        categories: int = 0,
        projects: bool = False,
        has_spectral_norm: bool = False,
        name: str = "clip_discriminator",
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
        normalised = functools.partial(
            resnet.with_spectral_norm, is_on=has_spectral_norm
        )
        self.stem = normalised(convolution.Conv2D(width, **resnet.DOWN))
        halvings = _halvings(size // 4)
        self.blocks, self.times = [], []
        for level in range(_num_blocks(size)):
            filters = width * min(2 ** (level + 1), MOST)
            self.blocks.append(
                resnet.DownBlock(
                    width * min(2**level, MOST),
                    filters,
                    downsamples=level < halvings,
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
          categories: [N, categories] float, one-hot; needed if it projects.
          training: moves the spectral norm.

        Returns:
          Logits [N, 1] of being real and, if there are categories, [N, categories].
        """
        pooled = self.features(clips, training=training)
        logits = self.judge(pooled, categories, training=training)
        class_logits = None
        if self.category is not None:
            class_logits = tf.cast(self.category(pooled), tf.float32)
        return logits, class_logits

    def features(self, clips: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns what `judge` goes by, [N, features], of clips [N, T, H, W, C]."""
        halved = tf.nn.avg_pool2d(_fold(clips), 2, 2, "VALID")  # [N·T, H/2, W/2, C]
        x = frames.unfold_time(halved, num_frames=clips.shape[1])
        x = tf.concat([x, frames.differences(x)], axis=-1)  # [N, T, H/2, W/2, 2C]
        x = convolution.on_frames(self.stem, x, training=training)
        x = tf.nn.leaky_relu(x, LEAKY_SLOPE)
        for block, time in zip(self.blocks, self.times, strict=True):
            x = convolution.on_frames(block, x, training=training)
            moved = tf.nn.leaky_relu(time(x, training=training), LEAKY_SLOPE)
            x = _halve_time(resnet.HALF_VARIANCE * (x + moved))
        return tf.reduce_sum(tf.reduce_mean(x, axis=1), axis=[1, 2])  # [N, C]

    def judge(
        self,
        pooled: tf.Tensor,
        condition: tf.Tensor | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Returns logits [N, 1] of features; one clip may have several conditions."""
        logits = self.score(pooled, training=training)
        if self.projects:
            condition = tf.cast(condition, pooled.dtype)
            embedded = self.embedding(condition, training=training)
            logits += tf.reduce_sum(embedded * pooled, axis=-1, keepdims=True)
        return tf.cast(logits, tf.float32)


class PatchDiscriminator(keras.Model):
    """Scores overlapping patches of images: convolutions alone, [5]."""

    def __init__(
        self,
        width: int,
        *,
        layers: int = 3,
        has_spectral_norm: bool = True,
        name: str = "patch_discriminator",
    ) -> None:
        """Creates the layers.

        Args:
          width: channels of the first layer; each further one has twice as many.
          layers: number of 4x4 convolutions of stride 2; sides are at least two to the
            power of it.
          has_spectral_norm: whether the norm of each kernel is 1, [1].
          name: of the network.
        """
        super().__init__(name=name)
        normalised = functools.partial(
            resnet.with_spectral_norm, is_on=has_spectral_norm
        )
        self.down = [
            normalised(
                keras.layers.Conv2D(
                    width * 2**level, PATCH_DOWN_KERNEL, strides=2, padding="same"
                )
            )
            for level in range(layers)
        ]
        self.score = normalised(keras.layers.Conv2D(1, PATCH_KERNEL, padding="same"))

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns logits [N, h, w, 1] of images [N, H, W, C], h = H / 2 ** layers.

        They are float32; `training` moves the spectral norm.
        """
        x = images
        for layer in self.down:
            x = tf.nn.leaky_relu(layer(x, training=training), LEAKY_SLOPE)
        return tf.cast(self.score(x, training=training), tf.float32)


class TemporalPatchDiscriminator(keras.Model):
    """Scores patches of clips, overlapping in space and time: T-PatchGAN, [6].

    Six convolutions 3x5x5 with strides 1x2x2 and spectral norm, of 1, 2, 4, 4, 4 and 4
    times the width in channels: 17,833,216 parameters at the published width of 64. As
    published, the last one has as many outputs as the one before it, each of them a
    score; here its kernel is normalised, too.
    """

    def __init__(
        self,
        width: int = 64,
        *,
        has_spectral_norm: bool = True,
        name: str = "temporal_patch_discriminator",
    ) -> None:
        """Creates the layers.

        Args:
          width: channels of the first layer.
          has_spectral_norm: whether the norm of each kernel is 1, [1].
          name: of the network.
        """
        super().__init__(name=name)
        self.convolutions = [
            resnet.with_spectral_norm(
                convolution.Conv3D(width * multiple, **CLIP_PATCH), has_spectral_norm
            )
            for multiple in CLIP_PATCH_CHANNELS
        ]

    def call(self, clips: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns logits [N, T, h, w, 4 x width] of clips [N, T, H, W, C], h = H / 64.

        They are float32, h and w rounded up; `training` moves the spectral norm.
        """
        *inner, last = self.convolutions
        x = clips
        for layer in inner:
            x = tf.nn.leaky_relu(layer(x, training=training), LEAKY_SLOPE)
        return tf.cast(last(x, training=training), tf.float32)


def least_frames(size: int) -> int:
    """Returns the length of the shortest clip that `ClipDiscriminator` can judge.

    Args:
      size: the shorter side of a frame, pixels.
    """
    return 2 ** _num_blocks(size)


def random_frames(clips: tf.Tensor, seed: tf.Tensor, *, count: int = 1) -> tf.Tensor:
    """Picks frames of each clip, for a discriminator that sees a few.

    Args:
      clips: [N, T, H, W, C].
      seed: [2] int32.
      count: K.

    Returns:
      [N, K, H, W, C]; a frame may come twice.
    """
    shape = [tf.shape(clips)[0], count]
    times = seeds.integers(shape, seed, clips.shape[1])
    return tf.gather(clips, times, axis=1, batch_dims=1)


def _halve_time(clips: tf.Tensor) -> tf.Tensor:
    """Means of pairs of frames; an odd last frame is left out."""
    pairs = clips.shape[1] // 2
    shape = [-1, pairs, 2, *clips.shape[2:]]  # [N, T/2, 2, H, W, C]
    return tf.reduce_mean(tf.reshape(clips[:, : 2 * pairs], shape), axis=2)


def _num_blocks(size: int) -> int:
    """Blocks of a `ClipDiscriminator`, each of which halves the time."""
    return max(_halvings(size // 4), 1)


def _halvings(size: int) -> int:
    """How often feature maps can be halved before a side is below the smallest."""
    return max(int(math.log2(size / SMALLEST)), 0) if size else 0


def _fold(clips: tf.Tensor) -> tf.Tensor:
    return tf.reshape(clips, [-1, *clips.shape[2:]])  # [N·T, H, W, C]
