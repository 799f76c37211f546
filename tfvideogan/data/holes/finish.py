"""What is done to masks of any family: dilation, bounds of their area, whole frames.

All of it looks at one frame at a time, on whole numbers: a longer clip begins like a
shorter one.

    masks = finish.fitted(finish.dilated(masks, 4), (0.05, 0.4))
"""

import math

import cv2
import numpy as np


def dilated(masks: np.ndarray, pixels: int) -> np.ndarray:
    """Grows masks by a disk.

    Args:
      masks: [T, H, W] uint8, 0 or 1.
      pixels: the radius; 0 leaves the masks as they are.

    Returns:
      [T, H, W] uint8.
    """
    if not pixels:
        return masks
    offsets = np.arange(-pixels, pixels + 1)
    disk = (offsets**2 + offsets[:, np.newaxis] ** 2 <= pixels**2).astype(np.uint8)
    return np.stack([cv2.dilate(mask, disk) for mask in masks])


def fitted(masks: np.ndarray, coverage: tuple[float, float]) -> np.ndarray:
    """Grows or shrinks masks along their outline until their area is within bounds.

    An empty mask grows from the middle of the picture.

    Args:
      masks: [T, H, W] uint8, 0 or 1.
      coverage: least and greatest share of the pixels of a frame.

    Returns:
      [T, H, W] uint8; masks within the bounds are as they were.
    """
    size = masks.shape[1] * masks.shape[2]
    most = math.floor(coverage[1] * size)
    least = min(math.ceil(coverage[0] * size), most)
    return np.stack(
        [
            _of_area(mask, min(max(area, least), most))
            if not least <= (area := int(mask.sum())) <= most
            else mask
            for mask in masks
        ]
    )


def occluded(masks: np.ndarray, start: int, length: int) -> np.ndarray:
    """Returns masks [T, H, W] that are all hole in `length` frames from `start` on."""
    masks = masks.copy()
    masks[start : start + length] = 1
    return masks


def _of_area(mask: np.ndarray, area: int) -> np.ndarray:
    """Takes the `area` pixels that lie deepest in a mask, or nearest to it."""
    if not area:
        return np.zeros_like(mask)
    if not mask.any():
        mask = mask.copy()
        mask[mask.shape[0] // 2, mask.shape[1] // 2] = 1
    depth = (_distance(mask) - _distance(1 - mask)).ravel()
    limit = np.partition(depth, -area)[-area]
    chosen = depth > limit
    # Of pixels as deep as the last one, the first in reading order.
    level = np.flatnonzero(depth == limit)[: area - int(chosen.sum())]
    chosen[level] = True
    return chosen.reshape(mask.shape).astype(np.uint8)


def _distance(mask: np.ndarray) -> np.ndarray:
    """Distance of the pixels of a mask to the nearest one outside, 0 outside."""
    # A mask that is everywhere has its outside beyond the border of the picture.
    border = int(mask.all())
    padded = np.pad(mask, border)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    height, width = mask.shape
    return distance[border : border + height, border : border + width]
