"""Masks of what somebody has painted on a picture, roughly.

mask = selection.of_strokes(strokes, height=64, width=64)
mask = selection.boxed(mask)                            # all of the box around it
mask = grab_cut.cut_out(frame, selection.box(mask))     # of that box, the object
"""

import cv2
import numpy as np

from tfvideogan.core import errors

HALF = 0.5


def of_strokes(strokes: np.ndarray, *, height: int, width: int) -> np.ndarray:
    """Returns the mask of what was painted.

    Args:
      strokes: [H', W'], what is painted is not 0; of any size: a frame is painted on as
        large as it is shown.
      height: of the mask.
      width: of the mask.

    Returns:
      [height, width] uint8, 1 where at least half of a pixel is painted; where no pixel
      is, those that are most.

    Raises:
      UserError: nothing is painted.
    """
    painted = (strokes != 0).astype(np.float32)
    if not painted.any():
        raise errors.UserError(
            "nothing is painted on the first frame; mark the object."
        )
    shares = cv2.resize(painted, (width, height), interpolation=cv2.INTER_AREA)
    return (shares >= min(HALF, shares.max())).astype(np.uint8)


def box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """Returns the smallest box around a mask [H, W]: left, top, width and height."""
    return tuple(cv2.boundingRect(mask))


def boxed(mask: np.ndarray) -> np.ndarray:
    """Returns the smallest box [H, W] uint8 around a mask, filled."""
    left, top, width, height = box(mask)
    filled = np.zeros_like(mask)
    filled[top : top + height, left : left + width] = 1
    return filled
