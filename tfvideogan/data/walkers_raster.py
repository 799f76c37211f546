"""Paints strokes with round ends, anti-aliased, into all frames of a clip at once.

The distance of a pixel to a segment needs the products of its offset with the segment and
with itself. Both are a function of the row plus one of the column, so a stroke costs a
few passes over the box that it covers, for all frames together:

    q.v = (x - x0) vx + (y - y0) vy,  |q|^2 = (x - x0)^2 + (y - y0)^2
    h = clip(q.v / |v|^2, 0, 1),      d^2 = |q|^2 - 2 h q.v + h^2 |v|^2

A pixel is covered by clip(radius + 1/2 - d, 0, 1).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from tfvideogan.data import walkers_body

# Keeps the length of a stroke that is a disc from dividing by nothing; pixels squared.
TINY = 1e-6
# Points are rounded to this share of a pixel: differences are then exact, and a frame
# does not depend, by a last bit, on the other frames of its window.
GRID = 1 / 1024


def paint_body(
    frames: np.ndarray,
    points: Mapping[str, np.ndarray],
    capsules: Sequence[walkers_body.Capsule],
    statures: np.ndarray,
) -> None:
    """Paints a body over `frames`, in place.

    Every stroke is painted in a piece of the screen that goes with the body, in which it
    covers a small box throughout.

    Args:
      frames: [T, H, W] float32.
      points: [T] complex pixels by name; what lies outside of the screen is not seen.
      capsules: in the order of painting.
      statures: [T] pixels, the unit of their radii.
    """
    _, height, width = frames.shape
    points = {name: np.round(point / GRID) * GRID for name, point in points.items()}
    corners = np.floor(points["pelvis"].real)
    spread = np.stack([point.real for point in points.values()]) - corners
    border = max(one.radius for one in capsules) * statures.max() + 1
    low = int(np.floor(spread.min() - border))
    size = int(np.ceil(spread.max() + border)) + 1 - low
    corners = corners.astype(int) + low
    piece = np.zeros((len(frames), height, size), frames.dtype)
    # The columns of the piece that are on the screen, and where they are there.
    inner = [slice(max(-c, 0), max(min(width - c, size), 0)) for c in corners]
    outer = [slice(max(c, 0), max(min(c + size, width), 0)) for c in corners]
    for part, frame, to, at in zip(piece, frames, inner, outer, strict=True):
        part[:, to] = frame[:, at]
    for capsule in capsules:
        paint_capsule(
            piece,
            points[capsule.start] - corners,
            points[capsule.end] - corners,
            radius=capsule.radius * statures,
            shade=capsule.shade,
        )
    for part, frame, to, at in zip(piece, frames, inner, outer, strict=True):
        frame[:, at] = part[:, to]


def paint_capsule(
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
