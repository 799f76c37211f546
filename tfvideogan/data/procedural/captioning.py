"""Captions of elements whose paths are known: from `bouncing` to `motion_captions`.

    periods = captioning.periods(self.periods, self.says)
    paths = bouncing.periodic(stage, generator, num_frames=40, motions=[0], periods=periods)
    captioning.caption([("digit 7", 0)], paths, start=12, says="all", periods=periods)

A clip that "all" is said of has as many periods as there are paces: the fewest frames per
cycle are quick, the most are slow, and half-way between them nothing is said. What a
caption says of the direction is true of the first frame of its window.
"""

import dataclasses
from collections.abc import Sequence

from tfvideogan.core import errors
from tfvideogan.data import motion_captions
from tfvideogan.data.procedural import bouncing

ALL = motion_captions.SAYS[-1]
# Of `periods`, in their order.
PACES = (motion_captions.QUICK, motion_captions.MIDDLING, motion_captions.SLOW)


def check(fewest_and_most: tuple[int, int], says: str) -> None:
    """Raises UserError when there is no such manner of captions, or no pace between."""
    motion_captions.check_says(says)
    bouncing.check_periods(fewest_and_most)
    few, most = fewest_and_most
    if says == ALL and most < few + 2:
        raise errors.UserError(
            f"`periods` {(few, most)} must be at least 2 frames apart where captions say "
            f"{ALL!r}, so that there are three paces."
        )


def periods(fewest_and_most: tuple[int, int], says: str) -> Sequence[int]:
    """Returns the frames per cycle to draw from, in ascending order."""
    few, most = fewest_and_most
    return (few, (few + most) // 2, most) if says == ALL else range(few, most + 1)


def caption(
    elements: Sequence[tuple[str, int]],
    paths: bouncing.Cycles,
    start: int,
    *,
    says: str,
    periods: Sequence[int],
) -> str:
    """Returns what is said of a window of a clip.

    Args:
      elements: name and number of the motion of each.
      paths: of these elements.
      start: first frame of the window.
      says: one of `motion_captions.SAYS`.
      periods: those the paths were drawn from; none where there is one pace only.
    """
    clauses = [motion_captions.Clause(*element) for element in elements]
    if says == ALL:
        paces = dict(zip(periods, PACES, strict=False))
        clauses = [
            dataclasses.replace(
                clause,
                heading=int(heading),
                pace=paces.get(period, motion_captions.MIDDLING),
            )
            for clause, heading, period in zip(
                clauses, paths.headings[start], paths.periods, strict=True
            )
        ]
    return motion_captions.sentence(clauses)


def longest(names: Sequence[str], says: str) -> int:
    """Returns the words of the longest clause about one of these elements."""
    heading, pace = (1, motion_captions.SLOW) if says == ALL else (0, 0)
    return max(
        len(str(motion_captions.Clause(name, motion, heading, pace)).split())
        for name in names
        for motion in range(bouncing.NUM_AXES)
    )
