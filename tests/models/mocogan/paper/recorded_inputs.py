"""What MoCoGAN's code was shown when tests/goldens/parity_mocogan.npz was recorded.

tools/parity_mocogan.py shows it to the original's networks, test_published.py to ours.
NumPy alone: the original's environment has no TensorFlow.
"""

import numpy as np

from tests import formula_weights

# The original's default sizes; all is at full width.
CONTENT, MOTION, CATEGORIES = 50, 10, 6
NUM_FRAMES, SIZE = 16, 64
NUM_CLIPS = 2
# Of what stands in the place of all noise of the discriminators: ones, times this.
NOISE = 0.1
# Categories of the real clips, and the frame of each that is a real image.
REAL_LABELS, REAL_TIMES = (2, 5), (3, 12)
# The original makes the codes of so many clips for as many fake images, and picks two
# frames of all of them.
IMAGE_CLIPS = NUM_CLIPS * NUM_FRAMES * 2
PICKED_CLIPS, PICKED_TIMES = (2, 43), (5, 12)


def codes(name: str, num_clips: int = NUM_CLIPS) -> dict[str, np.ndarray]:
    """Draws codes of clips.

    Returns:
      "content" [N, 50], "start" [N, 10] and "noise" [N, T, 10] in [-2, 2], and "labels"
      [N] int64, all of them different but for every sixth.
    """
    shapes = {
        "content": (num_clips, CONTENT),
        "start": (num_clips, MOTION),
        "noise": (num_clips, NUM_FRAMES, MOTION),
    }
    drawn = {
        part: formula_weights.uniform(f"{name}/{part}", shape, -2.0, 2.0)
        for part, shape in shapes.items()
    }
    return drawn | {"labels": (np.arange(num_clips) + 1) % CATEGORIES}


def clips() -> np.ndarray:
    """Draws real clips [N, T, 64, 64, 3] in [-1, 1]."""
    shape = (NUM_CLIPS, NUM_FRAMES, SIZE, SIZE, 3)
    return formula_weights.uniform("clips", shape, -1.0, 1.0)


def images() -> np.ndarray:
    """Picks a frame of each real clip, [N, 64, 64, 3]."""
    return clips()[np.arange(NUM_CLIPS), list(REAL_TIMES)]


def direction(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Draws what the gradient of a parameter is projected on."""
    return formula_weights.uniform(f"direction/{name}", shape, -1.0, 1.0)


def thinned(frames: np.ndarray) -> np.ndarray:
    """Keeps every fifth frame and every ninth pixel of [N, T, 64, 64, 3].

    Nine has no factor in common with the strides, so that all phases of the transposed
    convolutions are there, and the four corners.
    """
    return frames[:, ::5, ::9, ::9]
