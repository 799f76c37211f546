"""Masks of what somebody has painted on a picture, roughly.

mask = selection.of_strokes(strokes, height=64, width=64)
mask = selection.boxed(mask)            # all of the box around it
mask = selection.cut_out(frame, mask)   # of that box, the object (GrabCut)

GrabCut: Rother, Kolmogorov, Blake, "GrabCut: interactive foreground extraction using
iterated graph cuts", SIGGRAPH 2004, as OpenCV has it.
"""

import cv2
import numpy as np

from tfvideogan.core import errors

HALF = 0.5
ITERATIONS = 5
# Numbers in which OpenCV keeps a mixture of Gaussians.
MIXTURE = (1, 65)


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


def boxed(mask: np.ndarray) -> np.ndarray:
    """Returns the smallest box [H, W] uint8 around a mask, filled."""
    left, top, width, height = cv2.boundingRect(mask)
    box = np.zeros_like(mask)
    box[top : top + height, left : left + width] = 1
    return box


def cut_out(frame: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Returns the object inside the box around a mask, by GrabCut.

    Args:
      frame: [H, W, 3] uint8.
      mask: [H, W] uint8, not 0 on or around the object.

    Returns:
      [H, W] uint8, 1 = object.

    Raises:
      UserError: the box is all of the frame, or has no object that differs from what is
        around.
    """
    box = boxed(mask)
    if box.all():
        raise errors.UserError(
            "the box is all of the frame, so nothing is known of the background; paint "
            "less, or take the painting as the mask."
        )
    labels = np.where(box > 0, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    cv2.setRNGSeed(0)  # The same painting, the same mask.
    bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    mixtures = np.zeros(MIXTURE), np.zeros(MIXTURE)
    cv2.grabCut(bgr, labels, None, *mixtures, ITERATIONS, cv2.GC_INIT_WITH_MASK)
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    if not found.any():
        raise errors.UserError(
            "GrabCut finds no object in the box; paint around all of it, or take the "
            "painting as the mask."
        )
    return found
