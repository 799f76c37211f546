"""Smooth random ways of a plane before a camera, and the optical flow that follows.

    limits = trajectories.Limits(rotation=10.0)
    ways = trajectories.matrices(generator, np.arange(8), (240, 432), limits)  # [8, 3, 3]
    flow = trajectories.flow(ways[0], ways[1], (240, 432))     # from frame 0 to frame 1

A way maps the pixel (x, y, 1) of a frame to a point of the plane that it shows. Two frames
show the same point at A_s q = A_t p, so that the flow is exact: A_s^-1 A_t p - p.
"""

import dataclasses

import numpy as np

from tfvideogan.core import errors

# Every number of a motion is a mean of so many sines: bounded, smooth, without end.
SINES = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """How far a motion goes from the middle, in either direction.

    Attributes:
      rotation: degrees.
      scale: natural logarithm of the magnification: 0.1 is a tenth larger or smaller.
      translation: relative to the height and the width of a frame.
      shear: degrees.
      periods: least and greatest period of a sine, frames: short ones make quick motion.

    Raises:
      UserError: a value is out of range.
    """

    rotation: float = 10.0
    scale: float = 0.1
    translation: float = 0.1
    shear: float = 5.0
    periods: tuple[float, float] = (24.0, 96.0)

    def __post_init__(self) -> None:
        for name in ("rotation", "scale", "translation", "shear"):
            if getattr(self, name) < 0:
                raise errors.UserError(
                    f"`Limits.{name}` ({getattr(self, name)}) must be 0 or more."
                )
        if self.shear >= 90:
            raise errors.UserError(f"`Limits.shear` ({self.shear}) must be below 90.")
        low, high = self.periods
        if not 2.0 <= low <= high:
            raise errors.UserError(
                f"`Limits.periods` ({low}, {high}) must be a lower and an upper value "
                "of at least 2 frames."
            )


def matrices(
    generator: np.random.Generator,
    times: np.ndarray,
    size: tuple[int, int],
    limits: Limits,
) -> np.ndarray:
    """Draws a way; the same draws give the same way at other times.

    Args:
      generator: of the clip.
      times: [T], numbers of frames.
      size: height and width of a frame.
      limits: of the motion.

    Returns:
      [T, 3, 3] float64: from pixels (x, y, 1) to points of the plane, pixels, whose
      origin is in the middle.
    """
    height, width = size
    turn, scale, shear, right, down = _smooth(
        generator, times, limits.periods
    )  # [T] each
    angle = np.deg2rad(limits.rotation) * turn
    slope = np.tan(np.deg2rad(limits.shear) * shear)
    size_ = np.exp(limits.scale * scale)
    cosine, sine = size_ * np.cos(angle), size_ * np.sin(angle)
    made = np.zeros((len(times), 3, 3))
    # Rotation after shear along x.
    made[:, 0, 0], made[:, 0, 1] = cosine, cosine * slope - sine
    made[:, 1, 0], made[:, 1, 1] = sine, sine * slope + cosine
    made[:, 2, 2] = 1.0
    made[:, 0, 2] = limits.translation * width * right
    made[:, 1, 2] = limits.translation * height * down
    to_middle = np.array(
        [[1.0, 0.0, -(width - 1) / 2], [0.0, 1.0, -(height - 1) / 2], [0.0, 0.0, 1.0]]
    )
    return made @ to_middle


def flow(source: np.ndarray, target: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Returns the flow of a plane from one frame to another.

    Args:
      source: [3, 3], the way at the frame on whose grid the flow lies.
      target: [3, 3], the way at the other one.
      size: height and width.

    Returns:
      [H, W, 2] float32 pixels, (dx, dy).
    """
    change = np.linalg.solve(target, source) - np.eye(3)
    return (pixels(size) @ change[:2].T).astype(np.float32)


def pixels(size: tuple[int, int]) -> np.ndarray:
    """Returns the pixels of a frame, [H, W, 3] float64: x, y, 1."""
    rows, columns = np.indices(size, dtype=np.float64)
    return np.stack([columns, rows, np.ones(size)], axis=-1)


def _smooth(
    generator: np.random.Generator, times: np.ndarray, periods: tuple[float, float]
) -> np.ndarray:
    """Draws five smooth functions of time in [-1, 1], [5, T]."""
    shape = (5, SINES, 1)
    # Even in the logarithm, so that slow and quick parts are as many.
    length = np.exp(generator.uniform(*np.log(periods), shape))
    phase = generator.uniform(0.0, 2.0 * np.pi, shape)
    return np.mean(np.sin(2.0 * np.pi * times / length + phase), axis=1)
