"""Holes along the borders: a video that is to be made larger (outpainting)."""

import dataclasses
from typing import ClassVar

import numpy as np

from tfvideogan.data.holes import family

# Which borders are missing: left and right, top and bottom, or all four.
SIDES = ((0, 1), (1, 0), (1, 1))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Borders(family.Family):
    """Static strips along two opposite borders, or all four, the same in every frame.

    Attributes:
      share: least and greatest breadth of a strip, relative to the picture's height or
        width.

    Raises:
      UserError: a value is out of range, or nothing would be left.
    """

    name: ClassVar[str] = "borders"

    share: tuple[float, float] = (0.05, 0.25)

    def __post_init__(self) -> None:
        family.check_range(self, "share", 0.0, 0.5)

    def draw(
        self,
        generator: np.random.Generator,
        size: family.Size,
        borrowed: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draws strips; see `family.Family.draw`."""
        _, height, width = size
        rows, columns = SIDES[generator.integers(len(SIDES))]
        shares = generator.uniform(*self.share, (2, 2))
        top, bottom = (rows * np.rint(shares[0] * height)).astype(int)
        left, right = (columns * np.rint(shares[1] * width)).astype(int)
        mask = np.ones((height, width), np.uint8)
        mask[top : height - bottom, left : width - right] = 0
        return mask[np.newaxis]
