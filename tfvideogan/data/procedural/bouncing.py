"""Where the elements of a moving picture are: digits and icons that bounce, orbit, turn.

Four manners of moving, of one or more elements on one canvas:

| function     | what moves how                                                          |
|--------------|-------------------------------------------------------------------------|
| `bounce`     | straight on, mirrored at the walls, as in Moving MNIST [1]              |
| `stochastic` | integer steps; at a wall a new velocity is drawn, away from it [2]      |
| `axis`       | left and right, or up and down, mirrored at the walls, as in [3]        |
| `periodic`   | the six motions of `motion_captions`, each with a period in frames      |

Pixels of the screen: x to the right, y downwards, so that a growing angle turns
clockwise. An element is a box; its position is its upper left corner, and it never
leaves the canvas.

    stage = Stage((64, 64), np.full((2, 2), 28))
    paths = bounce(stage, generator, num_frames=20)
    paths.positions  # [20, 2, 2]

References:
  [1] Srivastava et al., Unsupervised learning of video representations using LSTMs,
      2015. There an element that would pass a wall is put onto it; here the path is
      mirrored exactly.
  [2] Denton and Fergus, Stochastic video generation with a learned prior, 2018.
  [3] Mittal et al., Sync-DRAW, 2017.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfvideogan.core import errors

# Of `motion_captions.MOTIONS` the first two keep to an axis, the horizontal one first;
# these numbers orbit and turn, and the second of a pair turns back.
NUM_AXES = 2
ORBITS = (2, 3)
SPINS = (4, 5)
BACKWARD = (3, 5)

# Distance per frame as a share of the free way, as in [1].
STEP = 0.1
# The fastest step of `stochastic` in pixels per frame, as in [2].
MAX_PIXELS = 4
# Fewest and most frames per cycle of `periodic`.
PERIODS = (8, 12)
# An orbit nearer to the middle than this share of the free way looks like standing.
MIN_RADIUS = 0.15
# Elements start at least so many pixels apart, if that many tries can do it.
APART = 4.0
TRIES = 5


@dataclasses.dataclass(frozen=True)
class Stage:
    """A canvas and the elements on it.

    Attributes:
      canvas: width and height in pixels.
      sizes: [n, 2], width and height of each element in pixels.
    """

    canvas: tuple[int, int]
    sizes: np.ndarray

    @property
    def room(self) -> np.ndarray:
        """[n, 2]: how far each element can go to the right and down, in pixels."""
        return np.maximum(np.subtract(self.canvas, self.sizes), 0)


@dataclasses.dataclass(frozen=True)
class Paths:
    """Where each element is at each frame.

    Attributes:
      positions: [T, n, 2], (x, y) of the upper left corner in pixels.
      rotations: [T, n], of the element about its centre, radians clockwise.
    """

    positions: np.ndarray
    rotations: np.ndarray

    def at(self, times: np.ndarray) -> "Paths":
        """Returns the paths at some of their frames."""
        return Paths(self.positions[times], self.rotations[times])


@dataclasses.dataclass(frozen=True)
class Cycles(Paths):
    """Paths that come back to where they began.

    Attributes:
      headings: [T, n], where an element that goes to and fro goes from each frame on: -1
        left or up, 1 right or down; 0 for other motions.
      periods: [n], frames per cycle.
    """

    headings: np.ndarray
    periods: np.ndarray


def check_periods(periods: tuple[int, int]) -> None:
    """Raises UserError when these are no fewest and most frames per cycle."""
    if not 1 < periods[0] <= periods[1]:
        raise errors.UserError(
            f"`periods` {tuple(periods)} must be two numbers of frames from 2 on, the "
            "smaller one first."
        )


def bounce(
    stage: Stage, generator: np.random.Generator, *, num_frames: int, step: float = STEP
) -> Paths:
    """Moves elements straight on in random directions, mirrored at the walls.

    Args:
      stage: canvas and elements.
      generator: draws starts and directions.
      num_frames: T of the result.
      step: distance per frame as a share of the free way.
    """
    count = len(stage.sizes)
    starts = generator.random((count, 2))
    angles = generator.uniform(0.0, 2 * np.pi, count)
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return _straight(stage, starts, step * directions, num_frames)


def axis(
    stage: Stage,
    generator: np.random.Generator,
    *,
    num_frames: int,
    motions: np.ndarray,
    step: float = STEP,
) -> Cycles:
    """Moves elements left and right (motion 0) or up and down (motion 1).

    Args:
      stage: canvas and elements.
      generator: draws starts and the first direction.
      num_frames: T of the result.
      motions: [n], 0 or 1.
      step: distance per frame as a share of the free way.
    """
    motions = np.asarray(motions)
    count = len(motions)
    starts = generator.random((count, 2))
    signs = generator.choice([-1.0, 1.0], count)
    directions = np.eye(NUM_AXES)[motions] * signs[:, None]
    paths = _straight(stage, starts, step * directions, num_frames)
    shares = starts[np.arange(count), motions]
    ways = shares + step * signs * np.arange(num_frames)[:, None]
    return Cycles(
        paths.positions,
        paths.rotations,
        headings=_headings(ways, signs),
        periods=np.full(count, 2 / step),
    )


def stochastic(
    stage: Stage, generator: np.random.Generator, *, num_frames: int
) -> Paths:
    """Moves elements by whole pixels; at a wall the velocity is drawn anew.

    Exactly the rule of the authors' code [2]: an element that has passed a wall is put
    onto it (one pixel short of the far ones), its speed away from the wall is drawn from
    1 to 4 and its speed along it from -4 to 4 pixels per frame.
    """
    draw = generator.integers
    room = stage.room.astype(np.int64)
    places = draw(np.maximum(room, 1))
    velocities = draw(-MAX_PIXELS, MAX_PIXELS + 1, room.shape)
    positions = np.zeros((num_frames, *room.shape))
    for t in range(num_frames):
        for place, velocity, limits in zip(places, velocities, room, strict=True):
            for along in (1, 0):  # vertical first, as in the authors' code
                if place[along] < 0:
                    place[along], away = 0, 1
                elif place[along] >= max(limits[along], 1):
                    place[along], away = max(limits[along] - 1, 0), -1
                else:
                    continue
                velocity[along] = away * draw(1, MAX_PIXELS + 1)
                velocity[1 - along] = draw(-MAX_PIXELS, MAX_PIXELS + 1)
        positions[t] = places
        places = places + velocities
    return Paths(positions, np.zeros(positions.shape[:2]))


def periodic(
    stage: Stage,
    generator: np.random.Generator,
    *,
    num_frames: int,
    motions: np.ndarray,
    periods: Sequence[int] = range(PERIODS[0], PERIODS[1] + 1),
) -> Cycles:
    """Moves each element by one of the six motions, over and over.

    To and fro is a triangle wave from wall to wall. An orbit keeps the element upright
    on an ellipse about the middle of the canvas. In place, the element turns about its
    centre, far enough from the walls that no corner is cut off. The first direction of
    a triangle wave is drawn: a single frame does not tell the motion.

    Args:
      stage: canvas and elements.
      generator: draws starts, first directions and periods.
      num_frames: T of the result.
      motions: [n], numbers in `motion_captions.MOTIONS`.
      periods: frames per cycle, equally likely.
    """
    motions = np.asarray(motions)
    room = stage.room
    starts = _starts(stage, generator)
    lengths = np.asarray(periods)[generator.integers(len(periods), size=len(motions))]
    signs = generator.choice([-1.0, 1.0], len(motions))
    radii = generator.uniform(MIN_RADIUS, 1.0, len(motions))
    cycles = np.arange(num_frames)[:, None] / lengths  # [T, n]
    turns = 2 * np.pi * cycles * np.where(np.isin(motions, BACKWARD), -1, 1)

    positions = np.broadcast_to(starts, (num_frames, *starts.shape)).copy()
    headings = np.zeros((num_frames, len(motions)), np.int64)
    for element, motion in enumerate(motions):
        if motion < NUM_AXES:
            share = starts[element, motion] / max(room[element, motion], 1)
            # A whole cycle is the way there and back: twice the free way.
            way = share + 2 * signs[element] * cycles[:, element]
            positions[:, element, motion] = _mirrored(way) * room[element, motion]
            headings[:, element] = _headings(way, signs[element])
        elif motion in ORBITS:
            positions[:, element] = _orbit(
                starts[element], room[element], turns[:, element], radii[element]
            )
        else:
            positions[:, element] = _inside(stage, element, starts[element])
    rotations = np.where(np.isin(motions, SPINS), turns, 0.0)
    return Cycles(positions, rotations, headings=headings, periods=lengths)


def _straight(
    stage: Stage, starts: np.ndarray, velocities: np.ndarray, num_frames: int
) -> Paths:
    """Follows straight paths in shares of the free way, [n, 2] each."""
    times = np.arange(num_frames)[:, None, None]
    positions = _mirrored(starts + velocities * times) * stage.room
    return Paths(positions, np.zeros(positions.shape[:2]))


def _mirrored(values: np.ndarray) -> np.ndarray:
    """Folds straight paths into [0, 1] as if its ends were mirrors."""
    return 1 - np.abs(values % 2 - 1)


def _headings(ways: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Returns where paths that `_mirrored` folds go: 1 to its upper end, or -1.

    Args:
      ways: straight paths, unfolded.
      signs: of their velocities.
    """
    return np.where(signs * ways % 2 < 1, 1, -1)


