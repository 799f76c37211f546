"""What CPNet's code was shown when tests/goldens/parity_cpnet.npz was recorded.

tools/parity_cpnet.py shows it to the original's networks, test_published.py to ours.
NumPy alone: the original's environment has no TensorFlow.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from tests import formula_weights

NUM_FRAMES, HEIGHT, WIDTH = 5, 32, 40
# Frames of one call: the target, and those it copies from.
TARGET, REFERENCES = 1, (0, 3)
# In the original's order, the transform that changes nothing.
THETA_BIAS = "A_Regressor.fc.bias"
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
KERNEL_AXES, GAIN = 4, np.float32(2.0**0.5)


def weights(shapes: Mapping[str, Sequence[int]]) -> dict[str, np.ndarray]:
    """Draws parameters.

    Kernels are as large as keeps features large behind ReLU, and transforms near the
    identity, so that what is painted depends on what is seen.
    """
    found = {name: formula_weights.weight(name, one) for name, one in shapes.items()}
    for name, shape in shapes.items():
        if len(shape) == KERNEL_AXES:
            found[name] *= GAIN
    if THETA_BIAS in found:
        found[THETA_BIAS] = np.array(IDENTITY, np.float32) + 0.2 * found[THETA_BIAS]
    return found


def frames() -> np.ndarray:
    """Draws a clip [1, T, H, W, 3] in [0, 1], as the original has it: blocks of colour."""
    coarse = (1, NUM_FRAMES, HEIGHT // 4, WIDTH // 4, 3)
    blocks = formula_weights.uniform("frames", coarse, 0.0, 1.0)
    return blocks.repeat(4, axis=2).repeat(4, axis=3)


def holes() -> np.ndarray:
    """Returns a hole that moves and one that stays, [1, T, H, W, 1]."""
    made = np.zeros((1, NUM_FRAMES, HEIGHT, WIDTH, 1), np.float32)
    for time in range(NUM_FRAMES):
        made[:, time, 8:22, 5 * time + 2 : 5 * time + 14] = 1
    made[:, :, 2:7, 20:27] = 1
    return made


def thinned(pixels: np.ndarray) -> np.ndarray:
    """Keeps every third row and column of [..., H, W, C], and all channels to 16."""
    return pixels[..., ::3, ::3, :16]
