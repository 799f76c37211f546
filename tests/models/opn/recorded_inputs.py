"""What OPN's code was shown when tests/goldens/parity_opn.npz was recorded.

tools/parity_opn.py shows it to the original's networks, test_published.py to ours. NumPy
alone: the original's environment has no TensorFlow.
"""

import numpy as np

from tests import formula_weights

# Two frames of them are remembered, every second; of films every fifth.
NUM_FRAMES, HEIGHT, WIDTH = 3, 40, 48
MEMORY_EVERY = 2
# Of what is recorded, one number in so many.
THINNING = 13


def frames() -> np.ndarray:
    """Draws frames [T, H, W, 3] in [0, 1]: coarse squares with some grain."""
    shape = (NUM_FRAMES, HEIGHT // 8, WIDTH // 8, 3)
    coarse = formula_weights.uniform("squares", shape, 0.1, 0.9)
    whole = coarse.repeat(8, axis=1).repeat(8, axis=2)
    return whole + formula_weights.uniform("grain", whole.shape, -0.1, 0.1)


def holes() -> np.ndarray:
    """Returns a rectangle that moves, [T, H, W, 1]; 22 x 20 pixels, two peels deep."""
    found = np.zeros((NUM_FRAMES, HEIGHT, WIDTH, 1), np.float32)
    for time in range(NUM_FRAMES):
        left = 5 + 7 * time
        found[time, 9:31, left : left + 20] = 1.0
    return found


def thinned(array: np.ndarray) -> np.ndarray:
    """Returns some of the numbers, channels last."""
    return np.ravel(array)[::THINNING].astype(np.float32)
