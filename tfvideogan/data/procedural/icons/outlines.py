"""Twelve shapes as signed-distance fields, made of discs and polygons.

Points are complex numbers x + iy in the square from -1 - i to 1 + i, y downwards. All
shapes but the crescent are their own mirror images. Shapes that look the same after a
fraction of a turn have a small hole near their top: it shows which way they turn.

    covers(64)["heart"]  # [64, 64] float64 in [0, 1]
"""

from collections.abc import Callable, Sequence

import numpy as np

Field = Callable[[np.ndarray], np.ndarray]
# Radius of the hole that shows which way is up.
MARK = 0.20
STAR_POINTS = 5
STAR_WAIST = 0.42  # radius of a star's inner corners as a share of the outer one


def covers(size: int) -> dict[str, np.ndarray]:
    """Returns how far each shape covers the pixels of a square picture.

    Args:
      size: sides of the picture in pixels.

    Returns:
      [size, size] float64 in [0, 1] by the names of the shapes.
    """
    pixel = 2 / size
    axis = (np.arange(size) + 0.5) * pixel - 1
    points = axis + 1j * axis[:, None]
    return {
        name: np.clip(0.5 - field(points) / pixel, 0, 1)
        for name, field in SHAPES.items()
    }


def disc(centre: complex, radius: float) -> Field:
    """Returns the distance to a circle."""
    return lambda points: np.abs(points - centre) - radius


def polygon(corners: Sequence[complex]) -> Field:
    """Returns the distance to a polygon, convex or not."""
    starts = np.asarray(corners)
    edges = list(zip(starts, np.roll(starts, -1), strict=True))

    def field(points: np.ndarray) -> np.ndarray:
        distance = np.full(points.shape, np.inf)
        is_inside = np.zeros(points.shape, bool)
        for start, end in edges:
            way, offset = end - start, points - start
            share = np.clip((offset * way.conj()).real / np.abs(way) ** 2, 0, 1)
            distance = np.minimum(distance, np.abs(offset - share * way))
            # A ray to the right crosses the outline an odd number of times from inside.
            is_crossed = (start.imag <= points.imag) != (end.imag <= points.imag)
            is_right = (offset * way.conj()).imag * np.sign(way.imag) > 0
            is_inside ^= is_crossed & is_right
        return np.where(is_inside, -distance, distance)

    return field


def union(*fields: Field) -> Field:
    """Returns the distance to several shapes as one."""
    return lambda points: np.minimum.reduce([field(points) for field in fields])


def without(field: Field, hole: Field) -> Field:
    """Returns the distance to a shape with a hole."""
    return lambda points: np.maximum(field(points), -hole(points))


def _marked(field: Field, place: float) -> Field:
    """Returns a shape with a small hole `place` above the middle."""
    return without(field, disc(-1j * place, MARK))


def _mirrored(*half: complex) -> list[complex]:
    """Returns the corners of a polygon from those of its right half, top to bottom."""
    return [*half, *(-corner.conjugate() for corner in reversed(half))]


def _star() -> list[complex]:
    angles = np.arange(2 * STAR_POINTS) * np.pi / STAR_POINTS
    radii = np.where(np.arange(2 * STAR_POINTS) % 2, STAR_WAIST, 1.0)
    return list(0.06j - 0.96j * radii * np.exp(1j * angles))


SHAPES: dict[str, Field] = {
    "disc": _marked(disc(0, 0.88), 0.50),
    "ring": _marked(without(disc(0, 0.90), disc(0, 0.52)), 0.72),
    "square": _marked(polygon(_mirrored(0.76 - 0.76j, 0.76 + 0.76j)), 0.40),
    "diamond": polygon([-0.95j, 0.72, 0.95j, -0.72]),
    "triangle": polygon([-0.85j, 0.92 + 0.74j, -0.92 + 0.74j]),
    "star": _marked(polygon(_star()), 0.15),
    "heart": union(
        disc(-0.43 - 0.33j, 0.47),
        disc(0.43 - 0.33j, 0.47),
        polygon([-0.35j, 0.80 - 0.02j, 0.86j, -0.80 - 0.02j]),
    ),
    "cross": _marked(
        polygon(
            _mirrored(
                0.32 - 0.88j,
                0.32 - 0.32j,
                0.88 - 0.32j,
                0.88 + 0.32j,
                0.32 + 0.32j,
                0.32 + 0.88j,
            )
        ),
        0.55,
    ),
    "crescent": without(disc(0, 0.90), disc(0.42 - 0.10j, 0.72)),
    "arrow": polygon(
        [
            -0.92j,
            0.76 - 0.06j,
            0.30 - 0.06j,
            0.30 + 0.90j,
            -0.30 + 0.90j,
            -0.30 - 0.06j,
            -0.76 - 0.06j,
        ]
    ),
    "house": union(
        polygon([-0.90j, 0.95 - 0.08j, -0.95 - 0.08j]),
        without(
            polygon(_mirrored(0.66 - 0.10j, 0.66 + 0.84j)),
            polygon(_mirrored(0.20 + 0.28j, 0.20 + 1.00j)),
        ),
    ),
    "tree": union(
        polygon([-0.95j, 0.52 - 0.25j, -0.52 - 0.25j]),
        polygon([-0.60j, 0.66 + 0.15j, -0.66 + 0.15j]),
        polygon([-0.25j, 0.80 + 0.58j, -0.80 + 0.58j]),
        polygon(_mirrored(0.17 + 0.50j, 0.17 + 0.95j)),
    ),
}
