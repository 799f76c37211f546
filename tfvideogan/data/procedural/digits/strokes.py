"""Digits drawn as strokes, where there are no handwritten ones. They are not MNIST.

Each digit is one to three lines through a few points. Every glyph has its own pen (how
broad), slant, size and turn, and a little unsteadiness of every point; its pictures are
laid out like those of MNIST, 20 of 28 pixels high, white on black. The splits have glyphs
of their own. In a gin file they take the place of `mnist.read_digits`:

    moving_digits.MovingDigits.digits = @strokes.draw_digits()
"""

import zlib

import numpy as np

from tfvideogan.core import errors
from tfvideogan.data import glyphs
from tfvideogan.data.procedural import capsules

# Part of the identity of every glyph; raise it on any change of a pixel.
GENERATOR_VERSION = 1
SIZE = 28
INNER_SIZE = 20  # pixels of the unit square in which the lines below are given
NUM_CLASSES = 10
# How glyphs differ: ranges, but for the unsteadiness, a standard deviation. Lengths are
# shares of the unit square, the turn is in radians (12 degrees).
PEN = (0.05, 0.09)
SLANT = (-0.25, 0.25)
SCALE = (0.85, 1.10)
TURN = (-0.21, 0.21)
UNSTEADINESS = 0.015
WHITE = np.iinfo(np.uint8).max


def draw_digits(
    *,
    num_glyphs: int = 3000,
    num_validation_glyphs: int = 500,
    num_test_glyphs: int = 500,
    seed: int = 0,
) -> glyphs.GlyphBank:
    """Draws the glyphs of train, validation and test; labels 0 to 9 take turns.

    Args:
      num_glyphs: of the training split.
      num_validation_glyphs: of the validation split.
      num_test_glyphs: of the test split.
      seed: of the glyphs.

    Raises:
      UserError: a split would lack a digit, or the seed is negative.
    """
    counts = {
        "train": num_glyphs,
        "validation": num_validation_glyphs,
        "test": num_test_glyphs,
    }
    for split, count in counts.items():
        if count < NUM_CLASSES:
            raise errors.UserError(
                f"The number of {split} glyphs ({count}) must be at least {NUM_CLASSES}: "
                "one of each digit."
            )
    if seed < 0:
        raise errors.UserError(f"`seed` ({seed}) must not be negative.")
    return glyphs.GlyphBank(
        name="strokes",
        description=(
            f"procedural digits of strokes, generator {GENERATOR_VERSION}, drawn from "
            f"seed {seed}"
        ),
        is_procedural=True,
        splits={split: _drawn(split, count, seed) for split, count in counts.items()},
    )


def _arc(centre: complex, radii: complex, first: float, last: float) -> list[complex]:
    """Returns points of an ellipse's arc; degrees from the right, clockwise."""
    count = 2 + int(abs(last - first) / ARC_STEP)
    angles = np.deg2rad(np.linspace(first, last, count))
    points = centre + radii.real * np.cos(angles) + 1j * radii.imag * np.sin(angles)
    return list(points)


ARC_STEP = 35.0  # degrees at most between two points of an arc
# The lines of each digit in the unit square, x + iy with y downwards.
LINES: tuple[tuple[list[complex], ...], ...] = (
    (_arc(0.5 + 0.5j, 0.30 + 0.45j, -90, 270),),
    ([0.32 + 0.25j, 0.55 + 0.05j, 0.55 + 0.95j],),
    ([*_arc(0.5 + 0.32j, 0.30 + 0.27j, -170, 45), 0.18 + 0.94j, 0.84 + 0.94j],),
    (
        _arc(0.46 + 0.28j, 0.30 + 0.23j, -150, 90),
        _arc(0.46 + 0.73j, 0.33 + 0.22j, -90, 150),
    ),
    (
        [0.60 + 0.05j, 0.15 + 0.66j, 0.86 + 0.66j],
        [0.66 + 0.38j, 0.66 + 0.95j],
    ),
    (
        [0.80 + 0.06j, 0.28 + 0.06j, 0.24 + 0.46j],
        [0.24 + 0.46j, *_arc(0.46 + 0.68j, 0.34 + 0.27j, -110, 145)],
    ),
    (
        [0.70 + 0.05j, 0.40 + 0.28j, 0.23 + 0.62j],
        _arc(0.5 + 0.71j, 0.28 + 0.24j, -180, 180),
    ),
    ([0.17 + 0.07j, 0.82 + 0.07j, 0.40 + 0.95j],),
    (
        _arc(0.5 + 0.27j, 0.24 + 0.22j, -90, 270),
        _arc(0.5 + 0.72j, 0.30 + 0.23j, -90, 270),
    ),
    (
        _arc(0.48 + 0.29j, 0.28 + 0.24j, 0, 360),
        [0.76 + 0.29j, 0.74 + 0.60j, 0.58 + 0.95j],
    ),
)


def _drawn(split: str, count: int, seed: int) -> glyphs.Glyphs:
    """Draws `count` glyphs of a split."""
    key = [seed, zlib.crc32(f"strokes/{GENERATOR_VERSION}/{split}".encode())]
    generator = np.random.Generator(np.random.Philox(key=key))
    labels = np.arange(count) % NUM_CLASSES
    pictures = np.zeros((count, SIZE, SIZE), np.uint8)
    for digit in range(NUM_CLASSES):
        places = np.flatnonzero(labels == digit)
        pictures[places] = _pictures(generator, LINES[digit], len(places))
    return glyphs.Glyphs(pictures, labels)


def _pictures(
    generator: np.random.Generator, lines: tuple[list[complex], ...], count: int
) -> np.ndarray:
    """Draws one digit `count` times, [count, S, S] uint8."""
    pen = generator.uniform(*PEN, count) * INNER_SIZE
    slant, scale, turn = (
        generator.uniform(*limits, (count, 1)) for limits in (SLANT, SCALE, TURN)
    )
    pictures = np.zeros((count, SIZE, SIZE), np.float32)
    for line in lines:
        shaken = generator.normal(0, UNSTEADINESS, (2, count, len(line)))
        is_closed = abs(line[0] - line[-1]) < UNSTEADINESS
        if is_closed:
            shaken[..., -1] = shaken[..., 0]
        points = np.asarray(line) - (0.5 + 0.5j) + shaken[0] + 1j * shaken[1]
        points = points - slant * points.imag
        points = points * scale * np.exp(1j * turn) * INNER_SIZE
        points = points + (1 + 1j) * (SIZE - 1) / 2
        for start, end in zip(points.T[:-1], points.T[1:], strict=True):
            capsules.paint(pictures, start, end, radius=pen, shade=1.0)
    return np.round(pictures * WHITE).astype(np.uint8)
