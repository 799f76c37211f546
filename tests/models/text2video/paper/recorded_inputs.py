"""What the notebooks' code was shown when tests/goldens/parity_text2video.npz was recorded.

tools/parity_text2video.py shows it to the original's networks, test_published.py to ours.
NumPy alone.
"""

from collections.abc import Iterable

import numpy as np

from tests import formula_weights

# The code fits one size.
SIDE, HISTORY, FILTERS = 128, 10, 8
SENTENCE_LENGTH, NUM_WORDS = 1, 2
# How many frames of history each example has.
LENGTHS = (1, 4, 10)
# Of the skip's dropout; in training it was replaced by a factor of 1 + rate, so that its
# places show.
RATE = 0.5
# Frames of a rollout after which the original ends with an error.
ROLLOUT = 10
# Goldens hold every fourth row and column of a frame.
THINNING = 4


def history() -> np.ndarray:
    """Returns frames [N, 10, 128, 128, 1] in [0, 1], oldest first; see `LENGTHS`."""
    return _frames("history", len(LENGTHS), HISTORY)


def volume() -> np.ndarray:
    """Returns what the original makes of the last `LENGTHS`: [N, 128, 128, 10]."""
    made = np.zeros([len(LENGTHS), SIDE, SIDE, HISTORY], np.float32)
    for one, frames, length in zip(made, history(), LENGTHS, strict=True):
        one[..., :length] = np.moveaxis(frames[-length:, ..., 0], 0, -1)
    return made


def captions() -> np.ndarray:
    """Returns stand-ins for one-hot captions, [N, 2].

    They are large: ones would be lost among 16,384 features.
    """
    return formula_weights.uniform("captions", (len(LENGTHS), NUM_WORDS), -90.0, 90.0)


def targets() -> np.ndarray:
    """Returns frames [N, 128, 128, 1] in [0, 1]."""
    return _frames("targets", len(LENGTHS))


def first_frame() -> np.ndarray:
    """Returns the frame [128, 128, 1] in [0, 1] that a rollout begins with."""
    return _frames("first")


def thinned(frames: np.ndarray) -> np.ndarray:
    """Returns every fourth row and column of frames [..., 128, 128, 1]."""
    return np.asarray(frames)[..., ::THINNING, ::THINNING, :]


def weights(parameters: Iterable[str]) -> dict[str, np.ndarray]:
    """Returns weights by formula of "name size size ..."."""
    lines = [line.split() for line in parameters]
    return {name: _weight(name, [int(one) for one in sizes]) for name, *sizes in lines}


def _weight(name: str, shape: list[int]) -> np.ndarray:
    """Kernels of variance 2 / fan-in, which ReLU halves; gains and variances about 1."""
    if len(shape) > 1:
        bound = float(np.sqrt(6.0 / np.prod(shape[:-1])))
        return formula_weights.uniform(name, shape, -bound, bound)
    centre = 1.0 if name.endswith(("gamma", "moving_variance")) else 0.0
    spread = formula_weights.SPREAD
    return formula_weights.uniform(name, shape, centre - spread, centre + spread)


def _frames(name: str, *sizes: int) -> np.ndarray:
    """Noise on a slow wave."""
    shape = (*sizes, SIDE, SIDE, 1)
    noise = formula_weights.uniform(name, shape, 0.0, 0.5)
    phases = formula_weights.uniform(f"{name}.phases", (*sizes, 1, 1, 1), 0.0, 8.0)
    rows = np.linspace(0.0, 6.0, SIDE, dtype=np.float32)[:, None, None]
    columns = np.linspace(0.0, 4.0, SIDE, dtype=np.float32)[None, :, None]
    wave = np.sin(rows + columns + phases)
    return (noise + 0.25 + 0.25 * wave).astype(np.float32)
