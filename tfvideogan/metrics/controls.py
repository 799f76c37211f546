"""Real clips with one thing wrong: what a distance of videos has to notice.

    controls.damage("shuffled", clips)   # [N, T, H, W, C] -> the same shape

    shuffled    frames in a random order
    reversed    frames from the last to the first
    frozen      the first frame, as long as the clip
    blurred     every frame blurred a little, the motion untouched

A distance that finds a small blur worse than frames in no order judges pictures, not
motion [1]. What is drawn depends on the clip alone: the same clip is damaged alike in
every run and in every batch.

References:
  [1] Ge et al., On the Content Bias in Fréchet Video Distance, CVPR 2024.
"""

import hashlib
from collections.abc import Callable, Mapping

import cv2
import numpy as np

# Standard deviation of the blur as a share of the height: one pixel of 64.
BLUR = 1.0 / 64.0
_SEED_BYTES = 8


def damage(name: str, clips: np.ndarray) -> np.ndarray:
    """Damages clips [N, T, H, W, C], uint8 or floats, by a name of `CONTROLS`."""
    return np.stack([CONTROLS[name](clip) for clip in clips])


def _shuffled(clip: np.ndarray) -> np.ndarray:
    digest = hashlib.sha256(np.ascontiguousarray(clip)).digest()
    seed = int.from_bytes(digest[:_SEED_BYTES], "little")
    generator = np.random.default_rng(seed)
    order = np.arange(len(clip))
    # Two frames come out in order every second time.
    while len(clip) > 1 and (order == np.arange(len(clip))).all():
        order = generator.permutation(len(clip))
    return clip[order]


def _reversed(clip: np.ndarray) -> np.ndarray:
    return clip[::-1]


def _frozen(clip: np.ndarray) -> np.ndarray:
    return np.repeat(clip[:1], len(clip), axis=0)


def _blurred(clip: np.ndarray) -> np.ndarray:
    sigma = clip.shape[1] * BLUR
    frames = [
        cv2.GaussianBlur(frame, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
        for frame in clip
    ]
    return np.stack(frames).reshape(clip.shape)  # OpenCV drops a single channel


CONTROLS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "shuffled": _shuffled,
    "reversed": _reversed,
    "frozen": _frozen,
    "blurred": _blurred,
}
