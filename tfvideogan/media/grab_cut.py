"""Cuts the object in a box out of one frame: a first mask that need not be drawn.

    mask = grab_cut.cut_out(frame, (40, 30, 60, 80))

Colours tell object from background, and neighbours of one colour stay together. So an
object of the colours of what is around it comes out wrong: look at the result.

References:
  [1] Rother, Kolmogorov, Blake, GrabCut: interactive foreground extraction using iterated
      graph cuts, SIGGRAPH 2004.
"""

import cv2
import numpy as np

from tfvideogan.core import errors

# Of OpenCV's example; more change little.
ROUNDS = 5
# Its mixtures of colours begin with drawn centres.
_SEED = 0


def cut_out(frame: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """Returns the object in a box by OpenCV's GrabCut [1]; the same at every call.

    Args:
      frame: [H, W, 3] uint8.
      box: left, top, width and height in pixels; what is outside is background. Parts
        beyond the frame do not count.

    Returns:
      [H, W, 1] uint8, 1 = object.

    Raises:
      UserError: the box is outside the frame or leaves no background, or nothing in it
        differs from what is around it.
    """
    height, width = frame.shape[:2]
    left, top, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, width), min(bottom, height)
    said = ",".join(map(str, box))
    if right <= left or bottom <= top:
        raise errors.UserError(
            f"The box {said} is outside the frame, which is {width}x{height}."
        )
    if (right - left, bottom - top) == (width, height):
        raise errors.UserError(
            f"The box {said} holds the whole frame of {width}x{height}: what is outside "
            "must show the background."
        )
    labels = np.zeros([height, width], np.uint8)
    cv2.setRNGSeed(_SEED)
    cv2.grabCut(
        np.ascontiguousarray(frame),
        labels,
        (left, top, right - left, bottom - top),
        np.zeros([1, 65]),
        np.zeros([1, 65]),
        ROUNDS,
        cv2.GC_INIT_WITH_RECT,
    )
    mask = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    if not mask.any():
        raise errors.UserError(
            f"Nothing in the box {said} has other colours than what is around it; draw "
            "the box closer around the object, or paint its mask."
        )
    return mask[..., np.newaxis]
