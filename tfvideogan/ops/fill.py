"""Fills holes of images from their surroundings by averages: quick, flat inside.

Source: the push-pull scheme of Gortler et al., The Lumigraph, 1996, section 3.4.1, with
box averages: pushing averages the visible pixels level by level, pulling takes the
coarser level, interpolated bilinearly, wherever a level has none.
"""

import tensorflow as tf

from tfvideogan.core import shapes

MIN_WEIGHT = 1e-4


def push_pull(images: tf.Tensor, visible: tf.Tensor) -> tf.Tensor:
    """Replaces invisible pixels by ever coarser averages of visible ones.

    Args:
      images: [N, H, W, C] float.
      visible: [N, H, W, 1] in [0, 1], 1 = keep.

    Returns:
      [N, H, W, C]; pixels with `visible` 1 are unchanged; zero if nothing is visible.
    """
    shapes.check_shape(images, "N H W C", name="images")
    shapes.check_shape(visible, "N H W C", name="visible", C=1)
    return _fill(images * visible, visible)


def _fill(weighted: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Fills an image given as (colour times weight, weight)."""
    height, width = weights.shape[1:3]
    if height == 1 and width == 1:
        return weighted / tf.maximum(weights, MIN_WEIGHT)
    coarse = _fill(_halve(weighted), _halve(weights))
    double = (2 * coarse.shape[1], 2 * coarse.shape[2])
    coarse = tf.image.resize(coarse, double, "bilinear")
    if double != (height, width):
        coarse = coarse[:, :height, :width]
    return weighted + (1.0 - weights) * coarse


def _halve(images: tf.Tensor) -> tf.Tensor:
    return tf.nn.avg_pool2d(images, 2, 2, "SAME")
