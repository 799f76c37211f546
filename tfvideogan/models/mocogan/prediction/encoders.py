"""Encoders of frames: what a scene looks like, and how it moves.

    content = ContentEncoder(...)(frames, valid)    # 1 to 3 frames of one scene
    pairs = PairEncoder(...)(earlier, later)        # the transition between two frames
    posterior = ClipEncoder(...)(pairs)             # latents of all transitions of a clip

For frames of H x W with C channels, K of them, and of T the T - 1 transitions:

    ContentEncoder, width w             channels   size
    frame                               C          H x W
    conv 7x7 / 2                        2w         H/2 x W/2     skip
    conv 4x4 / 2                        4w         H/4 x W/4
    weighted mean of K frames           4w         H/4 x W/4     maps
    mean of places, dense               D                        code

    PairEncoder, width p
    earlier ‖ later ‖ difference        3C         H x W
    ‖ coordinates, conv 4x4 / 2         p          H/2 x W/2
    ‖ coordinates, conv 4x4 / 2         2p         H/4 x W/4
    ‖ coordinates, conv 4x4 / 2         4p         H/8 x W/8
    ‖ coordinates, conv 4x4 / 2         8p         H/16 x W/16
    mean of places, dense               D                        code

    ClipEncoder, u units
    pair codes                          D          T-1
    bidirectional GRU                   2u         T-1
    dense: mean, log scale              2Z         T-1           latents
    attention over time, dense          E                        clip code

A frame paired with itself has a pose and no motion: all that one context frame shows.

References:
  [1] Zhu et al., CycleGAN, ICCV 2017, appendix 7.2: the convolutions of the content
      encoder. Where we differ: the first one halves, too, which saves half of the time;
      no instance norm, which would take away how bright a scene is; the feature maps of
      the last frame are handed on, as in [2].
  [2] Villegas et al., MCnet, ICLR 2017, section 3 (content and motion encoders, skips).
  [3] Denton, Fergus, SVG, ICML 2018, section 3 (posterior and learned prior).
  [4] Liu et al., An Intriguing Failing of Convolutional Neural Networks and the CoordConv
      Solution, NeurIPS 2018 (coordinates as channels).
"""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfvideogan.layers import convolution
from tfvideogan.ops import frames as frame_ops

LEAKY_SLOPE = 0.2
STEM_KERNEL = 7
# How often the content encoder halves the sides.
NUM_HALVINGS = 2
PAIR_LAYERS = 4
# Logarithms of standard deviations stay within these, so that no code explodes.
LOG_SCALE_RANGE = (-5.0, 2.0)
HE = "he_normal"
_FAR_BELOW = -1e9  # a logit whose softmax is 0


class Content(NamedTuple):
    """What is known of a scene.

    Attributes:
      maps: [N, H/4, W/4, 4w], mean over the valid frames.
      skip: [N, H/2, W/2, 2w], of the last frame.
      frame: [N, H, W, C], the last frame.
      code: [N, D] float32.
    """

    maps: tf.Tensor
    skip: tf.Tensor
    frame: tf.Tensor
    code: tf.Tensor


