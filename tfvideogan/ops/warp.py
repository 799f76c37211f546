"""Warps by optical flow, bilinear, and what follows from them.

Flow is measured in pixels of its own grid, (dx, dy), x to the right and y downwards.
`flow_t_to_s` lives on the grid of frame t and says where each of its pixels went in
frame s, therefore

    backward(frames_s, flow_t_to_s)            # looks like frames_t
    compose(flow_t_to_s, flow_s_to_r)          # is flow_t_to_r
    occlusion(flow_t_to_s, flow_s_to_t)        # 1 where frames_s shows nothing of it

Coordinates are float32 whatever the dtype of the images: bfloat16 cannot tell pixel 257
from pixel 258. A sample outside the image takes the nearest border pixel and passes no
gradient to the flow. A NaN in the flow gives a NaN in the result, never a crash.

The four neighbours come from one `tf.gather` on flattened pixels, the form that runs
alike in eager mode, in graphs and in XLA.

References:
  [1] Sundaram, Brox, Keutzer, "Dense point trajectories by GPU-accelerated large
      displacement optical flow", ECCV 2010, section 3.
  [2] tensorflow-addons 0.23, `tfa.image.dense_image_warp`.
"""

import tensorflow as tf

from tfvideogan.core import shapes

# Equation 5 of [1]: |f + b(f)|^2 < 0.01 (|f|^2 + |b(f)|^2) + 0.5, in squared pixels.
CONSISTENCY_SLOPE = 0.01
CONSISTENCY_OFFSET = 0.5
# The equation after it: |grad u|^2 + |grad v|^2 > 0.01 |f|^2 + 0.002.
BOUNDARY_SLOPE = 0.01
BOUNDARY_OFFSET = 0.002


def backward(images: tf.Tensor, flow: tf.Tensor) -> tf.Tensor:
    """Samples the images at p + flow(p), bilinearly, with the border repeated.

    Args:
      images: [N, H, W, C] any float dtype.
      flow: [N, H, W, 2] pixels, (dx, dy).

    Returns:
      [N, H, W, C] in the dtype of `images`.

    Raises:
      ValueError: a shape differs from the above.
    """
    _check_pair(images, flow)
    columns, rows = _sample_points(flow)
    return _sample(images, rows, columns)


