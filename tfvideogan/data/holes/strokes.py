"""Free-form holes: strokes of a brush that turns at random.

    masks = strokes.Strokes().draw(generator, (8, 240, 432))

References:
  [1] Yu et al., Free-Form Image Inpainting with Gated Convolution, ICCV 2019, section 3.3
      and its algorithm of free-form masks.
"""

import dataclasses
import math
from typing import ClassVar

import cv2
import numpy as np

from tfvideogan.data.holes import family, motion

# A turn to the left follows one to the right, each of so much, give or take, [1].
TURN = 2 * math.pi / 5
TURN_SPREAD = 2 * math.pi / 15
# The mean length of a straight piece is this part of the picture's diagonal, [1]; its
# deviation half of that.
DIAGONALS = 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class Strokes(family.MovingFamily):
    """Some strokes, which move together.

    Attributes:
      static: the probability that they do not move.
      count: least and greatest number of strokes.
      pieces: least and greatest number of straight pieces of a stroke.
      breadth: least and greatest breadth, relative to the picture's shorter side.
      speeds: in the first frame, pixels per frame; see `motion.wander`.

    Raises:
      UserError: a value is out of range.
    """

    name: ClassVar[str] = "strokes"

    count: tuple[int, int] = (1, 4)
    pieces: tuple[int, int] = (4, 12)
    breadth: tuple[float, float] = (0.05, 0.16)
    speeds: tuple[float, float] = (0.0, 3.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        family.check_range(self, "count", 1)
        family.check_range(self, "pieces", 1)
        family.check_range(self, "breadth", 0.0, 1.0)
        family.check_range(self, "speeds", 0.0)

    def draw(
        self,
        generator: np.random.Generator,
        size: family.Size,
        borrowed: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draws strokes and their way; see `family.Family.draw`."""
        frames, height, width = size
        is_static = generator.random() < self.static
        canvas = np.zeros((height, width), np.uint8)
        for _ in range(generator.integers(self.count[0], self.count[1] + 1)):
            self._draw_stroke(generator, canvas)
        if is_static:
            return canvas[np.newaxis]
        left, top, columns, rows = cv2.boundingRect(canvas)
        shape = canvas[top : top + rows, left : left + columns]
        corners = motion.wander(
            generator, frames, room=(height - rows, width - columns), speeds=self.speeds
        )
        return motion.pasted(shape, corners, size)

    def _draw_stroke(self, generator: np.random.Generator, canvas: np.ndarray) -> None:
        size = np.array(canvas.shape)
        thickness = max(round(generator.uniform(*self.breadth) * size.min()), 1)
        count = generator.integers(self.pieces[0], self.pieces[1] + 1)
        mean = math.hypot(*size) / DIAGONALS
        turns = TURN + TURN_SPREAD * generator.uniform(-1.0, 1.0, count)
        turns[1::2] *= -1
        angles = generator.uniform(0.0, 2.0 * math.pi) + np.cumsum(turns)
        lengths = mean + mean / 2 * generator.standard_normal(count)
        lengths = np.clip(lengths, 0.0, 2.0 * mean)
        point = generator.random(2) * (size - 1)
        for angle, length in zip(angles, lengths, strict=True):
            step = length * np.array([np.sin(angle), np.cos(angle)])
            onward = np.clip(point + step, 0, size - 1)
            ends = [tuple(map(int, np.rint(one)[::-1])) for one in (point, onward)]
            cv2.line(canvas, *ends, 1, thickness)
            cv2.circle(canvas, ends[1], thickness // 2, 1, cv2.FILLED)
            point = onward
