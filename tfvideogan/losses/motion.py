"""Losses that teach optical flow without ground truth: photometric and smooth.

`flow_t_to_s` is on the grid of frame t, in pixels (dx, dy), and `ops.warp.backward`
with it brings frame s to frame t. Masks say where frame s shows what frame t shows;
get them from `ops.warp.occlusion`, without gradient, or the flow learns to hide.

    visible = 1 - warp.occlusion(flow_t_to_s, flow_s_to_t)
    loss = motion.census(frames_s, frames_t, flow_t_to_s, visible)
    loss += 0.05 * motion.smoothness(flow_t_to_s, frames_t)

All are float32 scalars.

References:
  [1] Meister, Hur, Roth, "UnFlow", AAAI 2018, section 3 (ternary census).
  [2] Jonschkowski et al., "What matters in unsupervised optical flow", ECCV 2020,
      section 3.
"""

import tensorflow as tf

from tfvideogan.core import pixels, shapes
from tfvideogan.ops import masks
from tfvideogan.ops import warp as warp_ops

# [2] takes 150 for images in [0, 1], whose differences are half of ours.
EDGE_SHARPNESS = 75.0
_ROBUST_EPSILON = 1e-3  # [2], pixels
_LENGTH_EPSILON = 1e-4  # square pixels
_CENSUS_RADIUS = 3  # a patch of 7 x 7, [1]
# [1]: differences well below 0.9 of 255 grey levels are noise; ours span [-1, 1].
_CENSUS_NOISE = 0.9 / pixels.HALF_RANGE
_CENSUS_DISTANCE = 0.1  # [1]: where the squared difference of two signs is half charged
# [2]: (distance + 0.01) ** 0.4 lets the many good pixels outvote a few bad ones.
_CENSUS_OFFSET = 0.01
_CENSUS_POWER = 0.4


def warp(
    frames_s: tf.Tensor,
    frames_t: tf.Tensor,
    flow_t_to_s: tf.Tensor,
    visible: tf.Tensor | None = None,
) -> tf.Tensor:
    """Computes the Charbonnier distance of frame t and frame s brought to it.

    Args:
      frames_s: [N, H, W, C] in [-1, 1].
      frames_t: [N, H, W, C] in [-1, 1].
      flow_t_to_s: [N, H, W, 2] pixels, (dx, dy).
      visible: [N, H, W, 1] weights, or None for everything. Samples outside frame s
        never count.

    Returns:
      A float32 scalar, the mean over what counts; 0 if nothing does.

    Raises:
      ValueError: a shape differs from the above.
    """
    warped, weights = _brought(frames_s, frames_t, flow_t_to_s)
    if visible is not None:
        weights *= tf.cast(visible, tf.float32)
    distance = tf.sqrt(
        tf.square(warped - tf.cast(frames_t, tf.float32)) + _ROBUST_EPSILON**2
    )
    return masks.masked_mean(distance, weights)


def census(
    frames_s: tf.Tensor,
    frames_t: tf.Tensor,
    flow_t_to_s: tf.Tensor,
    visible: tf.Tensor | None = None,
) -> tf.Tensor:
    """Compares the soft ternary census of frame t and of frame s brought to it, [1].

    A pixel's census says of each neighbour within 3 pixels whether it is brighter or
    darker: unlike `warp` it does not mind light that changes smoothly.

    Args:
      frames_s: [N, H, W, C] in [-1, 1], C 1 or 3.
      frames_t: [N, H, W, C] in [-1, 1].
      flow_t_to_s: [N, H, W, 2] pixels, (dx, dy).
      visible: [N, H, W, 1] weights, or None for everything. What is within 3 pixels of
        the border, or of a sample outside frame s, never counts.

    Returns:
      A float32 scalar, the mean over what counts; 0 if nothing does, 0.16 if all is
      equal.

    Raises:
      ValueError: a shape differs from the above.
    """
    warped, is_inside = _brought(frames_s, frames_t, flow_t_to_s)
    weights = masks.erode(is_inside, radius=_CENSUS_RADIUS)
    weights *= _away_from_border(weights)
    if visible is not None:
        weights *= tf.cast(visible, tf.float32)
    signs_of_warped = _census_signs(warped)
    signs = _census_signs(tf.cast(frames_t, tf.float32))
    squares = tf.square(signs_of_warped - signs)
    charged = squares / (_CENSUS_DISTANCE + squares)
    distance = tf.reduce_sum(charged, axis=-1, keepdims=True)  # [N, H, W, 1]
    robust = tf.pow(distance + _CENSUS_OFFSET, _CENSUS_POWER)
    return masks.masked_mean(robust, weights)


