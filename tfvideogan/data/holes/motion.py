"""How holes move: at whole pixels, and never out of the picture.

    corners = motion.wander(generator, 8, room=(40, 60))
    masks = motion.pasted(shape, corners, (8, 240, 432))

References:
  [1] Li et al., Towards An End-to-End Framework for Flow-Guided Video Inpainting (E2FGVI),
      CVPR 2022, and the line of work since STTN (ECCV 2020): random shapes at random
      velocities.
"""

import numpy as np

# A change of velocity per frame, pixels and radians, [1].
SPEED_DEVIATION = 1.5
ANGLE_DEVIATION = 0.25
# Numbers drawn per frame: the changes of speed and angle, the speed of a new velocity, and
# two for its angle.
DRAWS = 5


def wander(
    generator: np.random.Generator,
    frames: int,
    *,
    room: tuple[int, int],
    speeds: tuple[float, float],
) -> np.ndarray:
    """Moves a box at random velocities, [1].

    Speed and angle change a little in every frame. A box that would leave the picture
    stops at the border and gets a new velocity.

    Args:
      generator: of the clip; it draws for one frame after another.
      frames: T.
      room: how far the corner may be from the top and from the left, pixels.
      speeds: least and greatest speed of the first frame, pixels per frame.

    Returns:
      [T, 2] int64, the upper left corner (row, column).
    """
    limits = np.asarray(room, np.float64)
    position = generator.random(2) * limits
    speed = generator.uniform(*speeds)
    angle = generator.uniform(0.0, 2.0 * np.pi)
    corners = np.empty((frames, 2))
    for place, draws in enumerate(generator.standard_normal((frames, DRAWS))):
        corners[place] = position
        speed += SPEED_DEVIATION * draws[0]
        angle += ANGLE_DEVIATION * draws[1]
        moved = position + speed * np.array([np.sin(angle), np.cos(angle)])
        position = np.clip(moved, 0.0, limits)
        if np.any(position != moved):
            speed = SPEED_DEVIATION * abs(draws[2])
            angle = np.arctan2(draws[3], draws[4])
    return np.rint(corners).astype(np.int64)


def bounce(
    start: np.ndarray, velocity: np.ndarray, frames: int, *, room: np.ndarray
) -> np.ndarray:
    """Moves boxes in straight lines that are reflected at the borders.

    Args:
      start: [K, 2], corners in the first frame, inside the room.
      velocity: [K, 2], pixels per frame.
      frames: T.
      room: [K, 2], how far the corners may be from the top and from the left.

    Returns:
      [T, K, 2] int64, corners.
    """
    times = np.arange(frames)[:, np.newaxis, np.newaxis]
    path = start + times * velocity  # [T, K, 2]
    period = np.maximum(2.0 * room, 1.0)
    folded = path % period
    folded = np.minimum(folded, period - folded)
    return np.rint(np.minimum(folded, room)).astype(np.int64)


def pasted(
    shape: np.ndarray, corners: np.ndarray, size: tuple[int, int, int]
) -> np.ndarray:
    """Puts a shape at its corner in every frame.

    Args:
      shape: [h, w] uint8, 0 or 1.
      corners: [T, 2], inside the picture.
      size: T, H, W.

    Returns:
      [T, H, W] uint8.
    """
    height, width = shape.shape
    masks = np.zeros(size, np.uint8)
    for mask, (top, left) in zip(masks, corners, strict=True):
        mask[top : top + height, left : left + width] = shape
    return masks
