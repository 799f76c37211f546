"""What fills holes without a model: what every model of completion must beat.

    for name, make in completion_baselines.BASELINES.items():
        made = make(frames, holes)          # [T, H, W, C] uint8, one clip

    mean            the mean colour of the known pixels of the frame
    nearest copy    the pixel at the same place in the nearest frame that knows it
    Telea           OpenCV's inpainting of each frame by fast marching
    Navier-Stokes   OpenCV's other one
    membrane        smooth: each pixel is the mean of its neighbours, media/harmonic.py
    propagation     carried along the flow from other frames, media/propagation.py

What the nearest copy leaves is filled by Telea's method, what propagation leaves by the
membrane.
"""

from collections.abc import Callable, Mapping

import numpy as np

from tfvideogan.media import inpainting, propagation

MEAN, COPY = "mean", "nearest copy"
TELEA, NAVIER_STOKES = "Telea", "Navier-Stokes"
MEMBRANE, PROPAGATION = "membrane", "propagation"


def mean_fill(frames: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Fills each frame's hole with the mean colour of its known pixels.

    Args:
      frames: [T, H, W, C] uint8; anything in the holes.
      holes: [T, H, W, 1], above 0 = missing.

    Returns:
      [T, H, W, C] uint8; a frame without known pixels is grey.
    """
    missing = holes > 0
    known = np.where(missing, 0.0, frames)
    number = np.sum(~missing, axis=(1, 2), keepdims=True)
    means = known.sum(axis=(1, 2), keepdims=True) / np.maximum(number, 1)
    means = np.where(number > 0, np.rint(means), inpainting.GREY)
    return np.where(missing, means.astype(np.uint8), frames)


def nearest_copy(frames: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Fills each pixel from the nearest frame in which it is known, at the same place.

    Args:
      frames: [T, H, W, C] uint8; anything in the holes.
      holes: [T, H, W, 1], above 0 = missing.

    Returns:
      [T, H, W, C] uint8. Of two frames that are equally near the earlier one counts; what
      is known in none is filled by Telea's method.
    """
    missing = holes > 0
    length = len(frames)
    times = np.arange(length).reshape(-1, 1, 1, 1)
    # Far enough never to be the nearest one.
    before = np.maximum.accumulate(np.where(missing, -length, times), axis=0)
    behind = np.where(missing, 2 * length, times)[::-1]
    behind = np.minimum.accumulate(behind, axis=0)[::-1]
    nearest = np.where(times - before <= behind - times, before, behind)
    is_known = (nearest >= 0) & (nearest < length)
    source = np.where(is_known, nearest, 0)
    made = np.take_along_axis(frames, source, axis=0)
    return inpainting.inpaint(made, ~is_known)


def telea(frames: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Fills each frame by OpenCV's fast marching; see `media/inpainting.py`."""
    return inpainting.inpaint(frames, holes, method=inpainting.TELEA)


def navier_stokes(frames: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Fills each frame by OpenCV's flow of colour; see `media/inpainting.py`."""
    return inpainting.inpaint(frames, holes, method=inpainting.NAVIER_STOKES)


def membrane(frames: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Fills each frame by a membrane held at the rim; see `media/harmonic.py`."""
    return inpainting.inpaint(frames, holes, method=inpainting.MEMBRANE)


def propagated(frames: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Fills pixels along the flow from other frames; see `media/propagation.py`.

    What is reached from no frame is filled by a membrane.

    Args:
      frames: [T, H, W, C] uint8; anything in the holes.
      holes: [T, H, W, 1], above 0 = missing.

    Returns:
      [T, H, W, C] uint8.
    """
    made, left = propagation.fill(frames, holes)
    return inpainting.inpaint(made, left, method=inpainting.MEMBRANE)


# Frames [T, H, W, C] uint8 and holes [T, H, W, 1] -> frames.
Baseline = Callable[[np.ndarray, np.ndarray], np.ndarray]
BASELINES: Mapping[str, Baseline] = {
    MEAN: mean_fill,
    COPY: nearest_copy,
    TELEA: telea,
    NAVIER_STOKES: navier_stokes,
    MEMBRANE: membrane,
    PROPAGATION: propagated,
}
