"""Draws elements at their places on a black canvas: one clip of a moving picture.

An element that does not turn is pasted at whole pixels, its position rounded down; one
that turns is interpolated. Where elements overlap, the brighter one shows ("max") or
they add up and saturate ("sum").

    frames = draw([seven, three], bouncing.bounce(stage, generator, num_frames=20),
                  (64, 64))
"""

from collections.abc import Sequence

import cv2
import numpy as np

from tfvideogan.core import errors
from tfvideogan.data.procedural import bouncing

COMBINE = ("max", "sum")
WHITE = np.iinfo(np.uint8).max


def check_combine(combine: str) -> None:
    """Raises UserError when there is no such way of combining elements."""
    if combine not in COMBINE:
        raise errors.UserError(
            f"`combine` ({combine!r}) must be one of {', '.join(COMBINE)}."
        )


def check_size(name: str, size: int, canvas: tuple[int, int]) -> None:
    """Raises UserError when square elements are larger than the canvas.

    Args:
      name: of the setting, for the message.
      size: sides of an element in pixels.
      canvas: width and height in pixels.
    """
    if not 1 <= size <= min(canvas):
        raise errors.UserError(
            f"`{name}` ({size}) must be between 1 and the canvas's shorter side "
            f"({min(canvas)})."
        )


def draw(
    pictures: Sequence[np.ndarray],
    paths: bouncing.Paths,
    canvas: tuple[int, int],
    *,
    combine: str = "max",
) -> np.ndarray:
    """Draws a clip.

    Args:
      pictures: of the n elements, [h, w, C] uint8 each, no larger than the canvas.
      paths: where they are, at T moments.
      canvas: width and height in pixels.
      combine: one of `COMBINE`.

    Returns:
      [T, H, W, C] uint8.
    """
    merge = np.maximum if combine == COMBINE[0] else np.add
    width, height = canvas
    num_frames, channels = len(paths.positions), pictures[0].shape[-1]
    # Two bytes hold the sum of many elements.
    frames = np.zeros((num_frames, height, width, channels), np.uint16)
    corners = np.floor(paths.positions).astype(np.int64)
    for element, picture in enumerate(pictures):
        rows, columns = picture.shape[:2]
        for t in range(num_frames):
            x, y = corners[t, element]
            angle = paths.rotations[t, element]
            if angle:
                drawn, place = _turned(picture, (x, y), angle, canvas), frames[t]
            else:
                drawn, place = picture, frames[t, y : y + rows, x : x + columns]
            merge(place, drawn, out=place)
    return np.minimum(frames, WHITE).astype(np.uint8)


def draw_over(
    pictures: Sequence[np.ndarray], paths: bouncing.Paths, canvas: tuple[int, int]
) -> np.ndarray:
    """Draws a clip of elements with coverage, each over those before it, on black.

    Args:
      pictures: of the n elements, [h, w, 4] uint8: colours that are already multiplied
        by the coverage, and the coverage.
      paths: where they are, at T moments.
      canvas: width and height in pixels.

    Returns:
      [T, H, W, 3] uint8.
    """
    width, height = canvas
    frames = np.zeros((len(paths.positions), height, width, 3), np.uint8)
    corners = np.floor(paths.positions).astype(np.int64)
    for element, picture in enumerate(pictures):
        rows, columns = picture.shape[:2]
        still = _layer(picture)
        for t, frame in enumerate(frames):
            x, y = corners[t, element]
            angle = paths.rotations[t, element]
            if angle:
                colours, clear = _layer(_turned(picture, (x, y), angle, canvas))
                place = frame
            else:
                colours, clear = still
                place = frame[y : y + rows, x : x + columns]
            place[:] = colours + (place * clear + WHITE // 2) // WHITE
    return frames


def _layer(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the colours of a layer and what it lets through, 0 to 255."""
    return picture[..., :3], WHITE - picture[..., 3:].astype(np.uint32)


def resized(picture: np.ndarray, size: int) -> np.ndarray:
    """Resizes a square picture [h, h, C] to [size, size, C]: by area if it shrinks."""
    if picture.shape[0] == size:
        return picture
    method = cv2.INTER_AREA if size < picture.shape[0] else cv2.INTER_LINEAR
    result = cv2.resize(picture, (size, size), interpolation=method)
    return result.reshape(size, size, picture.shape[-1])


def _turned(
    picture: np.ndarray, corner: tuple[int, int], angle: float, canvas: tuple[int, int]
) -> np.ndarray:
    """Returns a canvas [H, W, C] with an element turned clockwise about its centre."""
    rows, columns, channels = picture.shape
    centre = np.array([columns - 1, rows - 1]) / 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = centre + corner - turn @ centre
    matrix = np.concatenate([turn, shift[:, None]], axis=1)
    drawn = cv2.warpAffine(picture, matrix, canvas, flags=cv2.INTER_LINEAR)
    return drawn.reshape(canvas[1], canvas[0], channels)
