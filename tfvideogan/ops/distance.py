"""How deep inside a hole each of its pixels lies.

    depths = distance.inside(holes)              # [N, H, W, 1], 0 where something is known
    rim = (depths > 0) & (depths <= 8)           # what lies within 8 pixels of it

Exact, by the two passes of [1]: along rows, then along columns. The second pass looks only
as far as the deepest hole reaches.

References:
  [1] Felzenszwalb, Huttenlocher, Distance Transforms of Sampled Functions, 2012, section 3.
"""

import tensorflow as tf

from tfvideogan.core import shapes

# Farther than any pixel of a picture, and its square is a float32.
FAR = 1e6


def inside(holes: tf.Tensor) -> tf.Tensor:
    """Measures the Euclidean distance of each missing pixel to the nearest known one.

    Args:
      holes: [N, H, W, 1], above 0 = missing; H and W may be unknown.

    Returns:
      [N, H, W, 1] float32 pixels: 0 where known, 1 or more where missing. In a picture
      without a known pixel all are 1: nothing lies deeper than anything else. No gradient
      passes.

    Raises:
      ValueError: `holes` has another shape.
    """
    shapes.check_shape(holes, "N H W C", name="holes", C=1)
    is_hole = holes[..., 0] > 0  # [N, H, W]
    has_known = tf.reduce_any(tf.logical_not(is_hole), axis=[1, 2], keepdims=True)
    rows = tf.where(has_known, _along_rows(is_hole), tf.cast(is_hole, tf.float32))
    squares = _along_columns(tf.square(rows))
    return tf.stop_gradient(tf.sqrt(squares)[..., tf.newaxis])


def _along_rows(is_hole: tf.Tensor) -> tf.Tensor:
    """Distance to the nearest known pixel of the same row, [N, H, W]."""
    width = tf.shape(is_hole)[2]
    places = tf.cast(tf.range(width), tf.float32)
    left = places - _last_known(is_hole, places)
    mirrored = tf.reverse(is_hole, axis=[2])
    right = tf.reverse(places - _last_known(mirrored, places), axis=[2])
    return tf.minimum(tf.minimum(left, right), FAR)


def _last_known(is_hole: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
    """Column of the nearest known pixel to the left, or far outside."""
    width = tf.shape(places)[0]
    columns = tf.range(width)
    latest = tf.where(is_hole, -FAR, places)

    def doubled(step: tf.Tensor, latest: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # At the border a pixel is compared with the first one, which is to its left.
        before = tf.gather(latest, tf.maximum(columns - step, 0), axis=2)
        return 2 * step, tf.maximum(latest, before)

    _, latest = tf.while_loop(
        lambda step, _: step < width,
        doubled,
        (tf.constant(1), latest),
        shape_invariants=(tf.TensorShape([]), is_hole.shape),
    )
    return latest


def _along_columns(squares: tf.Tensor) -> tf.Tensor:
    """Least square of a row's distance plus that of the way to the row."""
    height = tf.shape(squares)[1]
    rows = tf.range(height)

    def looked(step: tf.Tensor, nearest: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        way = tf.square(tf.cast(step, tf.float32))
        # A row outside is the outermost one, whose way is shorter in truth.
        above, below = (
            tf.gather(
                squares, tf.clip_by_value(rows + sign * step, 0, height - 1), axis=1
            )
            for sign in (-1, 1)
        )
        return step + 1, tf.minimum(nearest, tf.minimum(above, below) + way)

    def is_open(step: tf.Tensor, nearest: tf.Tensor) -> tf.Tensor:
        way = tf.square(tf.cast(step, tf.float32))
        return (step < height) & (way < tf.reduce_max(nearest))

    _, nearest = tf.while_loop(
        is_open,
        looked,
        (tf.constant(1), squares),
        shape_invariants=(tf.TensorShape([]), squares.shape),
    )
    return nearest
