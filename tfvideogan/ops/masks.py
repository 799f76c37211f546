"""What can be done with masks: means inside, growth, shrinkage, areas.

Masks are [..., H, W, 1], 1 inside, hard or soft. All functions but `binarize` let
gradients through.

    background = masks.erode(1 - foreground_masks, radius=15)
    error = masks.masked_mean(tf.abs(real - fake), background)
"""

import tensorflow as tf

from tfvideogan.core import shapes

_IMAGE_AXES = (-3, -2, -1)


def masked_mean(values: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Averages the values by weight.

    Args:
      values: [..., C] any float dtype.
      mask: weights of a shape that broadcasts to that of `values`, such as [..., 1].

    Returns:
      A float32 scalar, sum(mask · values) / max(sum(mask), 1), where a mask of one
      channel counts once for each channel of the values. 0 if the mask is empty.
    """
    values = tf.cast(values, tf.float32)
    weights = tf.broadcast_to(tf.cast(mask, tf.float32), tf.shape(values))
    # Where nothing weighs, the values may be anything: 0 · inf would be NaN.
    weighed = tf.where(weights > 0, weights * values, 0.0)
    return tf.reduce_sum(weighed) / tf.maximum(tf.reduce_sum(weights), 1.0)


def area(masks: tf.Tensor) -> tf.Tensor:
    """Measures how much of each image is inside.

    Args:
      masks: [..., H, W, 1] in [0, 1].

    Returns:
      [...] float32, the mean of each image: 0 nothing, 1 everything.
    """
    return tf.reduce_mean(tf.cast(masks, tf.float32), axis=_IMAGE_AXES)


def binarize(masks: tf.Tensor, *, threshold: float = 0.5) -> tf.Tensor:
    """Makes soft masks hard; no gradient passes.

    Args:
      masks: any shape, any float dtype.
      threshold: the smallest value that is inside.

    Returns:
      0 or 1 in the shape and dtype of `masks`.
    """
    return tf.cast(masks >= tf.cast(threshold, masks.dtype), masks.dtype)


def dilate(masks: tf.Tensor, *, radius: int) -> tf.Tensor:
    """Grows masks by a square: each pixel takes the maximum of its neighbourhood.

    Args:
      masks: [N, H, W, C] any float dtype.
      radius: half the side of the square, pixels; 0 changes nothing.

    Returns:
      The shape and dtype of `masks`. Beyond the border there is nothing.

    Raises:
      ValueError: `radius` is negative or the rank is not four.
    """
    shapes.check_shape(masks, "N H W C", name="masks")
    if radius < 0:
        raise ValueError(f"`radius` ({radius}) must be 0 or more; see masks.erode.")
    side = 2 * radius + 1
    # A square is a column of rows: 2 · side comparisons instead of side · side.
    rows = tf.nn.max_pool2d(masks, ksize=(1, side), strides=1, padding="SAME")
    return tf.nn.max_pool2d(rows, ksize=(side, 1), strides=1, padding="SAME")


def erode(masks: tf.Tensor, *, radius: int) -> tf.Tensor:
    """Shrinks masks by a square: each pixel takes the minimum of its neighbourhood.

    Args:
      masks: [N, H, W, C] any float dtype.
      radius: half the side of the square, pixels; 0 changes nothing.

    Returns:
      The shape and dtype of `masks`. The border of the image does not eat into a mask.

    Raises:
      ValueError: `radius` is negative or the rank is not four.
    """
    return -dilate(-masks, radius=radius)
