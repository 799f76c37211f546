"""Affine motion: the motion of a camera fitted to optical flow.

    motion = affine.fit(flow, weights)            # [N, 2, 3]
    camera_flow = affine.to_flow(motion, 64, 64)  # [N, H, W, 2]

A motion maps the centred, scaled coordinates (u, v, 1) of a pixel to its flow in pixels,
where u = (x - (W - 1) / 2) / s, v = (y - (H - 1) / 2) / s and s = max(H, W) / 2. The
scaling keeps the normal equations well conditioned at every size.
"""

import tensorflow as tf

from tfvideogan.core import shapes

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
    basis = _basis(sizes["H"], sizes["W"])  # [H·W, 3]
    pixels = sizes["H"] * sizes["W"]
    weights = tf.reshape(tf.cast(weights, tf.float32), [-1, pixels, 1])
    weights /= tf.maximum(tf.reduce_sum(weights, axis=1, keepdims=True), 1.0)
    weighted = basis * weights  # [N, H·W, 3]
    normal = tf.einsum("npi,pj->nij", weighted, basis) + RIDGE * tf.eye(3)
    flat = tf.reshape(tf.cast(flow, tf.float32), [-1, pixels, 2])
    right = tf.einsum("npi,npc->nic", weighted, flat)  # [N, 3, 2]
    return tf.transpose(tf.linalg.solve(normal, right), [0, 2, 1])  # [N, 2, 3]


def to_flow(motion: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Returns the flow [N, H, W, 2] in pixels of affine motions [N, 2, 3]."""
    shapes.check_shape(motion, "N R C", name="motion", R=2, C=3)
    flat = tf.einsum("ncj,pj->npc", motion, _basis(height, width))
    return tf.reshape(flat, [-1, height, width, 2])


def _basis(height: int, width: int) -> tf.Tensor:
    scale = max(height, width) / 2
    rows = (tf.range(height, dtype=tf.float32) - (height - 1) / 2) / scale
    columns = (tf.range(width, dtype=tf.float32) - (width - 1) / 2) / scale
    v, u = tf.meshgrid(rows, columns, indexing="ij")
    return tf.reshape(tf.stack([u, v, tf.ones_like(u)], axis=-1), [-1, 3])
