"""Which frames of a clip a frame is filled from."""

from collections.abc import Sequence

import tensorflow as tf

from tfvideogan.ops import mirror


def places(
    time: tf.Tensor | int,
    length: tf.Tensor | int,
    offsets: Sequence[int],
    *,
    beyond_ends: bool,
) -> tf.Tensor:
    """Returns the numbers of the sources of a frame, in the order of the offsets.

    Args:
      time: the frame's number, 0 .. length - 1, a scalar int32.
      length: frames of the clip, a scalar int32.
      offsets: see `options.Options`.
      beyond_ends: likewise. The frame itself is then no source of its own where there is
        another one.

    Returns:
      [S] int32 in 0 .. length - 1.
    """
    time, length = (tf.convert_to_tensor(one, tf.int32) for one in (time, length))
    apart = tf.constant(list(offsets), tf.int32)
    wanted = time + apart
    if not beyond_ends:
        return mirror.places(wanted, length)
    reach = max(map(abs, offsets))
    wanted = tf.where(wanted < 0, time + reach - apart, wanted)
    wanted = tf.where(time + apart >= length, time - reach - apart, wanted)
    found = tf.clip_by_value(wanted, 0, length - 1)
    beside = tf.where(time > 0, time - 1, tf.minimum(1, length - 1))
    return tf.where(found == time, beside, found)