def smoothness(
    flow: tf.Tensor, frames: tf.Tensor, *, edge_sharpness: float = EDGE_SHARPNESS
) -> tf.Tensor:
    """Charges differences of neighbouring flow vectors, less across edges of the frame.

    Args:
      flow: [N, H, W, 2] pixels, H and W 2 or more.
      frames: [N, H, W, C] in [-1, 1], the frame on whose grid the flow is.
      edge_sharpness: how fast the charge falls with the mean difference of colours.

    Returns:
      A float32 scalar, the mean of sqrt(difference² + 1e-6) · exp(-edge_sharpness ·
      |colour difference|) over rows and columns alike.

    Raises:
      ValueError: a shape differs from the above.
    """
    sizes = shapes.check_shape(frames, "N H W C", name="frames")
    shapes.check_shape(
        flow, "N H W C", name="flow", N=sizes["N"], H=sizes["H"], W=sizes["W"], C=2
    )
    flow = tf.cast(flow, tf.float32)
    frames = tf.cast(frames, tf.float32)
    total = 0.0
    for axis in (1, 2):
        step = _difference(flow, axis)
        edge = tf.reduce_mean(tf.abs(_difference(frames, axis)), -1, keepdims=True)
        charge = tf.sqrt(tf.square(step) + _ROBUST_EPSILON**2)
        total += tf.reduce_mean(charge * tf.exp(-edge_sharpness * edge))
    return total / 2.0


def end_point_distances(flow: tf.Tensor, truth: tf.Tensor) -> tf.Tensor:
    """Computes how far apart two flows lead, pixel by pixel.

    Args:
      flow: [..., 2] pixels.
      truth: the same shape.

    Returns:
      [..., 1] float32 pixels, 0.01 at least, so that slopes are finite.
    """
    apart = tf.cast(flow, tf.float32) - tf.cast(truth, tf.float32)
    squares = tf.reduce_sum(tf.square(apart), axis=-1, keepdims=True)
    return tf.sqrt(squares + _LENGTH_EPSILON)


def _brought(
    frames_s: tf.Tensor, frames_t: tf.Tensor, flow_t_to_s: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Frame s on the grid of t, float32, and where it is known, [N, H, W, 1]."""
    sizes = shapes.check_shape(frames_s, "N H W C", name="frames_s")
    shapes.check_shape(frames_t, "N H W C", name="frames_t", **sizes)
    frames_s = tf.cast(frames_s, tf.float32)
    return warp_ops.backward_with_validity(frames_s, flow_t_to_s)


def _census_signs(frames: tf.Tensor) -> tf.Tensor:
    """How much brighter each neighbour is, squashed to (-1, 1): [N, H, W, 49]."""
    side = 2 * _CENSUS_RADIUS + 1
    light = pixels.luminance(frames)
    # One filter for each neighbour picks it: [side, side, 1, side²].
    pick = tf.reshape(tf.eye(side**2), [side, side, 1, side**2])
    difference = tf.nn.conv2d(light, pick, strides=1, padding="SAME") - light
    return difference / tf.sqrt(tf.square(difference) + _CENSUS_NOISE**2)


def _away_from_border(weights: tf.Tensor) -> tf.Tensor:
    """1 where the whole patch of the census lies inside: [1, H, W, 1]."""
    height, width = tf.shape(weights)[1], tf.shape(weights)[2]
    rows, columns = tf.range(height), tf.range(width)
    first = _CENSUS_RADIUS
    is_inner_row = (rows >= first) & (rows < height - first)
    is_inner_column = (columns >= first) & (columns < width - first)
    is_inner = is_inner_row[:, tf.newaxis] & is_inner_column
    return tf.cast(is_inner, tf.float32)[tf.newaxis, :, :, tf.newaxis]


def _difference(x: tf.Tensor, axis: int) -> tf.Tensor:
    """Next minus this along height (axis 1) or width (axis 2) of [N, H, W, C]."""
    if axis == 1:
        return x[:, 1:] - x[:, :-1]
    return x[:, :, 1:] - x[:, :, :-1]
