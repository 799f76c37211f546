"""What the original of GAN-CLS was shown when parity_text2image.npz was recorded.

tools/parity_text2image.py shows it to the original's networks, test_published.py to ours.
NumPy alone: the original's environment has another TensorFlow.
"""

from collections.abc import Sequence

import numpy as np

from tests import formula_weights

# The published sizes; all is at full width, but for the 8,000 words.
VOCABULARY, NOISE, SIZE = 12, 512, 64
# Captions of different lengths, and the places of their wrong captions and images: each is
# wrong once, so that the statistics over all wrong images are those over the right ones.
TOKENS = ((1, 2, 3, 4, 5), (11, 4, 3, 0, 0), (7, 0, 0, 0, 0), (5, 6, 2, 10, 0))
LENGTHS = (5, 3, 1, 4)
WRONG = (2, 3, 1, 0)
# Gains, variances and matrices, by the last word of the original's names.
_AROUND_ONE = ("gamma", "moving_variance")


def weight(name: str, shape: Sequence[int]) -> np.ndarray:
    """Draws a variable of the original, whose outputs are the last axis.

    See `formula_weights.weight`, which has PyTorch's order of axes and names.
    """
    if len(shape) > 1:
        drawn = formula_weights.weight(name, (shape[-1], *shape[:-1]))
        return np.moveaxis(drawn, 0, -1)
    suffix = "/weight" if name.endswith(_AROUND_ONE) else ""
    return formula_weights.weight(f"{name}{suffix}", shape)


def images() -> np.ndarray:
    """Draws real images [N, 64, 64, 3] in [-1, 1]."""
    return formula_weights.uniform("images", (len(TOKENS), SIZE, SIZE, 3), -1.0, 1.0)


def noise() -> np.ndarray:
    """Draws noise [N, 512] in [-2, 2]."""
    return formula_weights.uniform("noise", (len(TOKENS), NOISE), -2.0, 2.0)


def direction(name: str, shape: Sequence[int]) -> np.ndarray:
    """Draws what the gradient of a variable is projected on."""
    return formula_weights.uniform(f"direction/{name}", shape, -1.0, 1.0)


def thinned(images: np.ndarray) -> np.ndarray:
    """Keeps every ninth pixel of [N, 64, 64, 3], of which none comes to lie alike."""
    return images[:, ::9, ::9]
