"""Finds the one object before a plain ground: where it is and what colour it has.

    masks = find(frames)                 # [N, T, H, W]
    colours(frames, masks)               # [N, T, C]
    centres(masks)                       # [N, T, 2] pixels

The ground is the median colour of a frame, which the object is too small to be. Where no
pixel stands out there is no object, and its colour and place are NaN. All is NumPy.
"""

import numpy as np

from tfvideogan.core import pixels

# A pixel stands out when a channel differs by more than this share of the range: more than
# the ripples of a generator, less than most colours.
THRESHOLD = 0.15
# Fewer pixels are a ripple, not an object: 2x2.
MIN_PIXELS = 4


def find(frames: np.ndarray) -> np.ndarray:
    """Returns where frames [N, T, H, W, C] in [-1, 1] differ from their ground.

    Returns:
      [N, T, H, W] bool; nowhere in a frame with fewer than four such pixels.
    """
    ground = np.median(frames, axis=(2, 3), keepdims=True)
    is_object = np.abs(frames - ground).max(axis=-1) > 2.0 * THRESHOLD
    enough = is_object.sum(axis=(2, 3), keepdims=True) >= MIN_PIXELS
    return is_object & enough


def colours(frames: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Returns the mean colour of the objects in levels of 0 to 255.

    Args:
      frames: [N, T, H, W, C] in [-1, 1].
      masks: [N, T, H, W] bool.

    Returns:
      [N, T, C] float64, NaN without an object.
    """
    levels = (np.asarray(frames, np.float64) + 1.0) * pixels.HALF_RANGE
    sums = np.einsum("nthwc,nthw->ntc", levels, masks.astype(np.float64))
    counts = masks.sum(axis=(2, 3))[..., np.newaxis]
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def centres(masks: np.ndarray) -> np.ndarray:
    """Returns the centres of mass [N, T, 2] (x, y) in pixels, NaN without an object."""
    weights = masks.astype(np.float64)
    counts = weights.sum(axis=(2, 3))
    x = np.einsum("nthw,w->nt", weights, np.arange(masks.shape[3]))
    y = np.einsum("nthw,h->nt", weights, np.arange(masks.shape[2]))
    found = np.stack([x, y], axis=-1) / np.maximum(counts, 1.0)[..., np.newaxis]
    return np.where(counts[..., np.newaxis] > 0, found, np.nan)
