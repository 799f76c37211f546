"""Affine motion: fitted to optical flow, rigid, one after another; and affine warps.

    motion = affine.fit(flow, weights)            # [N, 2, 3]
    camera_flow = affine.to_flow(motion, 64, 64)  # [N, H, W, 2]
    turned = affine.rigid(turns, centres, shifts, side=64)
    both = affine.compose(turned, motion, side=64)  # First turned, then as the camera.
    aligned = affine.affine_warp(frames, theta)   # theta: [N, 2, 3]

A motion maps the centred, scaled coordinates (u, v, 1) of a pixel to its flow in pixels,
where u = (x - (W - 1) / 2) / s, v = (y - (H - 1) / 2) / s and s = max(H, W) / 2. The
scaling keeps the normal equations well conditioned at every size.

`theta` is what spatial transformers [1] predict: it maps (x, y, 1) of a pixel, where the
*centres* of the corner pixels are -1 and 1, to the place that is sampled, likewise. Of
one transform it is the same at every resolution.

References:
  [1] Jaderberg et al., Spatial Transformer Networks, NeurIPS 2015, section 3.2.
"""

import tensorflow as tf

from tfvideogan.core import shapes
from tfvideogan.ops import warp

# Added to the diagonal of the mean normal matrix, whose entries are of order 1: without
# any weight the motion becomes zero, with weights the error is below a thousandth pixel.
RIDGE = 1e-5


