"""A temporal filter along the flow, for what was painted into frames one by one.

    for frame in steadying.steadied(pairs): ...

A painted pixel becomes the mean of what was painted at its place of the scene since it came
into sight: a running mean, carried from frame to frame by the flow between the finished
frame before and this one. Where the flow does not lead back, the mean begins anew. So a
fill flickers less, and the frames before a change do not wait for those behind it.

The flow is by DIS, as in `flow.py`. Bonneel et al., Blind Video Temporal Consistency, 2015,
carry the last result along the flow in the same way, in the domain of gradients.
"""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from tfvideogan.media import boxes
from tfvideogan.media import flow as flows

# The mean is of so many frames at most: what is older has been resampled too often.
MOST_FRAMES = 8


def steadied(
    pairs: Iterable[tuple[np.ndarray, np.ndarray]],
) -> Iterator[np.ndarray]:
    """Filters the painted pixels of one shot.

    Args:
      pairs: frames [H, W, C] uint8 and what was painted in them, [H, W], above 0; all of
        one size.

    Yields:
      Frames [H, W, C] uint8; all other pixels are as they were, bit for bit.
    """
    before: tuple[np.ndarray, np.ndarray] | None = None  # a finished frame, its ages
    for frame, painted in pairs:
        is_painted = painted > 0
        if before is not None and is_painted.any():
            frame, ages = _mixed_around(frame, is_painted, *before)
        else:
            # What is not painted is certain.
            ages = np.where(is_painted, 1, MOST_FRAMES)
        before = frame, ages
        yield frame


def _mixed_around(
    frame: np.ndarray, is_painted: np.ndarray, last: np.ndarray, ages: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """As `_mixed`, computed around what is painted only."""
    box = boxes.around(is_painted)
    made, new = frame.copy(), np.full_like(ages, MOST_FRAMES)
    made[box], new[box] = _mixed(frame[box], is_painted[box], last[box], ages[box])
    return made, new


def _mixed(
    frame: np.ndarray, is_painted: np.ndarray, last: np.ndarray, ages: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mixes painted pixels with those of the frame before.

    Args:
      frame: [H, W, C] uint8.
      is_painted: [H, W] bool.
      last: [H, W, C] uint8, the finished frame before.
      ages: [H, W], of how many frames each of its pixels is the mean.

    Returns:
      The frame, and of how many frames each pixel is the mean now.
    """
    flow, reverse = flows.estimate(frame, last), flows.estimate(last, frame)
    is_found = flows.occluded(flow, reverse)[..., 0] == 0
    y, x = np.mgrid[: frame.shape[0], : frame.shape[1]].astype(np.float32)
    places = (x + flow[..., 0], y + flow[..., 1])
    is_found &= (places[0] >= 0) & (places[0] <= frame.shape[1] - 1)
    is_found &= (places[1] >= 0) & (places[1] <= frame.shape[0] - 1)
    # Bicubic: a linear sample of a sample blurs more with every frame.
    before = cv2.remap(last, *places, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    age = cv2.remap(
        ages.astype(np.float32), *places, cv2.INTER_NEAREST, borderValue=0.0
    )
    age = np.where(is_found, age, 0.0)
    share = (age / (age + 1.0))[..., np.newaxis]
    mixed = np.rint(share * before.reshape(frame.shape) + (1.0 - share) * frame)
    made = np.where(is_painted[..., np.newaxis], mixed.astype(np.uint8), frame)
    new = np.minimum(age + 1, MOST_FRAMES).astype(np.int64)
    return made, np.where(is_painted, new, MOST_FRAMES)
