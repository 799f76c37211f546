"""Boxes around what is painted, so that nothing far from it is computed.

    box = boxes.around(is_painted, margin=2)         # [..., H, W, 1] -> rows and columns
    made = network(boxes.cut(pictures, box))
    whole = boxes.put_back(made, box, like=pictures)

A box is counted in places, each of which may be some pixels. What is cut out of a picture
with enough around it goes through convolutions as the whole would: zeros that they set at
a border within the picture do not reach the middle.
"""

from typing import NamedTuple

import tensorflow as tf


class Box(NamedTuple):
    """Rows and columns, int32 scalars; `bottom` and `right` are the first outside."""

    top: tf.Tensor
    left: tf.Tensor
    bottom: tf.Tensor
    right: tf.Tensor


def around(is_inside: tf.Tensor, *, margin: int) -> Box:
    """Returns the smallest box with all that is inside, and a margin.

    Args:
      is_inside: [..., h, w, 1] bool; where nothing is, the box is the whole.
      margin: places on each side, as far as the picture goes.
    """
    ends = []
    for is_in_line in _lines(is_inside):
        first, behind = _ends(is_in_line)
        size = tf.shape(is_in_line)[0]
        ends.append((tf.maximum(first - margin, 0), tf.minimum(behind + margin, size)))
    return _box(*ends)


def with_surroundings(is_inside: tf.Tensor, *, margin: int, share: float) -> Box:
    """Returns a box with all that is inside and enough around it to tell what is there.

    What a border takes from a margin is added on the other side. `media/boxes.py` has the
    same for arrays.

    Args:
      is_inside: [..., h, w, 1] bool; where nothing is, the box is the whole.
      margin: places on each side, at least.
      share: of the extent of what is inside, on each side, at least.
    """
    ends = []
    for is_in_line in _lines(is_inside):
        first, behind = _ends(is_in_line)
        size = tf.shape(is_in_line)[0]
        extent = tf.cast(behind - first, tf.float32)
        each = tf.maximum(margin, tf.cast(tf.math.ceil(share * extent), tf.int32))
        length = tf.minimum(behind - first + 2 * each, size)
        start = tf.clip_by_value(first - each, 0, size - length)
        ends.append((start, start + length))
    return _box(*ends)


def within(*boxes: Box) -> Box:
    """Returns where the last box lies, each being cut out of the one before."""
    tops, lefts = ([one[axis] for one in boxes] for axis in (0, 1))
    top, left, last = tf.add_n(tops), tf.add_n(lefts), boxes[-1]
    return Box(top, left, top + last.bottom - last.top, left + last.right - last.left)


def cut(pictures: tf.Tensor, box: Box, *, scale: int = 1) -> tf.Tensor:
    """Cuts a box of places of `scale` pixels out of [..., H, W, C]."""
    top, left, bottom, right = (scale * one for one in box)
    return pictures[..., top:bottom, left:right, :]


def put_back(
    pictures: tf.Tensor, box: Box, *, like: tf.Tensor, scale: int = 1
) -> tf.Tensor:
    """Surrounds what was cut from `like` [..., H, W, C'] with zeros: [..., H, W, C]."""
    top, left, bottom, right = (scale * one for one in box)
    height, width = tf.unstack(tf.shape(like)[-3:-1])
    edges = [[top, height - bottom], [left, width - right], [0, 0]]
    padded = tf.pad(pictures, [[0, 0]] * (pictures.shape.rank - 3) + edges)
    return tf.ensure_shape(padded, [*like.shape[:-1], pictures.shape[-1]])


def _lines(is_inside: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Rows and columns in which anything is inside, two vectors of bools."""
    others = list(range(is_inside.shape.rank - 3))
    return (
        tf.reduce_any(is_inside, axis=[*others, -2, -1]),
        tf.reduce_any(is_inside, axis=[*others, -3, -1]),
    )


def _ends(is_inside: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """First and behind the last of a vector of bools; the whole of it without any."""
    found = tf.cast(is_inside, tf.int32)
    first = tf.argmax(found, output_type=tf.int32)
    last = tf.argmax(found[::-1], output_type=tf.int32)
    return first, tf.shape(is_inside)[0] - last


def _box(
    rows: tuple[tf.Tensor, tf.Tensor], columns: tuple[tf.Tensor, tf.Tensor]
) -> Box:
    (top, bottom), (left, right) = rows, columns
    return Box(top, left, bottom, right)
