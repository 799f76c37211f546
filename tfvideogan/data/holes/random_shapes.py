"""Holes as video inpainting is trained and judged on: a spiky closed curve that moves.

A closed path of cubic Bezier curves goes round a centre at random distances; it is
stretched to a random size, put at a random place and moved (`motion.wander`) or not.

References:
  [1] Li et al., Towards An End-to-End Framework for Flow-Guided Video Inpainting (E2FGVI),
      CVPR 2022: the training masks that it shares with STTN, FuseFormer and ProPainter.
"""

import dataclasses
from typing import ClassVar

import cv2
import numpy as np

from tfvideogan.data.holes import family, motion

# Of a cubic Bezier curve.
CONTROL_POINTS = 3
# Points that a curve is drawn through.
SAMPLES = 12
# Bits behind the point of OpenCV's coordinates.
SHIFT = 4


@dataclasses.dataclass(frozen=True, kw_only=True)
class RandomShapes(family.MovingFamily):
    """One random shape per clip.

    Sizes and speeds are those of [1] at 240x432.

    Attributes:
      static: the probability that it does not move.
      least_side: of the picture's height and of its width, which the shape's own exceed.
      edges: least and greatest number of curves.
      spikiness: how far the distances of points from the centre spread, relative to their
        mean; least and greatest.
      speeds: in the first frame, pixels per frame. The text of [1] has 0 to 3; as its
        program calls the generator, it draws from 1 to 3.

    Raises:
      UserError: a value is out of range.
    """

    name: ClassVar[str] = "random shapes"

    least_side: float = 1 / 3
    edges: tuple[int, int] = (6, 8)
    spikiness: tuple[float, float] = (0.6, 0.8)
    speeds: tuple[float, float] = (0.0, 3.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        family.check_probability(self, "least_side")
        family.check_range(self, "edges", 3)
        family.check_range(self, "spikiness", 0.0, 1.0)
        family.check_range(self, "speeds", 0.0)

    def draw(
        self,
        generator: np.random.Generator,
        size: family.Size,
        borrowed: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draws a shape and its way; see `family.Family.draw`."""
        frames, height, width = size
        is_static = generator.random() < self.static
        shape = self.shape(
            generator, [self._side(generator, one) for one in (height, width)]
        )
        room = (height - shape.shape[0], width - shape.shape[1])
        if is_static:
            frames = 1
        corners = motion.wander(generator, frames, room=room, speeds=self.speeds)
        return motion.pasted(shape, corners, (frames, height, width))

    def shape(
        self, generator: np.random.Generator, sides: tuple[int, int]
    ) -> np.ndarray:
        """Draws a shape that fills a box of (h, w); [h, w] uint8, 1 inside."""
        edges = generator.integers(self.edges[0], self.edges[1] + 1)
        spread = generator.uniform(*self.spikiness)
        count = CONTROL_POINTS * edges
        distances = 1.0 + spread * generator.uniform(-1.0, 1.0, count)
        angles = 2.0 * np.pi * np.arange(count) / count
        points = distances[:, np.newaxis] * np.stack(
            [np.cos(angles), np.sin(angles)], 1
        )
        curve = bezier(points)
        low, high = curve.min(axis=0), curve.max(axis=0)
        height, width = sides
        curve = (curve - low) / (high - low) * (width - 1, height - 1)
        mask = np.zeros(sides, np.uint8)
        fixed = np.rint(curve * 2**SHIFT).astype(np.int32)
        cv2.fillPoly(mask, [fixed], 1, shift=SHIFT)
        return mask

    def _side(self, generator: np.random.Generator, whole: int) -> int:
        least = self.least_side * whole
        side = generator.uniform(least, max(whole - 1, least))
        return min(max(round(side), 1), whole)


def bezier(points: np.ndarray) -> np.ndarray:
    """Returns a closed curve through every third point.

    Args:
      points: [3 K, 2], the control points of K cubic curves; each begins where the one
        before it ends, and the last ends where the first begins.

    Returns:
      [K x SAMPLES, 2].
    """
    first, second, third = points[0::3], points[1::3], points[2::3]
    corners = np.stack([first, second, third, np.roll(first, -1, axis=0)], 1)
    shares = np.arange(SAMPLES) / SAMPLES
    rest = 1.0 - shares
    weights = np.stack(
        [rest**3, 3 * rest**2 * shares, 3 * rest * shares**2, shares**3], 1
    )  # [SAMPLES, 4]
    return np.einsum("sc,kcd->ksd", weights, corners).reshape(-1, 2)
