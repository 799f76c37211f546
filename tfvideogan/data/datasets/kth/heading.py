"""Which way somebody goes through a picture, estimated from its pixels.

KTH does not say which way its people go. Where something changes from frame to frame,
there the person is; the middle of the changes moves as the person does. The median of
its steps is not misled by limbs that swing, by somebody who is not in the picture all
the time, or who comes back.

    heading.direction(frames)  # action_captions.LEFT, NOWHERE or RIGHT

Of 120 procedural walkers, joggers and runners at 64x64 it finds all directions, from 20
frames and from 50.
"""

import numpy as np

from tfvideogan.data import action_captions

# A pixel that changes by less than this is noise of the camera.
MIN_CHANGE = 16
# Who goes less far than this share of the picture's width, goes nowhere.
MIN_WAY = 0.15
# A step is taken over so many frames, in which limbs swing less far than a body goes.
STEP = 4
# Frames with less change than this share of the median show no person, or half of one.
MIN_SHARE = 0.2


def direction(frames: np.ndarray) -> int:
    """Estimates which way the only moving thing of a clip goes.

    Args:
      frames: [T, H, W, C] uint8, seen by a static camera.

    Returns:
      LEFT or RIGHT of `action_captions`, or NOWHERE when it does not go far.
    """
    grey = frames.mean(axis=-1, dtype=np.float32)
    changes = np.abs(np.diff(grey, axis=0))
    changes = np.where(changes >= MIN_CHANGE, changes, 0).sum(axis=1)  # [T-1, W]
    weights = changes.sum(axis=1)
    lag = min(STEP, len(weights) - 1)
    if lag < 1 or not weights.any():
        return action_captions.NOWHERE
    width = changes.shape[1]
    middles = changes @ np.arange(width) / np.maximum(weights, 1)
    is_seen = weights >= MIN_SHARE * np.median(weights[weights > 0])
    steps = (middles[lag:] - middles[:-lag])[is_seen[lag:] & is_seen[:-lag]]
    if not len(steps):
        return action_captions.NOWHERE
    way = np.median(steps) / lag * len(frames) / width
    return action_captions.NOWHERE if abs(way) < MIN_WAY else int(np.sign(way))
