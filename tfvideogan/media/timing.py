"""Brings frames with times of their own to a constant rate.

even = timing.at_rate([(0.0, a), (0.1, b), (0.3, c)], 10.0)  # a, b, b, c
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

Frame = TypeVar("Frame")
# A frame is at home in a slot that it misses by no more than this part of a slot, so that
# times rounded to milliseconds do not matter.
MIDDLE = 0.5
# Pauses longer than this are cuts or damage rather than slow motion.
MAX_PAUSE = 60.0  # seconds


def at_rate(
    timed: Iterable[tuple[float, Frame]], fps: float, hold: float | None = None
) -> Iterator[Frame]:
    """Yields the frame that is shown at each of the times 0, 1 / fps, 2 / fps ...

    Args:
      timed: pairs of seconds and frame, in order; the first time counts as 0.
      fps: of the result.
      hold: seconds for which the last frame is shown; by default once.
    """
    first, held, slot = None, None, 0
    for seconds, frame in timed:
        if first is None:
            first, held = seconds, frame
            continue
        now = int((seconds - first) * fps + MIDDLE)
        for _ in range(min(now - slot, int(MAX_PAUSE * fps) + 1)):
            yield held
        slot, held = max(slot, now), frame
    if first is None:
        return
    end = slot + 1 if hold is None else int((seconds + hold - first) * fps + MIDDLE)
    for _ in range(max(0 if slot else 1, end - slot)):
        yield held
