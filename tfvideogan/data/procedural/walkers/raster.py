"""Paints a jointed body into all frames of a clip at once."""

from collections.abc import Mapping, Sequence

import numpy as np

from tfvideogan.data.procedural import capsules
from tfvideogan.data.procedural.walkers import body

# Points are rounded to this share of a pixel: differences are then exact, and a frame
# does not depend, by a last bit, on the other frames of its window.
GRID = 1 / 1024


def paint_body(
    frames: np.ndarray,
    points: Mapping[str, np.ndarray],
    limbs: Sequence[body.Limb],
    statures: np.ndarray,
) -> None:
    """Paints a body over `frames`, in place.

    Every stroke is painted in a piece of the screen that goes with the body, in which it
    covers a small box throughout.

    Args:
      frames: [T, H, W] float32.
      points: [T] complex pixels by name; what lies outside of the screen is not seen.
      limbs: in the order of painting.
      statures: [T] pixels, the unit of their radii.
    """
    _, height, width = frames.shape
    points = {name: np.round(point / GRID) * GRID for name, point in points.items()}
    corners = np.floor(points["pelvis"].real)
    spread = np.stack([point.real for point in points.values()]) - corners
    border = max(one.radius for one in limbs) * statures.max() + 1
    low = int(np.floor(spread.min() - border))
    size = int(np.ceil(spread.max() + border)) + 1 - low
    corners = corners.astype(int) + low
    piece = np.zeros((len(frames), height, size), frames.dtype)
    # The columns of the piece that are on the screen, and where they are there.
    inner = [slice(max(-c, 0), max(min(width - c, size), 0)) for c in corners]
    outer = [slice(max(c, 0), max(min(c + size, width), 0)) for c in corners]
    for part, frame, to, at in zip(piece, frames, inner, outer, strict=True):
        part[:, to] = frame[:, at]
    for limb in limbs:
        capsules.paint(
            piece,
            points[limb.start] - corners,
            points[limb.end] - corners,
            radius=limb.radius * statures,
            shade=limb.shade,
        )
    for part, frame, to, at in zip(piece, frames, inner, outer, strict=True):
        frame[:, at] = part[:, to]
