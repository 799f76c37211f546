"""Rectangles around what is painted, so that nothing far from it is computed.

A window is counted in places, each of which is `networks.STRIDE` pixels. What is cut out of
a picture with enough around it goes through convolutions as the whole would: zeros that
they set at a border within the picture do not reach the middle.
"""

from typing import NamedTuple

import tensorflow as tf


class Window(NamedTuple):
    """Rows and columns, int32 scalars; `bottom` and `right` are the first outside."""

    top: tf.Tensor
    left: tf.Tensor
    bottom: tf.Tensor
    right: tf.Tensor


def around(is_inside: tf.Tensor, *, margin: int) -> Window:
    """Returns the smallest window with all that is inside, and a margin.

    Args:
      is_inside: [N, h, w, 1] bool; where nothing is, the window is the whole.
      margin: places on each side, as far as the picture goes.
    """
    top, bottom = _ends(tf.reduce_any(is_inside, axis=[0, 2, 3]), margin)
    left, right = _ends(tf.reduce_any(is_inside, axis=[0, 1, 3]), margin)
    return Window(top, left, bottom, right)


def within(*windows: Window) -> Window:
    """Returns where the last window lies, each being cut out of the one before."""
    tops, lefts = ([one[axis] for one in windows] for axis in (0, 1))
    top, left, last = tf.add_n(tops), tf.add_n(lefts), windows[-1]
    return Window(
        top, left, top + last.bottom - last.top, left + last.right - last.left
    )


def cut(pictures: tf.Tensor, window: Window, *, scale: int = 1) -> tf.Tensor:
    """Cuts a window of places of `scale` pixels out of [N, H, W, C]."""
    top, left, bottom, right = (scale * one for one in window)
    return pictures[:, top:bottom, left:right]


def put_back(
    pictures: tf.Tensor, window: Window, *, like: tf.Tensor, scale: int = 1
) -> tf.Tensor:
    """Surrounds what was cut from `like` [N, H, W, C'] with zeros: [N, H, W, C]."""
    top, left, bottom, right = (scale * one for one in window)
    height, width = tf.unstack(tf.shape(like)[1:3])
    rows, columns = [top, height - bottom], [left, width - right]
    padded = tf.pad(pictures, [[0, 0], rows, columns, [0, 0]])
    return tf.ensure_shape(padded, [*like.shape[:3], pictures.shape[-1]])


def _ends(is_inside: tf.Tensor, margin: int) -> tuple[tf.Tensor, tf.Tensor]:
    """First and behind the last of a row of bools, with a margin."""
    size = tf.shape(is_inside)[0]
    found = tf.cast(is_inside, tf.int32)
    first = tf.argmax(found, output_type=tf.int32)
    behind = size - tf.argmax(found[::-1], output_type=tf.int32)
    return tf.maximum(first - margin, 0), tf.minimum(behind + margin, size)
