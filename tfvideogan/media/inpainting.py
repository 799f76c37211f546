"""Holes in frames, filled from their surroundings, and flow around holes.

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
from tfvideogan.media import flow, harmonic

TELEA, NAVIER_STOKES, MEMBRANE = METHODS = ("telea", "navier-stokes", "membrane")
# What a frame without any known pixel becomes.
GREY = 128
# Pixels that have a say in a pixel; the value of OpenCV's own example.
_RADIUS = 3
_OF_OPENCV = {TELEA: cv2.INPAINT_TELEA, NAVIER_STOKES: cv2.INPAINT_NS}


def inpaint(
    frames: np.ndarray, holes: np.ndarray, *, method: str = TELEA
) -> np.ndarray:
    """Fills each frame's hole from its rim, whatever the other frames show.

    Args:
      frames: [T, H, W, 3 or 1] uint8; anything in the holes.
      holes: [T, H, W, 1], above 0 = missing.
      method: "telea" [1] or "navier-stokes" [2], both by OpenCV; "membrane", which is
        smooth, see `harmonic.py`.

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
            filled = _filled(made[time], missing[time], method)
            made[time] = np.where(missing[time], filled, made[time])
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


def _filled(frame: np.ndarray, missing: np.ndarray, method: str) -> np.ndarray:
    """Fills a frame [H, W, C] uint8 where [H, W, 1] is True."""
    if method == MEMBRANE:
        filled = harmonic.fill(frame.astype(np.float32), ~missing[..., 0])
        return np.rint(filled).astype(np.uint8)
    filled = cv2.inpaint(frame, missing.astype(np.uint8), _RADIUS, _OF_OPENCV[method])
    # OpenCV drops a single channel.
    return filled.reshape(frame.shape)
