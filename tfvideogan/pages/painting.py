"""Frames of a video that was dropped, and the mask that was painted on its first one.

frame = painting.frame("clip.mp4")              # [H, W, 3] uint8
painting.enlarged(frame)                        # as it is painted on
mask = painting.mask(frame, strokes, "GrabCut") # [H, W] uint8, 1 = object
painting.write("mask.png", mask)
"""

import pathlib

import numpy as np
from PIL import Image

from tfvideogan.core import errors
from tfvideogan.media import grab_cut, reader, selection

# What a painting stands for.
PAINTED, BOX, GRABCUT = "what is painted", "the box around it", "GrabCut in the box"
MEANINGS = (PAINTED, BOX, GRABCUT)
# What is narrower is painted on enlarged, pixels.
CANVAS = 480
WHITE = 255


def frame(path: str | pathlib.Path, number: int = 0) -> np.ndarray:
    """Returns a frame of a video, [H, W, 3] uint8.

    Raises:
      UserError: it is no video, or has no such frame.
    """
    frames, _ = reader.read_video(path, start=number, stop=number + 1)
    return frames[0]


def length(path: str | pathlib.Path) -> int:
    """Returns how many frames a video has; all are read where the file does not say.

    Raises:
      UserError: it is no video.
    """
    told = reader.probe(path).num_frames
    return told or sum(len(piece) for piece in reader.read_pieces(path)[0])


def enlarged(picture: np.ndarray) -> np.ndarray:
    """Returns a picture [H, W, C] as large as it is painted on, pixel by pixel."""
    times = max(1, round(CANVAS / picture.shape[1]))
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def mask(first: np.ndarray, strokes: np.ndarray, meaning: str) -> np.ndarray:
    """Returns the mask of what was painted.

    Args:
      first: frame, [H, W, 3] uint8.
      strokes: [H', W'], not 0 where it is painted; of any size.
      meaning: one of `MEANINGS`.

    Returns:
      [H, W] uint8, 1 = object.

    Raises:
      UserError: nothing is painted, or GrabCut finds nothing.
    """
    height, width = first.shape[:2]
    found = selection.of_strokes(strokes, height=height, width=width)
    if meaning == BOX:
        return selection.boxed(found)
    if meaning == GRABCUT:
        return grab_cut.cut_out(first, selection.box(found))[..., 0]
    if meaning != PAINTED:
        raise errors.UserError(
            f"`meaning` ({meaning!r}) must be one of {', '.join(MEANINGS)}."
        )
    return found


def write(path: str | pathlib.Path, found: np.ndarray) -> None:
    """Writes a mask [H, W] as a picture, white where the object is."""
    Image.fromarray((found > 0).astype(np.uint8) * np.uint8(WHITE)).save(path)
