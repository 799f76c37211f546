"""Flow between any two frames of a clip, followed from each frame to the next."""

from collections.abc import Mapping

import tensorflow as tf

from tfvideogan.ops import warp


def between(
    batch: Mapping[str, tf.Tensor], time: tf.Tensor, place: tf.Tensor
) -> tf.Tensor:
    """Follows the flow of clips from one frame to another.

    Args:
      batch: `forward_flow` and `backward_flow` [N, T-1, H, W, 2] pixels, see `core.clip`.
      time: number of the frame on whose grid the flow lives, a scalar int32.
      place: number of the other frame, likewise.

    Returns:
      [N, H, W, 2] float32 pixels, 0 where both are the same frame.
    """
    forward, backward = batch["forward_flow"], batch["backward_flow"]
    last = forward.shape[1] - 1
    found = tf.zeros_like(forward[:, 0])
    for number in range(forward.shape[1]):
        later = tf.gather(forward, tf.clip_by_value(time + number, 0, last), axis=1)
        before = tf.clip_by_value(time - 1 - number, 0, last)
        earlier = tf.gather(backward, before, axis=1)
        step = tf.where(place > time, later, earlier)
        is_on_the_way = number < tf.abs(place - time)
        found = tf.where(is_on_the_way, warp.compose(found, step), found)
    return found
