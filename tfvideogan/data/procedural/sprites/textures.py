"""A bank of periodic textures, built once per process and split.

Drawing noise for every clip would cost more than rendering it, so clips choose a tile,
a place on it and their colours. Every tile is periodic: a camera may wander over it
without end. Tiles are smooth (their finest grain is `GRAINS[-1]` texels), so that they
can be sampled at fractions of a texel and optical flow has something to hold on to.

    tiles = textures.bank("train")  # [32, 256, 256, 3] uint8
"""

import functools
import zlib

import cv2
import numpy as np

TILE_SIZE = 256
NUM_TILES = 32
# Value noise: the sizes of its cells in texels, and the fall of amplitude between them.
GRAINS = (64, 32, 16, 8, 4)
PERSISTENCE = 0.65
# Share of the pattern (waves, cells) beside plain noise in the first channel.
PATTERN_SHARE = 0.6
# How far noise bends the waves, in radians.
WAVE_BENDING = 5.0
# Contrast: these percentiles of a channel become black and white.
BLACK_WHITE_PERCENTILES = (2.0, 98.0)
# Changes whenever a pixel of any tile changes.
BANK_VERSION = 1


@functools.cache
def bank(split: str) -> np.ndarray:
    """Returns the tiles of a split: no two splits share a texture.

    Returns:
      [NUM_TILES, TILE_SIZE, TILE_SIZE, 3] uint8. The first channel carries the pattern,
      the two others smooth variations; all are meant to be mapped to colours.
    """
    key = [BANK_VERSION, zlib.crc32(split.encode())]
    generator = np.random.Generator(np.random.Philox(key=key))
    tiles = np.stack([_tile(generator, number) for number in range(NUM_TILES)])
    tiles.setflags(write=False)  # shared by all threads
    return tiles


def _tile(generator: np.random.Generator, number: int) -> np.ndarray:
    """Draws one tile [S, S, 3] uint8; its kind follows from its number."""
    pattern = (_value_noise, _waves, _cells)[number % 3](generator)
    noise = _value_noise(generator)
    main = PATTERN_SHARE * _stretched(pattern) + (1 - PATTERN_SHARE) * noise
    variations = [_value_noise(generator, skip_finest=2) for _ in range(2)]
    channels = [_stretched(channel) for channel in (main, *variations)]
    return np.round(np.stack(channels, axis=-1) * np.iinfo(np.uint8).max).astype(
        np.uint8
    )


def _value_noise(generator: np.random.Generator, skip_finest: int = 0) -> np.ndarray:
    """Sums octaves of periodic value noise; [S, S] float32 stretched to [0, 1]."""
    total = np.zeros((TILE_SIZE, TILE_SIZE), np.float32)
    for octave, grain in enumerate(GRAINS[: len(GRAINS) - skip_finest]):
        lattice = generator.random((TILE_SIZE // grain,) * 2, np.float32)
        total += PERSISTENCE**octave * _enlarged(lattice, grain)
    return _stretched(total)


def _enlarged(lattice: np.ndarray, grain: int) -> np.ndarray:
    """Enlarges a periodic lattice smoothly by `grain`."""
    rim = 2  # cubic interpolation reads two neighbours
    padded = np.pad(lattice, rim, mode="wrap")
    size = padded.shape[0] * grain
    large = cv2.resize(padded, (size, size), interpolation=cv2.INTER_CUBIC)
    return large[rim * grain : -rim * grain, rim * grain : -rim * grain]


def _waves(generator: np.random.Generator) -> np.ndarray:
    """Draws waves bent by noise, like marble or wood."""
    turns = generator.integers(3, 9, size=2) * generator.choice([-1, 1], size=2)
    ramp = np.arange(TILE_SIZE) / TILE_SIZE
    phase = turns[0] * ramp[None, :] + turns[1] * ramp[:, None]
    bending = WAVE_BENDING * _value_noise(generator, skip_finest=2)
    return np.sin(2 * np.pi * phase + bending).astype(np.float32)


def _cells(generator: np.random.Generator) -> np.ndarray:
    """Draws soft round cells: the distance to the nearest of some scattered points."""
    grid = TILE_SIZE // GRAINS[2]
    ys, xs = np.mgrid[:grid, :grid]
    jitter = generator.random((2, grid, grid))
    points = (np.stack([ys, xs]) + jitter) * GRAINS[2]
    seeds = np.ones((TILE_SIZE, TILE_SIZE), np.uint8)
    rows, columns = np.round(points).astype(int).reshape(2, -1) % TILE_SIZE
    seeds[rows, columns] = 0
    tiled = np.tile(seeds, (3, 3))  # a periodic distance: look at the middle of nine
    distance = cv2.distanceTransform(tiled, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    smooth = cv2.GaussianBlur(distance, (0, 0), 1.0)
    return smooth[TILE_SIZE : 2 * TILE_SIZE, TILE_SIZE : 2 * TILE_SIZE]


def _stretched(values: np.ndarray) -> np.ndarray:
    """Stretches the contrast of an array to [0, 1]."""
    low, high = np.percentile(values, BLACK_WHITE_PERCENTILES)
    return np.clip((values - low) / (high - low), 0, 1).astype(np.float32)
