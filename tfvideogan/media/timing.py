"""Brings frames with times of their own to a constant rate.

rate = timing.own_rate([0.0, 0.1, 0.3])  # 10.0
even = timing.at_rate([(0.0, a), (0.1, b), (0.3, c)], rate)  # a, b, b, c
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np

Frame = TypeVar("Frame")
# A frame is at home in a slot that it misses by no more than this part of a slot, so that
# times rounded to milliseconds do not matter; a little more, as sums of floats may be a
# little less.
MIDDLE = 0.5 + 1e-6
# Longer pauses are cuts or damage, and are cut to this.
MAX_PAUSE = 600.0  # seconds
# No camera is faster; beyond are the ticks of clocks.
MAX_FPS = 1000.0
# A rate that is lower than that of the quarter of the shortest intervals, but for what
# clocks jitter, would show frames of short and of long duration for the same time.
QUICK = 0.25
SLOWER = 0.85
DIGITS = 6


def own_rate(times: Sequence[float], named: Sequence[float] = ()) -> float | None:
    """Returns the least rate at which every frame is shown, for its time.

    Args:
      times: seconds of the frames, in order.
      named: rates that a file gives; they are tried together with those of the median,
        the quartile and the shortest interval.

    Returns:
      Frames per second, at most `MAX_FPS`: where the frames come closer than at any of
      these rates, the one that loses the fewest. None where there is no rate to try.
    """
    intervals = np.diff(times)
    intervals = intervals[intervals > 0]
    rates = [rate for rate in named if 0 < rate <= MAX_FPS]
    if len(intervals):
        quick = np.quantile(intervals, QUICK, method="lower")
        spans = (np.median(intervals), quick, intervals.min())
        rates += [min(round(1 / float(span), DIGITS), MAX_FPS) for span in spans]
        least = min(SLOWER / quick, MAX_FPS)
        rates = [rate for rate in rates if rate >= least]
    return min(sorted(rates), key=lambda rate: num_lost(times, rate), default=None)


def num_lost(times: Sequence[float], fps: float) -> int:
    """Returns how many frames are not shown at a rate, as later ones take their place."""
    slots = [_slot(seconds - times[0], fps) for seconds in times]
    return int((np.diff(slots) <= 0).sum())


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
        now = _slot(seconds - first, fps)
        for _ in range(min(now - slot, int(MAX_PAUSE * fps) + 1)):
            yield held
        slot, held = max(slot, now), frame
    if first is None:
        return
    end = slot + 1 if hold is None else _slot(seconds + hold - first, fps)
    for _ in range(max(0 if slot else 1, end - slot)):
        yield held


def _slot(seconds: float, fps: float) -> int:
    return int(seconds * fps + MIDDLE)
