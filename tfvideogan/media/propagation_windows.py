"""Propagation through a video of any length, window by window.

    windows = propagation_windows.fitting(height, width, budget_mb=2048)
    for frame, left in propagation_windows.filled(pairs, windows): ...

    frame    0 ............. start - 1   start ........... start + B ....... + C
                             as filled   block (B)         look-ahead (C)

A window is filled as one clip (`propagation.py`), of what lies around its holes
(`boxes.py`). The last frame of the block before counts as known where it was filled, so
that what came into sight long ago is handed on, while no more than a window is in memory.
A video of at most B + C frames is one window.
"""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from tfvideogan.core import errors
from tfvideogan.media import boxes, propagation

MEGABYTE = 2**20
# What a pixel of a frame takes while a window is filled: colours, holes, two flows as they
# are estimated and as they are completed, and what DIS and the chains need beside them.
BYTES_PER_PIXEL = 64
LEAST_BLOCK, MOST_BLOCK = 4, 24

# A frame [H, W, C] uint8 and its holes [H, W] uint8, above 0 = hole.
Pair = tuple[np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Windows:
    """How a video is cut.

    Attributes:
      block: B, frames that are filled at a time.
      context: C, frames of the look-ahead.
    """

    block: int = MOST_BLOCK
    context: int = MOST_BLOCK // 2

    def __post_init__(self) -> None:
        """Checks the numbers.

        Raises:
          UserError: one is out of range.
        """
        for name, least in (("block", 1), ("context", 0)):
            if getattr(self, name) < least:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least {least}."
                )


def fitting(height: int, width: int, *, budget_mb: int) -> Windows:
    """Returns the longest windows, up to 36 frames, that fit into so much memory.

    Args:
      height: of the frames, pixels.
      width: of the frames, pixels.
      budget_mb: megabytes; a window has at least 6 frames, whatever they take.
    """
    frames = budget_mb * MEGABYTE // (height * width * BYTES_PER_PIXEL)
    block = min(max(2 * frames // 3, LEAST_BLOCK), MOST_BLOCK)
    return Windows(block, block // 2)


def filled(
    pairs: Iterable[Pair],
    windows: Windows,
    *,
    complete: propagation.CompleteFlow | None = None,
) -> Iterator[Pair]:
    """Fills what other frames show.

    Args:
      pairs: frames and holes of one shot, all of one size.
      windows: how many are looked at together.
      complete: see `propagation.fill`.

    Yields:
      As many frames [H, W, C] uint8, 0 in the holes that are left, and those holes,
      [H, W] uint8, exactly 0 or 1.
    """
    pairs = iter(pairs)
    last: list[Pair] = []
    waiting: list[Pair] = []
    most = windows.block + windows.context
    # One more frame tells whether the video goes on.
    while waiting := waiting + list(itertools.islice(pairs, most + 1 - len(waiting))):
        size = windows.block if len(waiting) > most else len(waiting)
        made = _window(last + waiting[:most], complete)[len(last) :]
        yield from made[:size]
        last, waiting = made[size - 1 : size], waiting[size:]


def _window(pairs: list[Pair], complete: propagation.CompleteFlow | None) -> list[Pair]:
    frames, holes = (np.stack(one) for one in zip(*pairs, strict=True))
    if not holes.any():
        return [(frame, np.zeros_like(hole)) for frame, hole in pairs]
    rows, columns = boxes.around((holes > 0).any(axis=0))
    seen = (slice(None), rows, columns)
    made, left = propagation.fill(
        frames[seen], holes[seen][..., np.newaxis], complete=complete
    )
    filled_in, unfilled = frames.copy(), np.zeros_like(holes)
    filled_in[seen], unfilled[seen] = made, left[..., 0]
    return list(zip(filled_in, unfilled, strict=True))
