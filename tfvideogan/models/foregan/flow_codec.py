"""How flow enters a network: a number per pixel and direction.

    code = flow_codec.encode_signed(flow, limit)            # what we use
    code = flow_codec.encode_wrapped_legacy(flow, limit)    # what the experiments used

The original clips flow to +-limit, maps it to a byte and adds an offset of the wrong
sign: 128.5 + 6.375 · v for the limit 20. Casting to a byte wraps at 256, so that the
largest motion to the right or downwards, v = limit, becomes 0, next to the largest motion
to the left or upwards, v = -limit, which becomes 1. Every motion beyond the limit is
clipped to it first: all fast motion rightwards is encoded as fast motion leftwards.

Source: VOS-ForeGAN (Palau i Puigdevall, 2020), the flow of its data loader. There the
bytes were also resized as an image, which mixes both sides of the wrap; here they are
not, because flow comes at the size of the frames.
"""

import tensorflow as tf

# 20 pixels in frames 854 pixels wide: the range of the original, as a share of the width.
LIMIT_SHARE = 20.0 / 854.0
_LEVELS = 255.0
_WRAP = 256.0
# The original's offset, in bytes, seen from the value 0: the wrong sign puts it at half
# a turn instead of the middle of the range, 127.5.
_OFFSET = 128.5


def encode_signed(flow: tf.Tensor, limit: float) -> tf.Tensor:
    """Maps flow to (-1, 1), smoothly and monotonically.

    Args:
      flow: [..., H, W, 2] pixels, (dx, dy).
      limit: pixels; the code of this motion is tanh(1) = 0.76.

    Returns:
      [..., H, W, 2] float32.
    """
    return tf.tanh(tf.cast(flow, tf.float32) / limit)


def encode_wrapped_legacy(flow: tf.Tensor, limit: float) -> tf.Tensor:
    """Maps flow to [0, 1] by the original's byte, which wraps.

    Args:
      flow: [..., H, W, 2] pixels, (dx, dy).
      limit: pixels; motion beyond it is clipped.

    Returns:
      [..., H, W, 2] float32, multiples of 1/255; 0 at and above `limit`, 1/255 at `-limit`.
    """
    clipped = tf.clip_by_value(tf.cast(flow, tf.float32), -limit, limit)
    value = tf.floor(clipped * (_LEVELS / (2.0 * limit)) + _OFFSET)
    return tf.math.floormod(value, _WRAP) / _LEVELS
