"""The frames that the network sees: the newest d, right-aligned, and which of them exist.

    slot       0      1      2      3        two frames are known, d = 4
    frames    x_0    x_0    x_0    x_1
    valid      0      0      1      1

The newest frame is always in the last slot. Missing slots repeat the oldest known frame,
which moves nothing, and have validity 0: black would be a picture, too.
"""

from typing import NamedTuple

import tensorflow as tf

from tfvideogan.core import seeds

# How often training shows one frame alone, with which every rollout of a still starts: of
# the frames of a rollout it is the first one only, and the hardest.
SHARE_OF_ONE = 0.8


class History(NamedTuple):
    """What is known of N clips.

    Attributes:
      frames: d slots of [N, H, W, C] in [-1, 1], oldest first: apart, so that a rollout
        shifts them without copying any.
      valid: [N, d] float32, 1 where a slot holds a frame of its own.
    """

    frames: tuple[tf.Tensor, ...]
    valid: tf.Tensor


def of_context(context: tf.Tensor, depth: int) -> History:
    """Returns the history of a context of any length.

    Args:
      context: [N, K, H, W, C]; K may be open. Of more than d frames the last d count.
      depth: d.
    """
    count = tf.shape(context)[1]
    number = tf.shape(context)[0]
    last = tf.fill([number], count - 1)
    return of_clips(context, last, tf.fill([number], count), depth)


def of_clips(
    clips: tf.Tensor, last: tf.Tensor, lengths: tf.Tensor, depth: int
) -> History:
    """Returns the histories that end at a frame of each clip.

    Args:
      clips: [N, T, H, W, C].
      last: [N] int32, number of the newest frame.
      lengths: [N] int32, how many frames are known; at most `last` + 1.
      depth: d.
    """
    slots = tf.range(depth) - (depth - 1)  # -(d - 1) .. 0
    times = last[:, tf.newaxis] + slots  # [N, d]
    oldest = tf.maximum(last - lengths + 1, 0)[:, tf.newaxis]
    frames = tf.gather(clips, tf.maximum(times, oldest), axis=1, batch_dims=1)
    frames = tf.ensure_shape(frames, [None, depth, *clips.shape[2:]])
    return History(
        tuple(tf.unstack(frames, axis=1)), tf.cast(times >= oldest, tf.float32)
    )


def shifted(history: History, frame: tf.Tensor) -> History:
    """Appends a frame [N, H, W, C], clipped to [-1, 1], and forgets the oldest slot."""
    frame = tf.clip_by_value(frame, -1.0, 1.0)
    ones = tf.ones_like(history.valid[:, :1])
    valid = tf.concat([history.valid[:, 1:], ones], axis=1)
    return History((*history.frames[1:], frame), valid)


def random_lengths(number: tf.Tensor, depth: int, seed: tf.Tensor) -> tf.Tensor:
    """Samples how many frames are known, [N] int32 in 1 .. d.

    One with probability `SHARE_OF_ONE`, else uniformly any.

    Args:
      number: N.
      depth: d.
      seed: [2] int32.
    """
    is_one = seeds.uniform([number], seeds.fold(seed, "one")) < SHARE_OF_ONE
    lengths = 1 + seeds.integers([number], seeds.fold(seed, "length"), depth)
    return tf.where(is_one, 1, lengths)
