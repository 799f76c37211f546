"""Weights and inputs that two implementations can make without exchanging a file.

    weight = formula_weights.weight("G.main.0.weight", (64, 3, 7, 7))
    frames = formula_weights.uniform("frames", (2, 3, 16, 24), -1.0, 1.0)

Each name seeds a Philox stream of its own. Its raw bits are the same in every version of
NumPy; what NumPy makes of them is not promised to be. The tools that record the outputs
of original code use this file, and so do the tests that meet the recordings.
"""

import math
import zlib
from collections.abc import Sequence

import numpy as np

# Of biases, and of gains and variances about 1.
SPREAD = 0.25
_AROUND_ONE = ("weight", "running_var")


def uniform(name: str, shape: Sequence[int], low: float, high: float) -> np.ndarray:
    """Draws float32 numbers of `shape` in [low, high), a function of the name."""
    size = math.prod(shape)
    words = np.random.Philox(key=zlib.crc32(name.encode())).random_raw((size + 1) // 2)
    bits = words.astype("<u8").view("<u4")[:size]
    # As many bits as a float32 holds exactly.
    unit = (bits >> 8).astype(np.float32) * np.float32(2.0**-24)
    return (low + (high - low) * unit).astype(np.float32).reshape(shape)


def weight(name: str, shape: Sequence[int]) -> np.ndarray:
    """Draws a parameter of a PyTorch state_dict.

    Args:
      name: with the network before it, "G.main.0.weight".
      shape: as PyTorch has it: matrices and kernels begin with [out, in].

    Returns:
      Matrices and kernels of variance 1 / fan-in, so that features keep their size;
      gains and variances about 1; biases and means about 0.
    """
    if len(shape) > 1:
        bound = math.sqrt(3.0 / math.prod(shape[1:]))
        return uniform(name, shape, -bound, bound)
    centre = 1.0 if name.endswith(_AROUND_ONE) else 0.0
    return uniform(name, shape, centre - SPREAD, centre + SPREAD)


def weights(shapes: dict[str, Sequence[int]]) -> dict[str, np.ndarray]:
    """Draws every parameter of a state_dict, by name."""
    return {name: weight(name, shape) for name, shape in shapes.items()}
