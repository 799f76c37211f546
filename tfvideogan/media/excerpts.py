"""Cuts out of a video what a model wants of it: its first or its last so many frames.

want = excerpts.Excerpt(length=16, height=64, width=64, stride=2)
frames, fps = excerpts.read_first("clip.mp4", want)  # frames 0, 2 ... 30
frames, fps = excerpts.read_last("clip.mp4", want)   # up to the very last one
"""

import dataclasses
import pathlib

import numpy as np

from tfvideogan.core import errors
from tfvideogan.media import reader


@dataclasses.dataclass(frozen=True)
class Excerpt:
    """What is wanted.

    Attributes:
      length: frames; None for all there are.
      at_least: frames that suffice where the video has no `length`; None for no fewer.
      height: of the frames; without it and `width` they keep their size.
      width: of the frames.
      channels: 3 (RGB) or 1 (grey).
      stride: every so many frames of the video.
      stop: the video's frame at which it is taken to end; None for its end.
    """

    length: int | None = None
    at_least: int | None = None
    height: int | None = None
    width: int | None = None
    channels: int = 3
    stride: int = 1
    stop: int | None = None

    @property
    def span(self) -> int | None:
        """Frames of the video from the first to the last of the excerpt."""
        return None if self.length is None else (self.length - 1) * self.stride + 1


def read_first(path: str | pathlib.Path, wanted: Excerpt) -> tuple[np.ndarray, float]:
    """Reads from a video's start.

    Returns:
      [T, height, width, channels] uint8, and their frames per second.

    Raises:
      UserError: it is no video, or too short.
    """
    ends = [end for end in (wanted.stop, wanted.span) if end is not None]
    frames, rate = reader.read_video(
        path,
        height=wanted.height,
        width=wanted.width,
        channels=wanted.channels,
        stop=min(ends, default=None),
        stride=wanted.stride,
    )
    _check_length(path, len(frames), wanted)
    return frames, rate


def read_last(path: str | pathlib.Path, wanted: Excerpt) -> tuple[np.ndarray, float]:
    """Reads like `read_first`, but so that the last frame is the video's own."""
    pieces, rate = reader.read_pieces(
        path,
        height=wanted.height,
        width=wanted.width,
        channels=wanted.channels,
        stop=wanted.stop,
    )
    start = None if wanted.span is None else -wanted.span
    kept = next(pieces)[start:]
    for piece in pieces:
        kept = np.concatenate([kept, piece])[start:]
    frames = kept[:: -wanted.stride][::-1]
    _check_length(path, len(frames), wanted)
    return np.ascontiguousarray(frames), rate / wanted.stride


def _check_length(path: str | pathlib.Path, found: int, wanted: Excerpt) -> None:
    fewest = wanted.length if wanted.at_least is None else wanted.at_least
    if fewest is not None and found < fewest:
        every = f" at a `stride` of {wanted.stride}" if wanted.stride > 1 else ""
        raise errors.UserError(
            f"{path} gives {found} frames{every}, but {fewest} are wanted; take a "
            "longer video."
        )
