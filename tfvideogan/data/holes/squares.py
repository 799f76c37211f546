"""Holes of moving squares, which rebound from the border of the picture.

References:
  [1] Kim et al., Deep Video Inpainting (VINet), CVPR 2019, section 4: moving and flying
      squares are among its training masks. Numbers, sizes and speeds are ours.
"""

import dataclasses
from typing import ClassVar

import numpy as np

from tfvideogan.data.holes import family, motion


@dataclasses.dataclass(frozen=True, kw_only=True)
class Squares(family.MovingFamily):
    """Some squares, each of its own size and velocity.

    Attributes:
      static: the probability that they do not move.
      count: least and greatest number of squares.
      side: least and greatest side, relative to the picture's shorter side.
      speeds: least and greatest speed, pixels per frame.

    Raises:
      UserError: a value is out of range.
    """

    name: ClassVar[str] = "squares"

    count: tuple[int, int] = (1, 3)
    side: tuple[float, float] = (0.2, 0.5)
    speeds: tuple[float, float] = (0.0, 4.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        family.check_range(self, "count", 1)
        family.check_range(self, "side", 0.0, 1.0)
        family.check_range(self, "speeds", 0.0)

    def draw(
        self,
        generator: np.random.Generator,
        size: family.Size,
        borrowed: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draws squares and their ways; see `family.Family.draw`."""
        frames, height, width = size
        is_static = generator.random() < self.static
        count = generator.integers(self.count[0], self.count[1] + 1)
        sides = generator.uniform(*self.side, count) * min(height, width)
        sides = np.maximum(np.rint(sides).astype(int), 1)
        room = np.array([height, width]) - sides[:, np.newaxis]
        start = generator.random((count, 2)) * room
        speeds = generator.uniform(*self.speeds, count)
        angles = generator.uniform(0.0, 2.0 * np.pi, count)
        velocity = speeds[:, np.newaxis] * np.stack([np.sin(angles), np.cos(angles)], 1)
        length = 1 if is_static else frames
        corners = motion.bounce(start, velocity, length, room=room)
        masks = np.zeros((length, height, width), np.uint8)
        for number, side in enumerate(sides):
            square = np.ones((side, side), np.uint8)
            masks |= motion.pasted(square, corners[:, number], masks.shape)
        return masks