def backward_with_validity(
    images: tf.Tensor, flow: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Warps as `backward` does and tells which samples lie inside the image.

    Args:
      images: [N, H, W, C] any float dtype.
      flow: [N, H, W, 2] pixels, (dx, dy).

    Returns:
      The warped images [N, H, W, C] in the dtype of `images`, and [N, H, W, 1] float32:
      1 where p + flow(p) lies within the pixel centres of the border, 0 elsewhere.

    Raises:
      ValueError: a shape differs from the above.
    """
    _check_pair(images, flow)
    columns, rows = _sample_points(flow)
    height, width = _size(flow)
    is_inside = (
        (columns >= 0)
        & (columns <= tf.cast(width - 1, tf.float32))
        & (rows >= 0)
        & (rows <= tf.cast(height - 1, tf.float32))
    )
    validity = tf.cast(is_inside, tf.float32)[..., tf.newaxis]  # [N, H, W, 1]
    return _sample(images, rows, columns), validity


def backward_into_zeros(images: tf.Tensor, flow: tf.Tensor) -> tf.Tensor:
    """Samples the images at p + flow(p), bilinearly, with zeros beyond the border.

    Half a pixel outside, a sample has half of the border's value. A flow of 0 changes
    nothing: corners are aligned, as PyTorch's `grid_sample` had them before 1.3.

    Args:
      images: [N, H, W, C] any float dtype.
      flow: [N, H, W, 2] pixels, (dx, dy).

    Returns:
      [N, H, W, C] in the dtype of `images`.

    Raises:
      ValueError: a shape differs from the above.
    """
    _check_pair(images, flow)
    # The repeated border of the larger image is a border of zeros.
    margins = [[0, 0], [1, 1], [1, 1], [0, 0]]
    warped = backward(tf.pad(images, margins), tf.pad(flow, margins))
    return tf.ensure_shape(warped[:, 1:-1, 1:-1], images.shape)


def compose(flow_t_to_s: tf.Tensor, flow_s_to_r: tf.Tensor) -> tf.Tensor:
    """Follows the first flow, then the second.

    Args:
      flow_t_to_s: [N, H, W, 2] pixels, on the grid of t.
      flow_s_to_r: [N, H, W, 2] pixels, on the grid of s.

    Returns:
      flow_t_to_r: [N, H, W, 2] float32 pixels, on the grid of t. Beyond the border of s
      the second flow is that of the nearest border pixel.

    Raises:
      ValueError: a shape differs from the above.
    """
    flow_s_to_r = tf.cast(flow_s_to_r, tf.float32)
    return tf.cast(flow_t_to_s, tf.float32) + backward(flow_s_to_r, flow_t_to_s)


def occlusion(flow: tf.Tensor, reverse_flow: tf.Tensor) -> tf.Tensor:
    """Finds the pixels that cannot be seen in the other frame.

    A pixel is occluded when following the flow there and the reverse flow back does not
    return to it (equation 5 of [1]), or when it leaves the image. [1] has no second
    condition because it stops a trajectory there.

    Args:
      flow: [N, H, W, 2] pixels, t to s on the grid of t.
      reverse_flow: [N, H, W, 2] pixels, s to t on the grid of s.

    Returns:
      [N, H, W, 1] float32 on the grid of t: 1 occluded, 0 visible. No gradient.

    Raises:
      ValueError: a shape differs from the above.
    """
    flow = tf.stop_gradient(tf.cast(flow, tf.float32))
    reverse_flow = tf.stop_gradient(tf.cast(reverse_flow, tf.float32))
    way_back, is_inside = backward_with_validity(reverse_flow, flow)
    gap = _squared_length(flow + way_back)
    allowed = CONSISTENCY_SLOPE * (_squared_length(flow) + _squared_length(way_back))
    is_consistent = tf.cast(gap < allowed + CONSISTENCY_OFFSET, tf.float32)
    return 1.0 - is_consistent * is_inside


def motion_boundaries(flow: tf.Tensor) -> tf.Tensor:
    """Finds the pixels whose neighbour to the right or below moves otherwise.

    The second condition of [1] under which a trajectory stops: there an estimate of the
    flow is often wrong.

    Args:
      flow: [N, H, W, 2] pixels.

    Returns:
      [N, H, W, 1] float32: 1 at a boundary. No gradient. Beyond the border lies nothing
      new.

    Raises:
      ValueError: the shape of `flow` differs from the above.
    """
    shapes.check_shape(flow, "N H W C", name="flow", C=2)
    flow = tf.stop_gradient(tf.cast(flow, tf.float32))
    down = tf.pad(flow[:, 1:] - flow[:, :-1], [[0, 0], [0, 1], [0, 0], [0, 0]])
    right = tf.pad(flow[:, :, 1:] - flow[:, :, :-1], [[0, 0], [0, 0], [0, 1], [0, 0]])
    change = _squared_length(down) + _squared_length(right)
    allowed = BOUNDARY_SLOPE * _squared_length(flow) + BOUNDARY_OFFSET
    return tf.cast(change > allowed, tf.float32)


def resize_flow(flow: tf.Tensor, *, height: int, width: int) -> tf.Tensor:
    """Resizes a flow field and its vectors with it.

    Args:
      flow: [N, H, W, 2] pixels of the old grid, (dx, dy).
      height: new height, pixels.
      width: new width, pixels.

    Returns:
      [N, height, width, 2] float32 pixels of the new grid; smoothed when shrinking.

    Raises:
      ValueError: the shape of `flow` differs from the above.
    """
    shapes.check_shape(flow, "N H W C", name="flow", C=2)
    flow = tf.cast(flow, tf.float32)
    old_height, old_width = _size(flow)
    scale = tf.cast([width / old_width, height / old_height], tf.float32)  # (dx, dy)
    return tf.image.resize(flow, [height, width], antialias=True) * scale


def dense_image_warp(images: tf.Tensor, flow: tf.Tensor) -> tf.Tensor:
    """Warps with the convention of tensorflow-addons: samples at p - flow(p).

    For code that comes from there; new code calls `backward`. Equal to [2] in values
    and gradients, but for two things. Images may be one pixel high or wide. And a
    sample on the centre of a pixel passes the difference to the next pixel to the flow,
    where [2] passes nothing (unless it is the last row or column): a flow that starts
    at zero would never move.

    Args:
      images: [N, H, W, C] any float dtype.
      flow: [N, H, W, 2] pixels, (dy, dx): the other order than everywhere else here.

    Returns:
      [N, H, W, C] in the dtype of `images`.

    Raises:
      ValueError: a shape differs from the above.
    """
    return backward(images, -tf.reverse(flow, axis=[-1]))


def _check_pair(images: tf.Tensor, flow: tf.Tensor) -> None:
    sizes = shapes.check_shape(images, "N H W C", name="images")
    height, width = sizes["H"], sizes["W"]
    shapes.check_shape(
        flow, "N H W C", name="flow", N=sizes["N"], H=height, W=width, C=2
    )


def _size(x: tf.Tensor) -> tuple[int | tf.Tensor, int | tf.Tensor]:
    """Height and width of [N, H, W, C]: numbers where known, else scalar tensors."""
    dynamic = tf.shape(x)
    height = dynamic[1] if x.shape[1] is None else x.shape[1]
    width = dynamic[2] if x.shape[2] is None else x.shape[2]
    return height, width


def _sample_points(flow: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Columns and rows of p + flow(p), each [N, H, W] float32."""
    flow = tf.cast(flow, tf.float32)
    height, width = _size(flow)
    # The gradient of two slices of the last axis would take longer than the warp.
    across, down = tf.unstack(flow, axis=-1)
    columns = across + tf.range(tf.cast(width, tf.float32))
    rows = down + tf.range(tf.cast(height, tf.float32))[:, tf.newaxis]
    return columns, rows


def _neighbours(
    positions: tf.Tensor, size: int | tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Both pixels around each position, int32, and the second one's share, float32."""
    last = tf.cast(size, tf.int32) - 1
    # tf.clip_by_value passes the gradient at the bounds; maximum and minimum may not.
    positions = tf.clip_by_value(positions, 0.0, tf.cast(last, tf.float32))
    first = tf.cast(tf.floor(tf.stop_gradient(positions)), tf.int32)
    # The upper bound keeps a share for the last pixel; the bounds also catch NaN.
    first = tf.clip_by_value(first, 0, tf.maximum(last - 1, 0))
    share = positions - tf.cast(first, tf.float32)
    return first, tf.minimum(first + 1, last), share


def _sample(images: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Bilinear samples [N, H, W, C] at float32 rows and columns [N, H, W]."""
    height, width = _size(images)
    dynamic = tf.shape(images)
    area = height * width
    pixels = tf.reshape(images, [-1, dynamic[3]])  # [N·H·W, C]
    upper, lower, down = _neighbours(rows, height)
    left, right, across = _neighbours(columns, width)
    first = tf.range(dynamic[0])[:, tf.newaxis, tf.newaxis] * area  # [N, 1, 1]
    upper, lower = first + upper * width, first + lower * width
    places = tf.stack([upper + left, upper + right, lower + left, lower + right])
    # Weights (1 - s, s) rather than a + s (b - a): exact at s = 1, the border, too.
    top, bottom = 1.0 - down, down
    shares = tf.stack(
        [top * (1.0 - across), top * across, bottom * (1.0 - across), bottom * across]
    )
    # One flat gather of all four neighbours: its gradient is one segment sum. Four
    # gathers with batch_dims=1 make a graph five times as large.
    corners = tf.gather(pixels, places)  # [4, N, H, W, C]
    shares = tf.cast(shares, images.dtype)[..., tf.newaxis]
    return tf.ensure_shape(tf.reduce_sum(shares * corners, axis=0), images.shape)


def _squared_length(flow: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.square(flow), axis=-1, keepdims=True)  # [N, H, W, 1]