def fit(flow: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Fits an affine motion to a flow field by weighted least squares.

    Args:
      flow: [N, H, W, 2] pixels, (dx, dy).
      weights: [N, H, W, 1], 0 or more.

    Returns:
      [N, 2, 3] float32, rows (dx, dy), columns (u, v, 1); zero where no pixel counts.

    Raises:
      ValueError: a shape differs from the above.
    """
    sizes = shapes.check_shape(flow, "N H W C", name="flow", C=2)
    shapes.check_shape(weights, "N H W C", name="weights", C=1)
    columns = basis(sizes["H"], sizes["W"])  # [H·W, 3]
    pixels = sizes["H"] * sizes["W"]
    weights = tf.reshape(tf.cast(weights, tf.float32), [-1, pixels, 1])
    weights /= tf.maximum(tf.reduce_sum(weights, axis=1, keepdims=True), 1.0)
    weighted = columns * weights  # [N, H·W, 3]
    normal = tf.einsum("npi,pj->nij", weighted, columns) + RIDGE * tf.eye(3)
    flat = tf.reshape(tf.cast(flow, tf.float32), [-1, pixels, 2])
    right = tf.einsum("npi,npc->nic", weighted, flat)  # [N, 3, 2]
    return tf.transpose(tf.linalg.solve(normal, right), [0, 2, 1])  # [N, 2, 3]


def to_flow(motion: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Returns the flow [N, H, W, 2] in pixels of affine motions [N, 2, 3]."""
    shapes.check_shape(motion, "N R C", name="motion", R=2, C=3)
    flat = tf.einsum("ncj,pj->npc", motion, basis(height, width))
    return tf.reshape(flat, [-1, height, width, 2])


def rigid(
    turns: tf.Tensor, centres: tf.Tensor, shifts: tf.Tensor, *, side: int
) -> tf.Tensor:
    """Returns motions that turn about a centre, then shift, and change no shape.

    Args:
      turns: [...] radians; where y points down, positive ones turn clockwise.
      centres: [..., 2] (u, v), which stay where they are unless shifted.
      shifts: [..., 2] pixels, (dx, dy).
      side: the longer side of the image in pixels.

    Returns:
      [..., 2, 3] float32, for `to_flow`.
    """
    cosine, sine = tf.cos(turns) - 1.0, tf.sin(turns)
    rows = [tf.stack([cosine, -sine], axis=-1), tf.stack([sine, cosine], axis=-1)]
    change = tf.stack(rows, axis=-2) * (side / 2)  # [..., 2, 2], pixels of (u, v)
    offset = shifts - tf.linalg.matvec(change, centres)
    return tf.concat([change, offset[..., tf.newaxis]], axis=-1)


def compose(first: tf.Tensor, second: tf.Tensor, *, side: int) -> tf.Tensor:
    """Follows the first motion, then the second; of flows that is `warp.compose`.

    Args:
      first: [N, 2, 3], on the grid of t, to s.
      second: [N, 2, 3], on the grid of s, to r.
      side: the longer side of the image in pixels.

    Returns:
      [N, 2, 3] float32, on the grid of t, to r.

    Raises:
      ValueError: a shape differs from the above.
    """
    for name, motion in (("first", first), ("second", second)):
        shapes.check_shape(motion, "N R C", name=name, R=2, C=3)
    # (u, v, 1) after the first motion; its pixels are `side` / 2 to a unit.
    moved = tf.eye(3) + tf.pad(first, [[0, 0], [0, 1], [0, 0]]) / (side / 2)
    return first + tf.matmul(second, moved)


def affine_warp(
    images: tf.Tensor, theta: tf.Tensor, *, outside: float = 0.0
) -> tf.Tensor:
    """Samples images where affine transforms lead, bilinearly.

    Args:
      images: [N, H, W, C] any float dtype.
      theta: [N, 2, 3], rows (x, y), columns (x, y, 1); corners are at -1 and 1. The
        identity [[1, 0, 0], [0, 1, 0]] returns the images, bit for bit.
      outside: the value of everything beyond the border.

    Returns:
      [N, H, W, C] in the dtype of `images`.

    Raises:
      ValueError: a shape differs from the above.
    """
    dynamic = tf.shape(images)
    flow = theta_to_flow(
        theta,
        dynamic[1] if images.shape[1] is None else images.shape[1],
        dynamic[2] if images.shape[2] is None else images.shape[2],
    )
    return sample_in_plane(images, flow, outside=outside)


def theta_to_flow(
    theta: tf.Tensor, height: int | tf.Tensor, width: int | tf.Tensor
) -> tf.Tensor:
    """Returns the flow [N, H, W, 2] in pixels, float32, by which `affine_warp` samples."""
    shapes.check_shape(theta, "N R C", name="theta", R=2, C=3)
    half_height = (tf.cast(height, tf.float32) - 1.0) / 2
    half_width = (tf.cast(width, tf.float32) - 1.0) / 2
    rows = tf.range(tf.cast(height, tf.float32)) - half_height
    columns = tf.range(tf.cast(width, tf.float32)) - half_width
    # A side of one pixel has no extent: its only place is the middle, 0.
    y, x = tf.meshgrid(
        tf.math.divide_no_nan(rows, half_height),
        tf.math.divide_no_nan(columns, half_width),
        indexing="ij",
    )
    basis = tf.stack([x, y, tf.ones_like(x)], axis=-1)  # [H, W, 3]
    # The difference to the identity first, so that none is exactly none.
    change = tf.cast(theta, tf.float32) - tf.eye(2, 3)
    moved = tf.einsum("ncj,hwj->nhwc", change, basis)
    return moved * tf.stack([half_width, half_height])


def sample_in_plane(
    images: tf.Tensor, flow: tf.Tensor, *, outside: float = 0.0
) -> tf.Tensor:
    """Samples images at p + flow(p), bilinearly, in a plane of one value beyond them.

    Args:
      images: [N, H, W, C] any float dtype.
      flow: [N, H, W, 2] pixels, (dx, dy).
      outside: that value; `warp.backward` repeats the border instead.

    Returns:
      [N, H, W, C] in the dtype of `images`.

    Raises:
      ValueError: a shape differs from the above.
    """
    frame = [[0, 0], [1, 1], [1, 1], [0, 0]]
    framed = tf.pad(images, frame, constant_values=outside)
    return warp.backward(framed, tf.pad(flow, frame))[:, 1:-1, 1:-1]


def basis(height: int, width: int) -> tf.Tensor:
    """Returns (u, v, 1) of every pixel, row by row: [H·W, 3] float32; see the module."""
    scale = max(height, width) / 2
    rows = (tf.range(height, dtype=tf.float32) - (height - 1) / 2) / scale
    columns = (tf.range(width, dtype=tf.float32) - (width - 1) / 2) / scale
    v, u = tf.meshgrid(rows, columns, indexing="ij")
    return tf.reshape(tf.stack([u, v, tf.ones_like(u)], axis=-1), [-1, 3])
