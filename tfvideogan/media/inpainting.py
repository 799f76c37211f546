"""Holes in frames, filled by OpenCV from their surroundings, and flow around holes.

    made = inpainting.inpaint(frames, holes, method="telea")
    forward, backward = inpainting.estimate_flow(frames, holes)

References:
  [1] Telea, An image inpainting technique based on the fast marching method, 2004.
  [2] Bertalmio, Bertozzi, Sapiro, Navier-Stokes, fluid dynamics, and image and video
      inpainting, CVPR 2001.
"""

import cv2
import numpy as np

from tfvideogan.core import errors
from tfvideogan.media import flow

METHODS = {"telea": cv2.INPAINT_TELEA, "navier-stokes": cv2.INPAINT_NS}
# What a frame without any known pixel becomes.
GREY = 128
# Pixels that have a say in a pixel; the value of OpenCV's own example.
_RADIUS = 3


def inpaint(
    frames: np.ndarray, holes: np.ndarray, *, method: str = "telea"
) -> np.ndarray:
    """Fills each frame's hole from its rim inwards, whatever the other frames show.

    Args:
      frames: [T, H, W, 3 or 1] uint8; anything in the holes.
      holes: [T, H, W, 1], above 0 = missing.
      method: "telea" [1] or "navier-stokes" [2].

    Returns:
      [T, H, W, 3 or 1] uint8; known pixels are unchanged. A frame without any is grey.

    Raises:
      UserError: there is no such method.
    """
    if method not in METHODS:
        raise errors.UserError(
            f"`method` ({method!r}) must be one of {', '.join(METHODS)}."
        )
    missing = np.asarray(holes) > 0
    made = np.where(missing, np.uint8(GREY), frames)
    for time in range(len(made)):
        if missing[time].any() and not missing[time].all():
            filled = cv2.inpaint(
                made[time],
                missing[time].astype(np.uint8),
                _RADIUS,
                METHODS[method],
            )
            # OpenCV drops a single channel.
            made[time] = np.where(
                missing[time], filled.reshape(made[time].shape), made[time]
            )
    return made


def estimate_flow(
    frames: np.ndarray, holes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Estimates the flow around holes by DIS, as `flow.estimate_clip` does.

    Holes are filled by [1] first: the rim of a plain hole is an edge that DIS follows, and
    a moving one takes its surroundings along. What is found in the holes is the motion of
    what was filled in; see `ops.propagation.complete_flow`.

    Args:
      frames: [T, H, W, 3 or 1] uint8; anything in the holes.
      holes: [T, H, W, 1], above 0 = missing.

    Returns:
      Two arrays [T-1, H, W, 2] float32 pixels (dx, dy): forward and backward.
    """
    return flow.estimate_clip(inpaint(frames, holes))
