"""Frames to codes: what a scene looks like, and how it moves.

    content = ContentEncoder(...)(frames, valid)    # 1 to 3 frames of one scene
    pairs = PairEncoder(...)(earlier, later)        # what happened between two frames
    posterior = ClipEncoder(...)(pairs)             # the same, knowing the whole clip

A frame paired with itself has a pose and no motion: that is what one context frame tells.

References:
  [1] Zhu et al., CycleGAN, ICCV 2017, appendix 7.2: the convolutions of the content
      encoder. Where we differ: the first one halves, too, which saves half of the time;
      no instance norm, which would take away how bright a scene is; the picture of the
      last frame is handed on, as in [2].
  [2] Villegas et al., MCnet, ICLR 2017, section 3 (content and motion encoders, skips).
  [3] Denton, Fergus, SVG, ICML 2018, section 3 (posterior and learned prior).
"""

from typing import NamedTuple

import keras
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
_FAR_BELOW = -1e9  # a weight of nothing in a softmax


class Content(NamedTuple):
    """What is known of a scene.

    Attributes:
      maps: [N, H/4, W/4, 4w], of all valid frames.
      half: [N, H/2, W/2, 2w], of the last frame.
      frame: [N, H, W, C], the last frame.
      code: [N, D] float32.
    """

    maps: tf.Tensor
    half: tf.Tensor
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
        half, maps = (
            frame_ops.unfold_time(x, num_frames=count)
            for x in self.pictures(frame_ops.fold_time(frames))
        )
        is_last = tf.one_hot(count - 1, count, dtype=tf.float32)
        scores = is_last * self.last_weight.value
        weights = tf.nn.softmax(tf.where(valid, scores, _FAR_BELOW))  # [N, K]
        weights = tf.cast(weights, maps.dtype)[:, :, None, None, None]
        mean = tf.reduce_sum(maps * weights, axis=1)
        return Content(mean, half[:, -1], frames[:, -1], self.code(mean))

    def pictures(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns those of images [M, H, W, C] at a half and a quarter of the sides."""
        half = _leaky(self.stem(tf.cast(images, self.compute_dtype)))
        return half, _leaky(self.down(half))

    def code(self, maps: tf.Tensor) -> tf.Tensor:
        """Returns the content code [N, D] float32 of maps [N, H/4, W/4, 4w]."""
        return tf.cast(self.to_code(tf.reduce_mean(maps, axis=[1, 2])), tf.float32)


class PairEncoder(keras.Model):
    """What happened between two frames; also where things are, for there are places."""

    def __init__(
        self, *, width: int, code_size: int, name: str = "pair_encoder"
    ) -> None:
        """Creates the layers: four halving convolutions, then a mean over places.

        Args:
          width: channels behind the first convolution, doubled by each of the others.
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
        x = tf.concat([earlier, later, later - earlier], axis=-1)
        x = tf.cast(x, self.compute_dtype)
        for layer in self.down:
            # A mean over places forgets them unless they are said.
            x = _leaky(layer(_with_places(x)))
        pooled = tf.reduce_mean(x, axis=[1, 2])
        return tf.cast(self.to_code(pooled), tf.float32)


class Posterior(NamedTuple):
    """What a whole clip tells of its motion.

    Attributes:
      mean: [N, T-1, Z] float32, of the code of each transition.
      log_scale: likewise, logarithm of the standard deviation.
      clip: [N, E] float32, of the motion as a whole.
    """

    mean: tf.Tensor
    log_scale: tf.Tensor
    clip: tf.Tensor


class ClipEncoder(keras.Model):
    """Motion codes of a clip, each with a look at the whole of it, [3]."""

    def __init__(
        self, *, units: int, noise: int, clip_size: int, name: str = "clip_encoder"
    ) -> None:
        """Creates the layers.

        Args:
          units: of the recurrent network in each direction.
          noise: numbers in the code of a transition.
          clip_size: numbers in the code of a clip.
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
        states = self.recurrence(pairs)
        mean, log_scale = moments(self.to_moments(states))
        weights = tf.nn.softmax(self.attention(states), axis=1)
        return Posterior(
            mean, log_scale, self.to_clip(tf.reduce_sum(weights * states, axis=1))
        )


def moments(values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Splits [..., 2 Z] into means and bounded logarithms of standard deviations."""
    mean, log_scale = tf.split(values, 2, axis=-1)
    return mean, tf.clip_by_value(log_scale, *LOG_SCALE_RANGE)


def pairs_of(encoder: PairEncoder, frames: tf.Tensor) -> tf.Tensor:
    """Returns the pair codes [N, T-1, D] of the transitions of [N, T, H, W, C]."""
    codes = encoder(
        frame_ops.fold_time(frames[:, :-1]), frame_ops.fold_time(frames[:, 1:])
    )
    return frame_ops.unfold_time(codes, num_frames=frames.shape[1] - 1)


def _with_places(x: tf.Tensor) -> tf.Tensor:
    """Puts two channels beside [M, H, W, C]: row and column, in [-1, 1]."""
    _, height, width, _ = x.shape
    rows, columns = tf.meshgrid(
        tf.linspace(-1.0, 1.0, height), tf.linspace(-1.0, 1.0, width), indexing="ij"
    )
    places = tf.cast(tf.stack([rows, columns], axis=-1), x.dtype)
    repeated = tf.repeat(places[tf.newaxis], tf.shape(x)[0], axis=0)
    return tf.concat([x, repeated], axis=-1)


def _leaky(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.leaky_relu(x, LEAKY_SLOPE)
