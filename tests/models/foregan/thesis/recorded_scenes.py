"""What VOS-ForeGAN was shown when tests/goldens/parity_foregan.npz was recorded.

tools/parity_foregan.py shows it to the original's networks, test_published.py to ours.
NumPy alone: the original's environment has no TensorFlow.
"""

import numpy as np

from tests import formula_weights

# Frames of a rollout, which the networks read whole. Three steps: the memory is empty in
# the first, made of one state in the second, and of a made one in the third.
ROLLOUT = {"num_frames": 4, "height": 16, "width": 24}
# Losses on frames of a patch's size: a patch has one place, so that none is drawn. Two
# steps show that the original sums over them.
GENERATOR_LOSS = {"num_frames": 3, "height": 60, "width": 112}
# In one step the original's critics judge what the generators learn from. (In later ones
# its rollout for the critics keeps the first mask.) Without an object the only real patch
# touches none.
CRITIC_LOSS = {"num_frames": 2, "height": 60, "width": 112, "has_object": False}
# The share of real samples in what the penalties look at.
MIX = 0.5


def scene(
    name: str, *, num_frames: int, height: int, width: int, has_object: bool = True
) -> dict[str, np.ndarray]:
    """Draws a clip and its first layers.

    Returns:
      "frames" [T, H, W, 3] and "background" [1, H, W, 3] in [-1, 1], "codes" of the flow
      [T-1, H, W, 2] in [0, 1], "mask" [1, H, W, 1] of zeros and ones and "foreground"
      [1, H, W, 3], the first frame before black.
    """
    size = (height, width)
    frames = formula_weights.uniform(f"{name}/frames", (num_frames, *size, 3), -1, 1)
    background = formula_weights.uniform(f"{name}/background", (1, *size, 3), -1, 1)
    codes = formula_weights.uniform(f"{name}/codes", (num_frames - 1, *size, 2), 0, 1)
    mask = np.zeros((1, *size, 1), np.float32)
    if has_object:
        mask[:, height // 4 : height // 2, width // 4 : width // 2] = 1.0
    return {
        "frames": frames,
        "background": background,
        "codes": codes,
        "mask": mask,
        "foreground": mask * (frames[:1] + 1.0) - 1.0,
    }


def judged() -> dict[str, np.ndarray]:
    """Draws what the critics score.

    Returns:
      "patches" [2, 60, 112, 3] and "foreground" [1, 92, 144, 3] in [-1, 1] and "mask"
      [1, 60, 112, 1] in [0, 1]. The sides 92 and 144 are odd after some halvings and
      leave a map of 3x3 scores.
    """
    uniform = formula_weights.uniform
    return {
        "patches": uniform("judged/patches", (2, 60, 112, 3), -1, 1),
        "foreground": uniform("judged/foreground", (1, 92, 144, 3), -1, 1),
        "mask": uniform("judged/mask", (1, 60, 112, 1), 0, 1),
    }
