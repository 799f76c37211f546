"""When a score may be called better than another."""

from collections.abc import Sequence

# Trainings differ by their seeds: a claim about models needs so many of either.
SEEDS = 3
# A bootstrap over fewer clips than these says nothing: of two clips it knows both ends.
CLIPS = 10

Interval = tuple[float, float]
# What the interval of a difference is compared with.
NOTHING: Interval = (0.0, 0.0)


def is_better(
    ours: Sequence[Interval | None],
    theirs: Sequence[Interval | None],
    *,
    is_lower_better: bool,
    seeds: int,
) -> bool:
    """Says whether trainings are better than others.

    Args:
      ours: the 95 % interval of each training's score, (low, high); None if it has none.
      theirs: those of others, on the same clips; `[NOTHING]` if ours are differences.
      is_lower_better: of two scores.
      seeds: trainings that either side needs: SEEDS where both were trained, 1 beside a
        baseline that needs no training.

    Returns:
      Whether there are enough, all have intervals, and every interval of ours lies
      beyond every one of theirs.
    """
    if min(len(ours), len(theirs)) < seeds or None in (*ours, *theirs):
        return False
    if is_lower_better:
        return max(high for _, high in ours) < min(low for low, _ in theirs)
    return min(low for low, _ in ours) > max(high for _, high in theirs)
