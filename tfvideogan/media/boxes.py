"""Boxes around the holes of a video: what is looked at to fill them.

    box = boxes.around(holes.any(axis=0))     # [H, W] -> rows and columns
    rows, columns = box
    frames[:, rows, columns]

`core/surroundings.py` says how much around them is enough.
"""

import math

import numpy as np

from tfvideogan.core import surroundings

# Rows and columns of a frame.
Box = tuple[slice, slice]


def around(is_hole: np.ndarray, *, margin: int = surroundings.MARGIN) -> Box:
    """Returns holes and their surroundings.

    What a border takes from a margin is added on the other side.

    Args:
      is_hole: [H, W] bool; where there is none, the box is the whole.
      margin: pixels on each side, at least.
    """
    rows, columns = (_stretch(is_hole.any(axis=one), margin) for one in (1, 0))
    return rows, columns


def _stretch(is_hole: np.ndarray, margin: int) -> slice:
    """Returns a stretch of a row of bools with all that are true."""
    size, places = len(is_hole), np.flatnonzero(is_hole)
    if not len(places):
        return slice(0, size)
    extent = int(places[-1] + 1 - places[0])
    each = max(margin, math.ceil(surroundings.SHARE * extent))
    length = min(extent + 2 * each, size)
    start = min(max(int(places[0]) - each, 0), size - length)
    return slice(start, start + length)
