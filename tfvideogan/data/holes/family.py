"""What a family of holes is: a drawn kind of masks.

    masks = random_shapes.RandomShapes().draw(generator, (8, 240, 432))

All that a family draws before it moves anything does not depend on the number of frames,
and frames are drawn in order: a longer clip begins like a shorter one. Masks are drawn on
whole pixels or in OpenCV's fixed point, so that one seed gives one mask everywhere.
"""

import dataclasses
from typing import ClassVar

import numpy as np

from tfvideogan.core import errors

Size = tuple[int, int, int]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Family:
    """Base of families.

    Attributes:
      name: for logs.
      borrows: whether masks are made of the objects of another clip.
    """

    name: ClassVar[str] = "family"
    borrows: ClassVar[bool] = False

    def draw(
        self,
        generator: np.random.Generator,
        size: Size,
        borrowed: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draws the holes of a clip.

        Args:
          generator: of this clip.
          size: T, H, W.
          borrowed: [T, H, W] uint8, objects of another clip, 1 = object; of a family
            that borrows.

        Returns:
          [T, H, W] uint8, 1 = hole, or [1, H, W] where nothing moves.
        """
        raise NotImplementedError(f"{type(self).__name__}.draw")


@dataclasses.dataclass(frozen=True, kw_only=True)
class MovingFamily(Family):
    """Base of families that move in some clips and stay where they are in others.

    Attributes:
      static: the probability that nothing moves.

    Raises:
      UserError: it is not between 0 and 1.
    """

    static: float = 0.5

    def __post_init__(self) -> None:
        check_probability(self, "static")


def check_probability(owner: object, name: str) -> None:
    """Raises UserError when a setting is not between 0 and 1."""
    value = getattr(owner, name)
    if not 0.0 <= value <= 1.0:
        raise errors.UserError(
            f"`{type(owner).__name__}.{name}` ({value}) must be between 0 and 1."
        )


def check_range(
    owner: object, name: str, least: float, most: float | None = None
) -> None:
    """Raises UserError when a pair (low, high) is out of order or out of bounds."""
    low, high = getattr(owner, name)
    if not least <= low <= high or (most is not None and high > most):
        bounds = f"{least:g} or more" if most is None else f"{least:g} to {most:g}"
        raise errors.UserError(
            f"`{type(owner).__name__}.{name}` ({low}, {high}) must be a lower and an "
            f"upper value of {bounds}."
        )
