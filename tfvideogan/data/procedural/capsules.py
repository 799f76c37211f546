"""Paints strokes with round ends, anti-aliased, into many pictures at once.

The distance of a pixel to a segment needs the products of its offset with the segment and
with itself. Both are a function of the row plus one of the column, so a stroke costs a
few passes over the box that it covers, for all pictures together:

    q.v = (x - x0) vx + (y - y0) vy,  |q|^2 = (x - x0)^2 + (y - y0)^2
    h = clip(q.v / |v|^2, 0, 1),      d^2 = |q|^2 - 2 h q.v + h^2 |v|^2

A pixel is covered by clip(radius + 1/2 - d, 0, 1).
"""

import numpy as np

# Keeps the length of a stroke that is a disc from dividing by nothing; pixels squared.
TINY = 1e-6


def paint(
    frames: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    *,
    radius: np.ndarray,
    shade: float,
) -> None:
    """Paints a stroke over `frames`, in place.

    Args:
      frames: [T, h, w] float32.
      start: [T] complex x + iy, pixels; the middle of the first pixel is 0.
      end: [T] complex; equal to `start` for a disc.
      radius: [T] pixels.
      shade: what is painted.
    """
    reach = radius + 1.0
    rows = _span(frames.shape[1], start.imag, end.imag, reach)
    columns = _span(frames.shape[2], start.real, end.real, reach)
    part = frames[:, rows, columns]
    if not part.size:
        return
    x = (np.arange(columns.start, columns.stop) - start.real[:, None]).astype(
        np.float32
    )
    y = (np.arange(rows.start, rows.stop) - start.imag[:, None]).astype(np.float32)
    way = (end - start).astype(np.complex64)[:, None]
    length = _cube(np.abs(way) ** 2 + TINY)
    along = _cube(y * way.imag, axis=2) + _cube(x * way.real, axis=1)  # [T, h, w]
    share = np.clip(along / length, 0, 1)
    squares = _cube(y * y, axis=2) + _cube(x * x, axis=1)
    squares += share * (share * length - 2 * along)
    distance = np.sqrt(np.maximum(squares, 0, out=squares), out=squares)
    edge = _cube((radius + 0.5).astype(np.float32)[:, None])
    cover = np.clip(edge - distance, 0, 1, out=distance)
    part += cover * (np.float32(shade) - part)


def _span(size: int, one: np.ndarray, other: np.ndarray, reach: np.ndarray) -> slice:
    """Returns the rows or columns that a stroke touches in any frame."""
    low = np.floor((np.minimum(one, other) - reach).min())
    high = np.ceil((np.maximum(one, other) + reach).max()) + 1
    return slice(int(np.clip(low, 0, size)), int(np.clip(high, 0, size)))


def _cube(values: np.ndarray, axis: int = 2) -> np.ndarray:
    """Adds an axis to [T, n], to broadcast over rows (1) or columns (2)."""
    return np.expand_dims(values, axis)
