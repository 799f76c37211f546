"""Losses that compare pixel with pixel: of frames, and of soft masks.

All are float32 scalars, means over everything, whatever dtype comes in.

    loss = pixels.masked_l1(real_frames, fake_frames, 1 - foreground_masks)
    loss += pixels.dice_loss(soft_masks, given_masks)

References:
  [1] Lai et al., "Deep Laplacian pyramid networks", CVPR 2017, equation 4.
  [2] Milletari, Navab, Ahmadi, "V-Net", 3DV 2016, section 3.
  [3] Mathieu, Couprie, LeCun, "Deep multi-scale video prediction beyond mean square
      error", ICLR 2016, section 3.3.
"""

import tensorflow as tf

from tfvideogan.ops import masks as mask_ops

CHARBONNIER_EPSILON = 1e-3  # [1]
# One pixel on both sides of the fraction: nothing against nothing is a match.
_DICE_PIXEL = 1.0
# Keeps log from infinity and its slope at 1e6, not so small that float32 forgets it
# beside 1.
_LOG_FLOOR = 1e-6
_IMAGE_AXES = (-3, -2, -1)


def l1(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Computes mean |real - fake|.

    Args:
      real: any shape.
      fake: the same shape.

    Returns:
      A float32 scalar.
    """
    return tf.reduce_mean(tf.abs(_difference(real, fake)))


def coarse_l2(real: tf.Tensor, fake: tf.Tensor, *, block: int) -> tf.Tensor:
    """Computes the mean squared difference of means over blocks of pixels.

    L1 asks for the median: of an object whose place is uncertain it is the ground, and the
    object vanishes. Squares ask for the mean, in which as much of it stays as there is;
    blurring within a block is free.

    Args:
      real: [N, H, W, C], H and W at least `block`; what is left over at the ends does not
        count.
      fake: the same shape.
      block: sides of a block in pixels.

    Returns:
      A float32 scalar.
    """
    means = tf.nn.avg_pool2d(_difference(real, fake), block, block, "VALID")
    return tf.reduce_mean(tf.square(means))


def gradient_difference(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Charges edges that are stronger or weaker than the real ones, [3] with exponent 1.

    Args:
      real: [N, H, W, C], H and W 2 or more.
      fake: the same shape.

    Returns:
      A float32 scalar: the mean of | |step of real| - |step of fake| | over neighbours in
      a row, plus that in a column.
    """
    real, fake = tf.cast(real, tf.float32), tf.cast(fake, tf.float32)
    rows, columns = (
        tf.abs(tf.abs(step(real)) - tf.abs(step(fake)))
        for step in (
            lambda x: x[:, 1:] - x[:, :-1],
            lambda x: x[:, :, 1:] - x[:, :, :-1],
        )
    )
    return tf.reduce_mean(rows) + tf.reduce_mean(columns)


def masked_l1(real: tf.Tensor, fake: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Computes the mean of |real - fake| where the mask is.

    Args:
      real: [..., C].
      fake: the same shape.
      mask: [..., 1] weights, or the shape of `real`.

    Returns:
      A float32 scalar; 0 when the mask is empty. A full mask gives `l1`.
    """
    return mask_ops.masked_mean(tf.abs(_difference(real, fake)), mask)


def charbonnier(
    real: tf.Tensor, fake: tf.Tensor, *, epsilon: float = CHARBONNIER_EPSILON
) -> tf.Tensor:
    """Computes mean sqrt((real - fake)² + epsilon²), the smooth L1 of [1].

    Args:
      real: any shape.
      fake: the same shape.
      epsilon: the width of its round bottom, and its least value.

    Returns:
      A float32 scalar.
    """
    squares = tf.square(_difference(real, fake))
    return tf.reduce_mean(tf.sqrt(squares + epsilon**2))


def dice_loss(masks: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Computes 1 - Dice overlap for each image, and their mean.

    Dice here is (2 sum(m t) + 1) / (sum(m) + sum(t) + 1), which is 1 for two empty
    masks; [2] squares the sums below, which is the same for hard masks.

    Args:
      masks: [..., H, W, 1] soft masks in [0, 1].
      targets: the same shape, in [0, 1].

    Returns:
      A float32 scalar in [0, 1).
    """
    masks = tf.cast(masks, tf.float32)
    targets = tf.cast(targets, tf.float32)
    common = tf.reduce_sum(masks * targets, axis=_IMAGE_AXES)
    total = tf.reduce_sum(masks + targets, axis=_IMAGE_AXES)
    dice = (2.0 * common + _DICE_PIXEL) / (total + _DICE_PIXEL)
    return 1.0 - tf.reduce_mean(dice)


def binary_cross_entropy(masks: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Computes mean -t log m - (1 - t) log(1 - m) of probabilities.

    For masks that have been warped or composed and have no logits any more. A mask
    that is wrong and saturated costs 13.8, has a finite gradient, and is not clipped.

    Args:
      masks: any shape, in [0, 1].
      targets: the same shape, in [0, 1].

    Returns:
      A float32 scalar.
    """
    masks = tf.cast(masks, tf.float32)
    targets = tf.cast(targets, tf.float32)
    inside = targets * _log(masks)
    outside = (1.0 - targets) * _log(1.0 - masks)
    return -tf.reduce_mean(inside + outside)


def binarity(masks: tf.Tensor) -> tf.Tensor:
    """Computes mean m (1 - m), which is 0 for hard masks and 0.25 for undecided ones.

    Args:
      masks: any shape, in [0, 1].

    Returns:
      A float32 scalar.
    """
    masks = tf.cast(masks, tf.float32)
    return tf.reduce_mean(masks * (1.0 - masks))


def area_hinge(
    masks: tf.Tensor, first_masks: tf.Tensor, *, tolerance: float = 0.5
) -> tf.Tensor:
    """Charges masks whose area strays from that of the first one.

    Args:
      masks: [N, T, H, W, 1] or [N, H, W, 1] soft masks in [0, 1].
      first_masks: [N, H, W, 1] given masks. An empty one counts as one pixel.
      tolerance: free relative change, 0.5 for half to one and a half times the area.

    Returns:
      A float32 scalar, mean max(|area / first area - 1| - tolerance, 0).
    """
    areas = tf.reduce_sum(tf.cast(masks, tf.float32), axis=_IMAGE_AXES)
    first_areas = tf.reduce_sum(tf.cast(first_masks, tf.float32), axis=_IMAGE_AXES)
    if areas.shape.rank > first_areas.shape.rank:
        first_areas = first_areas[:, tf.newaxis]  # [N, 1] beside [N, T]
    change = tf.abs(areas / tf.maximum(first_areas, 1.0) - 1.0)
    return tf.reduce_mean(tf.nn.relu(change - tolerance))


def _difference(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    # Cast first: float16 differences of float16 images lose a digit.
    return tf.cast(real, tf.float32) - tf.cast(fake, tf.float32)


def _log(probabilities: tf.Tensor) -> tf.Tensor:
    # 0 at probability 1, where log(p + floor) would be positive.
    return tf.math.log(probabilities * (1.0 - _LOG_FLOOR) + _LOG_FLOOR)
