"""The PASCAL palette, by which masks of objects are coloured.

palettes.pascal()[3]  # (128, 128, 0)
palettes.codes(colours)  # [H, W] of colours [H, W, 3]
"""

import functools

import numpy as np

# The palette spreads the bits of a number over the high bits of three colours.
BITS = 8
CHANNELS = 3


@functools.cache
def pascal() -> np.ndarray:
    """Returns the PASCAL palette [256, 3] uint8."""
    numbers = np.arange(2**BITS)
    palette = np.zeros((len(numbers), CHANNELS), np.uint8)
    for bit in range(BITS):
        place = BITS - 1 - bit // CHANNELS
        palette[:, bit % CHANNELS] |= ((numbers >> bit & 1) << place).astype(np.uint8)
    return palette


def codes(colours: np.ndarray) -> np.ndarray:
    """Returns the indices [H, W] of colours [H, W, 3] of the PASCAL palette."""
    indices = np.zeros(colours.shape[:2], np.uint8)
    for bit in range(BITS):
        place = BITS - 1 - bit // CHANNELS
        high = colours[..., bit % CHANNELS] >> place & 1
        indices |= (high << bit).astype(np.uint8)
    return indices


def is_pascal(colours: np.ndarray) -> np.ndarray:
    """Tells which pixels [H, W] have colours of the PASCAL palette."""
    return (pascal()[codes(colours)] == colours).all(-1)
