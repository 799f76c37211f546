"""Pictures, features and flow of several times the size; pixels are areas, not points."""

import tensorflow as tf


def twice_as_large(x: tf.Tensor) -> tf.Tensor:
    """Doubles the sides of [N, H, W, C], bilinearly."""
    return _enlarged(x, 2)


def larger_flow(flow: tf.Tensor, *, by: int = 2) -> tf.Tensor:
    """Multiplies the sides of a flow field, bilinearly, and its vectors.

    Args:
      flow: [N, H, W, 2] pixels.
      by: the factor. Four times is not twice two times: each step smooths.

    Returns:
      [N, by · H, by · W, 2] pixels of the new grid.
    """
    # As many times more pixels are as many times farther.
    return float(by) * _enlarged(flow, by)


def _enlarged(x: tf.Tensor, factor: int) -> tf.Tensor:
    static = [None if size is None else factor * size for size in x.shape[1:3]]
    made = tf.image.resize(x, factor * tf.shape(x)[1:3])
    return tf.cast(tf.ensure_shape(made, [x.shape[0], *static, x.shape[3]]), x.dtype)
