"""Pixel ranges: uint8 0..255 on disk and on the wire, float32 [-1, 1] in models.

This is the only room that knows how the two are converted.
"""

import tensorflow as tf

MAX_BYTE = 255.0
HALF_RANGE = MAX_BYTE / 2.0
# ITU-R BT.601, the weights of JPEG's luma.
LUMA_WEIGHTS = (0.299, 0.587, 0.114)


def to_float(pixels: tf.Tensor) -> tf.Tensor:
    """Converts uint8 0..255 of any shape to float32 in [-1, 1]."""
    return tf.cast(pixels, tf.float32) / HALF_RANGE - 1.0


def to_uint8(pixels: tf.Tensor) -> tf.Tensor:
    """Converts floats in [-1, 1] of any shape to uint8; clips first, then rounds."""
    scaled = (tf.cast(pixels, tf.float32) + 1.0) * HALF_RANGE
    return tf.cast(tf.round(tf.clip_by_value(scaled, 0.0, MAX_BYTE)), tf.uint8)


def luminance(frames: tf.Tensor) -> tf.Tensor:
    """Returns BT.601 luma [..., 1] in the range of `frames` [..., 1 or 3]."""
    if frames.shape[-1] == 1:
        return frames
    weights = tf.constant(LUMA_WEIGHTS, frames.dtype)
    return tf.reduce_sum(frames * weights, axis=-1, keepdims=True)
