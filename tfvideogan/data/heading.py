"""Which way somebody goes through a picture, estimated from its pixels.

KTH does not say which way its people go. Where something changes from frame to frame,
there the person is, and the middle of the changes moves as the person does.

    heading.direction(frames)  # action_captions.LEFT, NOWHERE or RIGHT
"""

import numpy as np

from tfvideogan.data import action_captions

# A pixel that changes by less than this is noise of the camera.
MIN_CHANGE = 16
# Who goes less far than this share of the picture's width, goes nowhere.
MIN_WAY = 0.15


def direction(frames: np.ndarray) -> int:
    """Estimates which way the only moving thing of a clip goes.

    Args:
      frames: [T, H, W, C] uint8, seen by a camera at rest.

    Returns:
      LEFT or RIGHT of `action_captions`, or NOWHERE when it does not go far.
    """
    grey = frames.mean(axis=-1, dtype=np.float32)
    changes = np.abs(np.diff(grey, axis=0)).sum(
        axis=1, where=_is_change(grey)
    )  # [T-1, W]
    weights = changes.sum(axis=1)
    if not weights.any():
        return action_captions.NOWHERE
    width = changes.shape[1]
    middles = changes @ np.arange(width) / np.maximum(weights, 1)
    # The slope of the line through the middles, each as heavy as its changes.
    times = np.arange(len(middles))
    times = times - np.average(times, weights=weights)
    spread = np.average(times**2, weights=weights)
    slope = np.average(times * middles, weights=weights) / max(spread, 1)
    way = slope * len(frames) / width
    return action_captions.NOWHERE if abs(way) < MIN_WAY else int(np.sign(way))


def _is_change(grey: np.ndarray) -> np.ndarray:
    """Returns where [T-1, H, W] a clip changes by more than noise."""
    return np.abs(np.diff(grey, axis=0)) >= MIN_CHANGE
