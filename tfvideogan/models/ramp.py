"""What grows with training: from 0 to 1 over some of its steps."""

import tensorflow as tf


def linear(step: tf.Tensor, *, start: int, length: int) -> tf.Tensor:
    """Returns 0 up to a step, then what grows evenly, then 1.

    Args:
      step: scalar integer, training steps done.
      start: the last step with 0.
      length: steps from there to the first with 1; at least 1.

    Returns:
      A float32 scalar in [0, 1].
    """
    since = tf.cast(step - start, tf.float32)
    return tf.clip_by_value(since / max(length, 1), 0.0, 1.0)
