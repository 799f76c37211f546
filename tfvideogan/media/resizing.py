"""Brings pictures to the size of a clip: by area when they shrink.

frame = resizing.fitted(frame, 64, 64)  # stretched
frame = resizing.fitted(frame, 64, 64, fit="crop")  # the middle, in its proportions
"""

import cv2
import numpy as np

from tfvideogan.core import errors

FITS = ("stretch", "crop")


def check_fit(fit: str) -> None:
    """Raises UserError when `fit` is no way to resize."""
    if fit not in FITS:
        raise errors.UserError(f'`fit` ({fit!r}) must be "stretch" or "crop".')


def fitted(
    frame: np.ndarray, height: int, width: int, *, fit: str = "stretch"
) -> np.ndarray:
    """Resizes a picture [H, W, C] or [H, W] uint8.

    Args:
      frame: of any size.
      height: of the result.
      width: of the result.
      fit: "stretch" changes the proportions, "crop" cuts off what is too long, evenly.
    """
    if frame.shape[:2] == (height, width):
        return frame
    new_height, new_width = covering(*frame.shape[:2], height, width, fit=fit)
    shrinks = new_height * new_width < frame.shape[0] * frame.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    resized = cv2.resize(frame, (new_width, new_height), interpolation=method)
    resized = resized.reshape(new_height, new_width, *frame.shape[2:])
    return middle(resized, height, width)


def fitted_mask(
    mask: np.ndarray,
    height: int,
    width: int,
    *,
    fit: str = "stretch",
    shape: tuple[int, int] | None = None,
) -> np.ndarray:
    """Resizes a mask [H, W] like its frame, by the nearest pixel.

    Args:
      mask: [H, W] uint8.
      height: of the result.
      width: of the result.
      fit: as of the frame.
      shape: height and width of the frame, whose proportions count; None for the mask's.
    """
    new_height, new_width = covering(*(shape or mask.shape), height, width, fit=fit)
    method = cv2.INTER_NEAREST_EXACT
    return middle(
        cv2.resize(mask, (new_width, new_height), interpolation=method), height, width
    )


def covering(
    old_height: int, old_width: int, height: int, width: int, *, fit: str
) -> tuple[int, int]:
    """Returns the size to scale to, of which the middle is then taken."""
    if fit == "stretch":
        return height, width
    scale = max(height / old_height, width / old_width)
    return (
        max(height, round(old_height * scale)),
        max(width, round(old_width * scale)),
    )


def middle(frame: np.ndarray, height: int, width: int) -> np.ndarray:
    """Cuts the middle out of a picture [H, W, ...] that is at least as large."""
    top, left = (frame.shape[0] - height) // 2, (frame.shape[1] - width) // 2
    return frame[top : top + height, left : left + width]
