"""What the network sees: the newest d frames, right-aligned, and which of them exist.

    slot       0      1      2      3        two frames are known, d = 4
    frames    x_0    x_0    x_0    x_1
    valid      0      0      1      1

The newest frame is always in the last slot. Missing slots repeat the oldest known frame,
which moves nothing, and have validity 0: black would be a picture, too.

An anchor is the newest frame that was given, and the motion since. Whatever was predicted
since can be copied from there at once: resampled once, and not once in every frame, what
things look like does not wear off.
"""

from typing import NamedTuple

import tensorflow as tf

from tfvideogan.core import seeds

# How often training shows one frame alone, with which every rollout of a still starts: of
# the frames of a rollout it is the first one only, and the hardest.
SHARE_OF_ONE = 0.8
# Sizes of an affine motion, see `ops/affine.py`.
MOTION = (2, 3)


class Anchor(NamedTuple):
    """The newest given frame, and the way to it.

    Attributes:
      frame: [N, H, W, C] in [-1, 1].
      motion: [N, 2, 3] float32, affine (`ops/affine.py`), on the grid of the newest frame:
        where in `frame` its pixels come from; 0 where that is the newest frame itself.
    """

    frame: tf.Tensor
    motion: tf.Tensor


class History(NamedTuple):
    """What is known of N clips.

    Attributes:
      frames: d slots of [N, H, W, C] in [-1, 1], oldest first: apart, so that a rollout
        shifts them without copying any.
      valid: [N, d] float32, 1 where a slot holds a frame of its own.
      anchor: for generators that copy from it, else empty.
    """

    frames: tuple[tf.Tensor, ...]
    valid: tf.Tensor
    anchor: Anchor | tuple[()] = ()


def of_context(context: tf.Tensor, depth: int, *, is_anchored: bool = False) -> History:
    """Returns the history of a context of any length.

    Args:
      context: [N, K, H, W, C]; K may be open. Of more than d frames the last d count.
      depth: d.
      is_anchored: whether it has an anchor, its last frame.
    """
    count = tf.shape(context)[1]
    number = tf.shape(context)[0]
    last = tf.fill([number], count - 1)
    return of_clips(
        context, last, tf.fill([number], count), depth, is_anchored=is_anchored
    )


def of_clips(
    clips: tf.Tensor,
    last: tf.Tensor,
    lengths: tf.Tensor,
    depth: int,
    *,
    is_anchored: bool = False,
) -> History:
    """Returns the histories that end at a frame of each clip.

    Args:
      clips: [N, T, H, W, C].
      last: [N] int32, number of the newest frame.
      lengths: [N] int32, how many frames are known; at most `last` + 1.
      depth: d.
      is_anchored: whether they have anchors, their newest frames.
    """
    slots = tf.range(depth) - (depth - 1)  # -(d - 1) .. 0
    times = last[:, tf.newaxis] + slots  # [N, d]
    oldest = tf.maximum(last - lengths + 1, 0)[:, tf.newaxis]
    frames = tf.gather(clips, tf.maximum(times, oldest), axis=1, batch_dims=1)
    frames = tf.ensure_shape(frames, [None, depth, *clips.shape[2:]])
    slots = tuple(tf.unstack(frames, axis=1))
    valid = tf.cast(times >= oldest, tf.float32)
    if not is_anchored:
        return History(slots, valid)
    # The newest frame is its own anchor.
    still = tf.zeros([tf.shape(last)[0], *MOTION])
    return History(slots, valid, Anchor(slots[-1], still))


def shifted(
    history: History,
    frame: tf.Tensor,
    to_anchor: tf.Tensor | None = None,
    *,
    is_given: tf.Tensor | None = None,
) -> History:
    """Appends a frame, clipped to [-1, 1], and forgets the oldest slot.

    Args:
      history: that ends before the frame.
      frame: [N, H, W, C].
      to_anchor: [N, 2, 3], where in the anchor the frame's pixels come from; needed where
        there is an anchor.
      is_given: [N, 1, 1, 1] bool, which frames were given instead of predicted and are
        the anchor from now on; None for none of them.
    """
    frame = tf.clip_by_value(frame, -1.0, 1.0)
    ones = tf.ones_like(history.valid[:, :1])
    valid = tf.concat([history.valid[:, 1:], ones], axis=1)
    anchor = history.anchor
    if anchor:
        anchor = Anchor(anchor.frame, to_anchor)
        if is_given is not None:
            anchor = Anchor(
                tf.where(is_given, frame, anchor.frame),
                tf.where(is_given[..., 0], 0.0, to_anchor),
            )
    return History((*history.frames[1:], frame), valid, anchor)


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
