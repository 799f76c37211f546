"""Pictures and features of twice the size."""

import tensorflow as tf


def twice_as_large(x: tf.Tensor) -> tf.Tensor:
    """Doubles the sides of [N, H, W, C], bilinearly; pixels are areas, not corners."""
    static = [None if size is None else 2 * size for size in x.shape[1:3]]
    made = tf.image.resize(x, 2 * tf.shape(x)[1:3])
    return tf.cast(tf.ensure_shape(made, [x.shape[0], *static, x.shape[3]]), x.dtype)


def flow_twice_as_large(flow: tf.Tensor) -> tf.Tensor:
    """Doubles the sides of a flow field [N, H, W, 2] in pixels, and its vectors."""
    return 2.0 * twice_as_large(flow)
