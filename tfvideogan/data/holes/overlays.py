"""Static holes where something lies over a video: boxes, logos, lines of a caption.

What they cover is covered in every frame: unless the scene moves behind them, no frame
shows it.
"""

import dataclasses
from typing import ClassVar

import cv2
import numpy as np

from tfvideogan.data.holes import family

# A logo keeps this distance from the border, relative to the picture's shorter side.
LOGO_MARGIN = 0.05
# Letters are drawn on a lattice of points, by strokes from point to point.
LETTER_ROWS, LETTER_COLUMNS = 3, 2
LETTER_STROKES = (2, 4)
LETTERS_OF_A_WORD = (2, 8)
# Relative to the height of a letter: its width, the gap behind it, the breadth of a stroke
# and the space between lines.
LETTER_WIDTH, LETTER_GAP, LETTER_BREADTH, LINE_GAP = 0.6, 0.3, 0.2, 0.4


@dataclasses.dataclass(frozen=True, kw_only=True)
class Boxes(family.Family):
    """Some boxes at any place.

    Attributes:
      count: least and greatest number of boxes.
      side: least and greatest height and width, relative to the picture's own.

    Raises:
      UserError: a value is out of range.
    """

    name: ClassVar[str] = "boxes"

    count: tuple[int, int] = (1, 3)
    side: tuple[float, float] = (0.1, 0.5)

    def __post_init__(self) -> None:
        family.check_range(self, "count", 1)
        family.check_range(self, "side", 0.0, 1.0)

    def draw(
        self,
        generator: np.random.Generator,
        size: family.Size,
        borrowed: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draws boxes; see `family.Family.draw`."""
        whole = np.array(size[1:])
        mask = np.zeros(size[1:], np.uint8)
        for _ in range(generator.integers(self.count[0], self.count[1] + 1)):
            sides = _pixels(generator.uniform(*self.side, 2) * whole)
            top, left = _pixels(generator.random(2) * (whole - sides), least=0)
            mask[top : top + sides[0], left : left + sides[1]] = 1
        return mask[np.newaxis]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Logos(family.Family):
    """A box or an ellipse in a corner.

    Attributes:
      side: least and greatest height and width, relative to the picture's shorter side.

    Raises:
      UserError: a value is out of range.
    """

    name: ClassVar[str] = "logos"

    side: tuple[float, float] = (0.1, 0.3)

    def __post_init__(self) -> None:
        family.check_range(self, "side", 0.0, 1.0)

    def draw(
        self,
        generator: np.random.Generator,
        size: family.Size,
        borrowed: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draws a logo; see `family.Family.draw`."""
        whole = np.array(size[1:])
        shorter = whole.min()
        sides = _pixels(generator.uniform(*self.side, 2) * shorter)
        margin = np.minimum(round(LOGO_MARGIN * shorter), whole - sides)
        is_far = generator.integers(0, 2, 2)  # from the top, from the left
        top, left = np.where(is_far, whole - sides - margin, margin)
        logo = np.ones(sides, np.uint8)
        if generator.random() < 0.5:
            logo = cv2.getStructuringElement(
                cv2.MORPH_ELLIPSE, tuple(map(int, sides[::-1]))
            )
        mask = np.zeros(size[1:], np.uint8)
        mask[top : top + sides[0], left : left + sides[1]] = logo
        return mask[np.newaxis]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Captions(family.Family):
    """Lines of made-up letters near the lower border.

    Attributes:
      lines: least and greatest number of lines.
      letter: least and greatest height of a letter, relative to the picture's.
      length: least and greatest length of a line, relative to the picture's width.
      margin: of the lowest line from the border, relative to the picture's height.

    Raises:
      UserError: a value is out of range.
    """

    name: ClassVar[str] = "captions"

    lines: tuple[int, int] = (1, 2)
    letter: tuple[float, float] = (0.06, 0.12)
    length: tuple[float, float] = (0.5, 0.9)
    margin: float = 0.05

    def __post_init__(self) -> None:
        family.check_range(self, "lines", 1)
        family.check_range(self, "letter", 0.0, 1.0)
        family.check_range(self, "length", 0.0, 1.0)
        family.check_probability(self, "margin")

    def draw(
        self,
        generator: np.random.Generator,
        size: family.Size,
        borrowed: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draws lines of letters; see `family.Family.draw`."""
        _, height, width = size
        mask = np.zeros((height, width), np.uint8)
        letter = max(round(generator.uniform(*self.letter) * height), LETTER_ROWS)
        bottom = height - 1 - round(self.margin * height)
        for _ in range(generator.integers(self.lines[0], self.lines[1] + 1)):
            length = round(generator.uniform(*self.length) * width)
            _write(
                generator, mask, bottom - letter, (width - length) // 2, letter, length
            )
            bottom -= round((1.0 + LINE_GAP) * letter)
        return mask[np.newaxis]


def _write(
    generator: np.random.Generator,
    mask: np.ndarray,
    top: int,
    left: int,
    height: int,
    length: int,
) -> None:
    """Writes a line of letters into a mask."""
    width = LETTER_WIDTH * height
    advance = width + LETTER_GAP * height
    thickness = max(round(LETTER_BREADTH * height), 1)
    lattice = np.array(
        [
            (column * width / (LETTER_COLUMNS - 1), row * height / (LETTER_ROWS - 1))
            for row in range(LETTER_ROWS)
            for column in range(LETTER_COLUMNS)
        ]
    )
    until_space = generator.integers(LETTERS_OF_A_WORD[0], LETTERS_OF_A_WORD[1] + 1)
    for place in range(int(length / advance)):
        if place == until_space:
            word = generator.integers(LETTERS_OF_A_WORD[0], LETTERS_OF_A_WORD[1] + 1)
            until_space = place + 1 + word
            continue
        strokes = generator.integers(LETTER_STROKES[0], LETTER_STROKES[1] + 1)
        order = generator.permutation(len(lattice))[: strokes + 1]
        points = lattice[order] + (left + place * advance, top)
        cv2.polylines(mask, [np.rint(points).astype(np.int32)], False, 1, thickness)


def _pixels(lengths: np.ndarray, least: int = 1) -> np.ndarray:
    return np.maximum(np.rint(lengths).astype(int), least)
