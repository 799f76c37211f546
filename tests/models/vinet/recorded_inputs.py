"""What VINet's code was shown when tests/goldens/parity_vinet.npz was recorded.

tools/parity_vinet.py shows it to the original's network, test_published.py to ours. NumPy
alone: the original's environment has no TensorFlow.
"""

from collections.abc import Iterable

import numpy as np

from tests import formula_weights

# Sides of a frame, of the network for 256x256 and of that for 512x512.
SIZES = {"single": (48, 64), "double": (64, 64)}
# t-6, t-3, t, t+3, t+6; the frame that is filled is the middle one.
NUM_FRAMES, MIDDLE = 5, 2
# Of the previous output's holes in the network for 512x512.
SHARE = 0.5
# Features of gated convolutions keep their size: 1 / sqrt(E[relu²] E[sigmoid²]).
GATED_GAIN = 2.6
GATED = ("encoder", "bottleneck", "decoder", "st_agg")
# Flows are some pixels long.
FLOW_GAIN = 6.0
TO_FLOW = "flow_estimator.conv1.weight"
EVERY = 3


def weights(parameters: Iterable[str]) -> dict[str, np.ndarray]:
    """Makes parameters of lines "name size size ..."."""
    made = {}
    for name, *sizes in (line.split() for line in parameters):
        array = formula_weights.weight(name, [int(one) for one in sizes])
        if name.startswith(GATED):
            array *= np.float32(GATED_GAIN)
        if name.endswith(TO_FLOW):
            array *= np.float32(FLOW_GAIN)
        made[name] = array
    return made


def clip(kind: str, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Draws what a step sees.

    Args:
      kind: a key of `SIZES`.
      step: 0 or 1.

    Returns:
      Frames [1, 5, H, W, 3] in [-1, 1], 0 in the holes, and holes [1, 5, H, W, 1].
    """
    height, width = SIZES[kind]
    shape = (1, NUM_FRAMES, height, width, 3)
    frames = formula_weights.uniform(f"{kind}/{step}", shape, -1.0, 1.0)
    holes = np.zeros((*shape[:-1], 1), np.float32)
    for number in range(NUM_FRAMES):
        top, left = 8 + 3 * number + step, 12 + 5 * number
        holes[:, number, top : top + 14, left : left + 17] = 1.0
    return frames * (1.0 - holes), holes


def thinned(maps: np.ndarray) -> np.ndarray:
    """Keeps every third row and column of [N, H, W, C]."""
    return maps[:, ::EVERY, ::EVERY]
