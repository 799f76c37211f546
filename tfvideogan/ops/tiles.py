"""Large pictures in tiles that overlap and are blended: memory of one tile at a time.

    sharp = tiles.blended(network, images, tile=256, overlap=32)

Along an overlap the share of a tile falls linearly towards its border, so that no seam is
to be seen. A picture that is no larger than a tile is one tile.
"""

from collections.abc import Callable

import tensorflow as tf

from tfvideogan.core import shapes


def blended(
    function: Callable[[tf.Tensor], tf.Tensor],
    images: tf.Tensor,
    *,
    tile: int,
    overlap: int,
    channels: int,
) -> tf.Tensor:
    """Applies a function to overlapping tiles and blends what it makes of them.

    Args:
      function: maps [N, h, w, C] to [N, h, w, channels], h and w at most `tile`.
      images: [N, H, W, C]; H and W may be unknown.
      tile: largest side of a tile.
      overlap: pixels that neighbouring tiles share, or more where tiles do not divide
        the picture.
      channels: of what is made.

    Returns:
      [N, H, W, channels] float32.

    Raises:
      ValueError: `overlap` is not below `tile`.
    """
    shapes.check_shape(images, "N H W C", name="images")
    if not 0 <= overlap < tile:
        raise ValueError(
            f"`overlap` ({overlap}) must be 0 or more and below `tile` ({tile})."
        )
    batch, height, width = tf.unstack(tf.shape(images)[:3])
    rows, columns = starts(height, tile, overlap), starts(width, tile, overlap)
    sides = tf.minimum(height, tile), tf.minimum(width, tile)
    share = ramp(sides[0], overlap)[:, tf.newaxis] * ramp(sides[1], overlap)
    share = share[tf.newaxis, :, :, tf.newaxis]  # [1, h, w, 1]

    def one_more(
        number: tf.Tensor, total: tf.Tensor, weight: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        top = rows[number // tf.size(columns)]
        left = columns[number % tf.size(columns)]
        cut = images[:, top : top + sides[0], left : left + sides[1]]
        made = tf.cast(function(cut), tf.float32) * share
        margins = [
            [0, 0],
            [top, height - top - sides[0]],
            [left, width - left - sides[1]],
            [0, 0],
        ]
        return (
            number + 1,
            total + tf.pad(made, margins),
            weight + tf.pad(share, margins),
        )

    number = tf.size(rows) * tf.size(columns)
    start = (
        tf.constant(0),
        tf.zeros([batch, height, width, channels]),
        tf.zeros([1, height, width, 1]),
    )
    _, total, weight = tf.while_loop(
        lambda done, *_: done < number,
        one_more,
        start,
        shape_invariants=(
            tf.TensorShape([]),
            tf.TensorShape([None, None, None, channels]),
            tf.TensorShape([1, None, None, 1]),
        ),
        parallel_iterations=1,
    )
    return tf.ensure_shape(total / weight, [*images.shape[:3], channels])


def starts(size: int | tf.Tensor, tile: int, overlap: int) -> tf.Tensor:
    """Returns where tiles begin along a side, evenly, from 0 to `size` - `tile`.

    Args:
      size: of the side.
      tile: of a tile; larger than `overlap`.
      overlap: least overlap.

    Returns:
      [K] int32, as few as cover the side.
    """
    size = tf.convert_to_tensor(size, tf.int32)
    step = tile - overlap
    count = tf.maximum(-(-(size - overlap) // step), 1)
    last = tf.maximum(size - tile, 0)
    return tf.range(count) * last // tf.maximum(count - 1, 1)


def ramp(size: int | tf.Tensor, overlap: int) -> tf.Tensor:
    """Returns the shares [size] of a tile along a side: up, 1, and down again."""
    size = tf.convert_to_tensor(size, tf.int32)
    place = tf.range(size)
    border = tf.minimum(place, size - 1 - place) + 1
    return tf.minimum(tf.cast(border, tf.float32) / (overlap + 1), 1.0)