class ContentEncoder(keras.Model):
    """The look of a scene from one or more of its frames."""

    def __init__(
        self, *, width: int, code_size: int, name: str = "content_encoder"
    ) -> None:
        """Creates the layers.

        Args:
          width: w; channels are 2w at half of the sides, 4w at a quarter.
          code_size: numbers in the content code.
          name: of the network.
        """
        # Frames come in float32 and are cast behind their differences.
        super().__init__(name=name, autocast=False)
        options = {"stride": 2, "kernel_initializer": HE}
        self.stem = convolution.Conv2D(
            2 * width, STEM_KERNEL, padding=STEM_KERNEL // 2, **options
        )
        self.down = convolution.Conv2D(4 * width, 4, padding=1, **options)
        self.to_code = keras.layers.Dense(code_size)
        self.last_weight = self.add_weight(
            shape=(), initializer="zeros", name="last_weight", autocast=False
        )

    def call(self, frames: tf.Tensor, valid: tf.Tensor) -> Content:
        """Encodes scenes.

        Args:
          frames: [N, K, H, W, C] in [-1, 1]; those that are not valid do not count.
          valid: [N, K] bool; the last one must be True.
        """
        count = frames.shape[1]
        flat_skip, flat_maps = self.feature_maps(frame_ops.fold_time(frames))
        skip = frame_ops.unfold_time(
            flat_skip, num_frames=count
        )  # [N, K, H/2, W/2, 2w]
        maps = frame_ops.unfold_time(
            flat_maps, num_frames=count
        )  # [N, K, H/4, W/4, 4w]
        is_last = tf.one_hot(count - 1, count, dtype=tf.float32)
        scores = is_last * self.last_weight.value
        weights = tf.nn.softmax(tf.where(valid, scores, _FAR_BELOW))  # [N, K]
        weights = tf.cast(weights, maps.dtype)[:, :, None, None, None]
        mean = tf.reduce_sum(maps * weights, axis=1)  # [N, H/4, W/4, 4w]
        return Content(mean, skip[:, -1], frames[:, -1], self.code(mean))

    def feature_maps(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns [M, H/2, W/2, 2w] and [M, H/4, W/4, 4w] of images [M, H, W, C]."""
        skip = _leaky(self.stem(tf.cast(images, self.compute_dtype)))
        return skip, _leaky(self.down(skip))

    def code(self, maps: tf.Tensor) -> tf.Tensor:
        """Returns the content code [N, D] float32 of maps [N, H/4, W/4, 4w]."""
        return tf.cast(self.to_code(tf.reduce_mean(maps, axis=[1, 2])), tf.float32)


class PairEncoder(keras.Model):
    """The transition between two frames; also where things are, by coordinates."""

    def __init__(
        self, *, width: int, code_size: int, name: str = "pair_encoder"
    ) -> None:
        """Creates the layers: four halving convolutions, then a mean over places.

        Args:
          width: p, channels behind the first convolution, doubled by each of the others.
          code_size: numbers in a pair's code.
          name: of the network.
        """
        # Frames come in float32 and are cast behind their differences.
        super().__init__(name=name, autocast=False)
        self.down = [
            convolution.Conv2D(
                width * 2**level, 4, stride=2, padding=1, kernel_initializer=HE
            )
            for level in range(PAIR_LAYERS)
        ]
        self.to_code = keras.layers.Dense(code_size)

    def call(self, earlier: tf.Tensor, later: tf.Tensor) -> tf.Tensor:
        """Returns codes [M, D] float32 of pairs of images [M, H, W, C] in [-1, 1]."""
        x = tf.concat([earlier, later, later - earlier], axis=-1)  # [M, H, W, 3C]
        x = tf.cast(x, self.compute_dtype)
        for layer in self.down:
            # A mean over places forgets where things were, unless channels say so.
            x = _leaky(layer(_with_coordinates(x)))
        pooled = tf.reduce_mean(x, axis=[1, 2])  # [M, 8p]
        return tf.cast(self.to_code(pooled), tf.float32)

    def transitions(self, frames: tf.Tensor) -> tf.Tensor:
        """Returns the codes [N, T-1, D] of the transitions of clips [N, T, H, W, C]."""
        codes = self(
            frame_ops.fold_time(frames[:, :-1]), frame_ops.fold_time(frames[:, 1:])
        )  # [N·(T-1), D]
        return frame_ops.unfold_time(codes, num_frames=frames.shape[1] - 1)


class Posterior(NamedTuple):
    """The latents of a clip, whose transitions are all known.

    Attributes:
      mean: [N, T-1, Z] float32, of the latent of each transition.
      log_scale: likewise, logarithm of the standard deviation.
      clip: [N, E] float32, code of the motion as a whole.
    """

    mean: tf.Tensor
    log_scale: tf.Tensor
    clip: tf.Tensor


class ClipEncoder(keras.Model):
    """The posterior of a clip's latents, each given all transitions, [3]."""

    def __init__(
        self, *, units: int, noise: int, clip_size: int, name: str = "clip_encoder"
    ) -> None:
        """Creates the layers.

        Args:
          units: u, of the recurrent network in each direction.
          noise: Z, numbers in the latent of a transition.
          clip_size: E, numbers in the code of a clip.
          name: of the network.
        """
        super().__init__(name=name, dtype="float32")
        self.recurrence = keras.layers.Bidirectional(
            keras.layers.GRU(units, return_sequences=True, dtype="float32"),
            dtype="float32",
        )
        self.to_moments = keras.layers.Dense(2 * noise, dtype="float32")
        self.attention = keras.layers.Dense(1, dtype="float32")
        self.to_clip = keras.layers.Dense(clip_size, dtype="float32")

    def call(self, pairs: tf.Tensor) -> Posterior:
        """Encodes the pair codes [N, T-1, D] of a clip's transitions."""
        states = self.recurrence(pairs)  # [N, T-1, 2u]
        mean, log_scale = moments(self.to_moments(states))
        weights = tf.nn.softmax(self.attention(states), axis=1)  # [N, T-1, 1]
        pooled = tf.reduce_sum(weights * states, axis=1)  # [N, 2u]
        return Posterior(mean, log_scale, self.to_clip(pooled))


def moments(values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Splits [..., 2Z] into means and bounded logarithms of standard deviations."""
    mean, log_scale = tf.split(values, 2, axis=-1)  # two of [..., Z]
    return mean, tf.clip_by_value(log_scale, *LOG_SCALE_RANGE)


def _with_coordinates(x: tf.Tensor) -> tf.Tensor:
    """Adds two channels to [M, H, W, C]: row and column, in [-1, 1], [4]."""
    number, (height, width) = tf.shape(x)[0], x.shape[1:3]
    # By NumPy: a constant of the graph, which has one for each of many calls.
    sides = (np.linspace(-1.0, 1.0, side, dtype=np.float32) for side in (height, width))
    coordinates = tf.cast(
        np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1), x.dtype
    )  # [H, W, 2]
    repeated = tf.broadcast_to(coordinates, [number, height, width, 2])
    return tf.concat([x, repeated], axis=-1)  # [M, H, W, C + 2]


def _leaky(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.leaky_relu(x, LEAKY_SLOPE)
