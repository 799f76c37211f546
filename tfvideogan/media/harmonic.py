"""Fills holes of images by a membrane that is held at their rim.

    filled = harmonic.fill(images, visible)

Laplace's equation, solved from coarse to fine by successive over-relaxation on the squares
of a chessboard, so that large holes cost no more sweeps than small ones.
"""

import cv2
import numpy as np

# Of successive over-relaxation, between 1 (none) and 2 (unstable).
_RELAXATION = 1.7
# Passes over an image of the finest level; twice as many on each coarser one, where they
# cost a quarter and reach twice as far, up to the most.
_FINEST_SWEEPS = 1
_MOST_SWEEPS = 16
_MIN_WEIGHT = 1e-4


def fill(image: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Replaces invisible pixels so that each is the mean of its four neighbours.

    The visible pixels are boundary values, and there is no slope across the border of the
    image. What is linear around a hole, such as the optical flow of a camera that zooms or
    rolls, is linear in it, too.

    Args:
      image: [H, W, C] float32; anything, NaN too, where it is not visible.
      visible: [H, W] bool, True = keep.

    Returns:
      [H, W, C] float32; visible pixels are unchanged; zero if nothing is visible.
    """
    hidden = np.where(visible[..., np.newaxis], image, np.float32(0.0))
    return _relaxed(hidden, visible.astype(np.float32), sweeps=_FINEST_SWEEPS)


def _relaxed(weighted: np.ndarray, weights: np.ndarray, *, sweeps: int) -> np.ndarray:
    """Solves Laplace's equation for an image given as (colour times weight, weight)."""
    height, width = weights.shape
    known = weighted / np.maximum(weights, _MIN_WEIGHT)[..., np.newaxis]
    is_hole = weights <= 0
    if (height == 1 and width == 1) or not is_hole.any():
        return known
    more = min(2 * sweeps, _MOST_SWEEPS)
    coarse = _relaxed(_halved(weighted), _halved(weights), sweeps=more)
    # Cells lie at the centres of what they cover, also where the last one is cut.
    double = (2 * coarse.shape[1], 2 * coarse.shape[0])
    guess = cv2.resize(coarse, double, interpolation=cv2.INTER_LINEAR)
    guess = guess.reshape(*double[::-1], -1)[:height, :width]
    image = np.where(is_hole[..., np.newaxis], guess, known)
    rows, columns = np.nonzero(is_hole)
    is_dark = (rows + columns) % 2 == 0
    turns = [(rows[turn], columns[turn]) for turn in (is_dark, ~is_dark)]
    for count in range(sweeps):
        # The last sweep is plain: what is too far is not what an image should end with.
        step = _RELAXATION if count < sweeps - 1 else 1.0
        for y, x in turns:
            # Beyond the border lies the pixel itself.
            mean = (
                image[np.maximum(y - 1, 0), x]
                + image[np.minimum(y + 1, height - 1), x]
                + image[y, np.maximum(x - 1, 0)]
                + image[y, np.minimum(x + 1, width - 1)]
            ) / 4.0
            image[y, x] += step * (mean - image[y, x])
    return image


def _halved(image: np.ndarray) -> np.ndarray:
    """Means of 2x2 pixels; of those that there are, where a side is odd."""
    height, width = image.shape[:2]
    rim = ((0, height % 2), (0, width % 2)) + ((0, 0),) * (image.ndim - 2)
    padded = np.pad(image, rim, "edge")
    return (
        padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]
    ) / 4.0
