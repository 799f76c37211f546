"""Moving shapes: a circle or a square on a Bezier curve, in two classes of motion.

Re-made after the strips that the authors of MoCoGAN [1] published (600 clips of 32 frames
of 64x64), by measuring them: black ground, one flat colour drawn evenly from RGB, sides of
8, 10, 12 or 14 pixels, whole-pixel positions on a curve of degree 4. The curve begins and
ends at the same place across the direction of motion, which is

| label | name       | begins at | ends at  |
|-------|------------|-----------|----------|
| 0     | vertical   | bottom    | top      |
| 1     | horizontal | right     | left     |

(the paper speaks of top to bottom and left to right; its strips run the other way).
Three control points between the ends are drawn evenly from where a shape may be. Do not
mirror or reverse these clips in training: the class says where they begin.

Every position and every colour is known, so content and motion have exact scores:

    source = Shapes(frames=16, height=64, width=64)
    shape = source.shape("test", 3)
    shape.colour, shape.centres()

All arithmetic is of whole numbers: a clip is the same on every machine.

[1] Tulyakov et al., MoCoGAN, 2018, section 4.
"""

import dataclasses
import math

import numpy as np

from tfvideogan.core import errors
from tfvideogan.data.procedural import procedural

CLASSES = ("vertical", "horizontal")
KINDS = ("circle", "square")
# Sides of the shapes in pixels on a screen of REFERENCE_SIZE; even, as the circle needs.
SIDES = (8, 10, 12, 14)
REFERENCE_SIZE = 64
MIN_SIZE = 16
# First row or column that a shape may touch, and how many are left free behind the last.
MARGIN_BEFORE = 1
MARGIN_BEHIND = 2
DEGREE = 4
TOP = np.iinfo(np.uint8).max


@dataclasses.dataclass(frozen=True)
class Shape:
    """All that can be known about a clip.

    Attributes:
      label: number of its class in `CLASSES`.
      kind: one of `KINDS`.
      side: of its bounding box in pixels.
      colour: [3] uint8.
      corners: [T, 2] int64, (x, y) of the bounding box's first pixel.
    """

    label: int
    kind: str
    side: int
    colour: np.ndarray
    corners: np.ndarray

    def centres(self) -> np.ndarray:
        """Returns the middle of the bounding box, [T, 2] float64 pixels (x, y)."""
        return self.corners + (self.side - 1) / 2

    def stencil(self) -> np.ndarray:
        """Returns where the bounding box is filled, [side, side] bool."""
        if self.kind == "square":
            return np.ones((self.side, self.side), bool)
        radius = self.side // 2
        # Half a pixel off the middle and a little generous, as in the published strips.
        offsets = np.arange(self.side) - (radius - 1)
        squares = offsets[:, None] ** 2 + offsets**2
        is_inner = np.abs(offsets) < radius
        generous = (squares == radius**2 + 1) & is_inner[:, None] & is_inner
        return (squares <= radius**2) | generous


@dataclasses.dataclass(kw_only=True, eq=False)
class Shapes(procedural.Procedural):
    """Moving shapes; a `source.ClipSource` with labels.

    Its settings are those of `procedural.Procedural`; `height` and `width` are at least
    16, a shape crosses the screen in `clip_frames`, and the paper has 4,000 training clips.
    """

    name = "shapes"
    version = 1

    num_train_clips: int = 4000
    num_validation_clips: int = 256
    num_test_clips: int = 256
    clip_frames: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, size in (("height", self.height), ("width", self.width)):
            if size < MIN_SIZE:
                raise errors.UserError(
                    f"`{name}` ({size}) must be at least {MIN_SIZE}."
                )
        if self.clip_frames < 2:
            raise errors.UserError(
                f"`clip_frames` ({self.clip_frames}) must be at least 2: a way has two "
                "ends."
            )
        self.spec = self.make_spec(num_classes=len(CLASSES))

    def shape(self, split: str, index: int) -> Shape:
        """Returns what is true of a clip; classes and kinds take turns."""
        generator = self.generator(split, index)
        label = index % len(CLASSES)
        kind = KINDS[index // len(CLASSES) % len(KINDS)]
        shorter = min(self.spec.height, self.spec.width)
        side = _scaled(int(generator.choice(SIDES)), shorter)
        colour = generator.integers(0, TOP, 3, dtype=np.uint8, endpoint=True)
        room = np.asarray([self.spec.width, self.spec.height]) - side
        last = room - MARGIN_BEHIND
        points = generator.integers(
            MARGIN_BEFORE, last, (DEGREE + 1, 2), endpoint=True
        )  # [K, (x, y)]
        along, across = (1, 0) if CLASSES[label] == "vertical" else (0, 1)
        points[0, along], points[-1, along] = last[along], MARGIN_BEFORE
        points[-1, across] = points[0, across]
        corners = _bezier(points, self.clip_frames)
        return Shape(label, kind, side, colour, corners)

    def trajectory(self, split: str, index: int) -> np.ndarray:
        """Returns where the shape's middle is, [clip_frames, 2] pixels (x, y)."""
        return self.shape(split, index).centres()

    def render(
        self, split: str, index: int, start: int = 0, frames: int | None = None
    ) -> dict[str, np.ndarray]:
        """Draws a window of a clip: frames and label."""
        shape = self.shape(split, index)
        times = self.times(start, frames)
        pictures = np.zeros(
            (len(times), self.spec.height, self.spec.width, 3), np.uint8
        )
        painted = shape.stencil()[..., None] * shape.colour
        for picture, (x, y) in zip(pictures, shape.corners[times], strict=True):
            picture[y : y + shape.side, x : x + shape.side] = painted
        return {"frames": pictures, "labels": np.asarray(shape.label, np.int32)}


def _scaled(side: int, shorter: int) -> int:
    """Returns a side on a screen of another size: the nearest even number."""
    return 2 * ((side * shorter + REFERENCE_SIZE) // (2 * REFERENCE_SIZE))


def _bezier(points: np.ndarray, steps: int) -> np.ndarray:
    """Returns `steps` points of a Bezier curve, rounded down, in whole numbers.

    Args:
      points: [K, 2] int64 control points; the curve goes from the first to the last.
      steps: T, at least 2, evenly spaced in the curve's parameter.

    Returns:
      [T, 2] int64.
    """
    degree = len(points) - 1
    orders = np.arange(degree + 1)
    choices = np.asarray([math.comb(degree, order) for order in orders])
    done = np.arange(steps)[:, None]
    left = done[::-1]
    weights = choices * done**orders * left ** (degree - orders)  # [T, K]
    return weights @ points // (steps - 1) ** degree