def _starts(stage: Stage, generator: np.random.Generator) -> np.ndarray:
    """Draws the first positions [n, 2], apart from each other if that is easy."""
    starts = np.zeros(stage.room.shape)
    for element, room in enumerate(stage.room):
        for _ in range(TRIES):
            starts[element] = generator.random(2) * room
            distances = np.linalg.norm(starts[:element] - starts[element], axis=-1)
            if (distances > APART).all():
                break
    return starts


def _orbit(
    start: np.ndarray, room: np.ndarray, turns: np.ndarray, radius: float
) -> np.ndarray:
    """Returns positions [T, 2] on the ellipse through `start`, or of a drawn radius."""
    middle = room / 2
    x, y = (start - middle) / np.maximum(middle, 1)
    if MIN_RADIUS <= np.hypot(x, y) <= 1.0:
        radius = np.hypot(x, y)
    angles = np.arctan2(y, x) + turns
    return middle + radius * middle * np.stack([np.cos(angles), np.sin(angles)], -1)


def _inside(stage: Stage, element: int, start: np.ndarray) -> np.ndarray:
    """Moves a position so far from the walls that the element can turn."""
    size = stage.sizes[element]
    margin = (np.hypot(*size) - size) / 2
    room = stage.room[element]
    low = np.minimum(
        margin, room / 2
    )  # an element that cannot turn stands in the middle
    return np.clip(start, low, room - low)
