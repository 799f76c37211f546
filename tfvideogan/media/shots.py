"""Where a video goes over to another shot: its colours jump, and stay there.

    list(shots.cuts(frames))                       # [48, 113]: these frames begin a shot
    shots.ranges([48, 113], 200)                   # [(0, 48), (48, 113), (113, 200)]

Two frames belong to different shots if they have few colours in common and their channels
are spread otherwise, too: the first alone would find a cut where flat colours become a
little brighter, the second where light does. A cut is where both of the last frames are
far from both of the next ones, so that a flash, or a frame that is lost, is none. Motion
changes places and hardly colours; what is brought in slowly, by a fade, is not found.
"""

import collections
import dataclasses
from collections.abc import Iterable, Iterator, Sequence

import cv2
import numpy as np

# In ten sequences of DAVIS neighbours differ in at most 0.07 of their colours, which move
# by 0.015 of their range on average; the end of one and the start of another differ in at
# least 0.38, and by 0.052.
FAR, MOVED = 0.25, 0.04
# Bins a channel: fewer do not tell scenes apart, more take noise and flicker for one.
BINS = 8
# Pixels a side that are looked at; more say nothing else.
SIDE = 128
BYTES = 2**8
AROUND = 2


def cuts(frames: Iterable[np.ndarray]) -> Iterator[int]:
    """Yields the number of each frame that begins a shot, but 0.

    Args:
      frames: [H, W, 3 or 1] uint8 each; three of them are held.
    """
    held: collections.deque[_Colours] = collections.deque(maxlen=2 * AROUND)
    count = 0
    for count, frame in enumerate(frames, start=1):
        held.append(_colours(frame))
        # Two before and two behind; at the start there is only one before.
        place = min(AROUND, len(held) - AROUND)
        if place > 0 and _are_far(list(held), place):
            yield count - AROUND
    # At the end there is only one behind.
    if count > 1 and _are_far(list(held)[-AROUND - 1 :], min(AROUND, count - 1)):
        yield count - 1


def ranges(starts: Sequence[int], total: int) -> list[tuple[int, int]]:
    """Returns first frame and end of each shot.

    Args:
      starts: of all shots but the first.
      total: number of frames.
    """
    edges = [0, *starts, total]
    return list(zip(edges[:-1], edges[1:], strict=True))


@dataclasses.dataclass(frozen=True)
class _Colours:
    """Colours of a frame.

    Attributes:
      shares: [BINS ** C] of all colours, sum 1.
      spread: [C, BYTES] of each channel, how much of it is at most so bright.
    """

    shares: np.ndarray
    spread: np.ndarray

    def is_far(self, other: "_Colours") -> bool:
        """Whether two frames can hardly be of one shot."""
        differ = 0.5 * np.abs(self.shares - other.shares).sum()
        return differ > FAR and np.abs(self.spread - other.spread).mean() > MOVED


def _are_far(colours: Sequence[_Colours], place: int) -> bool:
    """Whether all before a place are far from all behind it."""
    return all(
        one.is_far(other) for one in colours[:place] for other in colours[place:]
    )


def _colours(frame: np.ndarray) -> _Colours:
    step = max(1, min(frame.shape[:2]) // SIDE)
    shown = np.ascontiguousarray(frame[::step, ::step])
    channels = frame.shape[-1]
    shares = cv2.calcHist(
        [shown], list(range(channels)), None, [BINS] * channels, [0, BYTES] * channels
    ).ravel()
    counts = np.stack(
        [np.bincount(shown[..., c].ravel(), minlength=BYTES) for c in range(channels)]
    )
    size = shown[..., 0].size
    return _Colours(shares / size, np.cumsum(counts, axis=1) / size)
