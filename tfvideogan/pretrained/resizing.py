"""The bilinear resize of TensorFlow 1, by which published scores were computed.

Pixel i of the result is read at i x (old size / new size), without half-pixel centres:
[0, 1, 2, 3] doubled is 0, 0.5, 1, 1.5 ..., where `tf.image.resize` gives 0, 0.25, 0.75 ...
"""

import numpy as np
import tensorflow as tf


def bilinear(images: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Resizes images, without antialiasing.

    Args:
      images: [..., H, W, C] of numbers, H and W static.
      height: of the result, pixels.
      width: of the result, pixels.

    Returns:
      [..., height, width, C] float32 in the range of `images`.
    """
    images = tf.cast(images, tf.float32)
    return _along(_along(images, height, axis=-3), width, axis=-2)


def _along(images: tf.Tensor, length: int, *, axis: int) -> tf.Tensor:
    old_length = images.shape[axis]
    if length == old_length:
        return images
    places = np.arange(length, dtype=np.float32) * np.float32(old_length / length)
    lower = np.floor(places).astype(np.int32)
    upper = np.minimum(lower + 1, old_length - 1)
    share = (places - lower).reshape([length] + [1] * (-axis - 1))
    first = tf.gather(images, lower, axis=axis)
    return first + (tf.gather(images, upper, axis=axis) - first) * share
