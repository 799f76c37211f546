"""The promises of every metric, checked on any of them.

check_metric.check_metric(make_metric, batches, expected={"J mean/model/T": 0.5})
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from tfvideogan.metrics import streaming

Pair = tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]
# Float64 sums of a few numbers in another order.
ROUNDING = 1e-12


def check_metric(
    make_metric: Callable[[], streaming.Metric],
    clips: Sequence[Pair],
    *,
    expected: Mapping[str, float],
) -> None:
    """Checks that a metric adds up, forgets, counts clips, and knows a hand number.

    Its intervals hold the values and shrink to nothing for equal clips.

    Args:
      make_metric: makes a fresh metric.
      clips: three or more (batch, outputs), each of one clip, that do not all score
        alike.
      expected: some results over all of `clips`, worked out by hand.
    """
    whole = score(make_metric(), clips)
    for name, value in expected.items():
        assert whole[name] == pytest.approx(value, rel=1e-6, nan_ok=True), name
    for name, value in whole.items():
        measure, subject, column = name.split("/")
        assert measure and subject and column
        assert isinstance(value, float)
    assert make_metric().result() == {}
    check_batches_do_not_matter(make_metric, clips, whole)
    check_merge_is_the_whole(make_metric, clips, whole)
    check_reset_forgets(make_metric, clips)
    check_intervals_hold_the_values(make_metric, clips, whole)
    check_intervals_of_equal_and_single_clips(make_metric, clips)


def check_batches_do_not_matter(make_metric, clips, whole):
    """Clips count alike, in whatever batches and order they come."""
    together = score(make_metric(), [join(clips)])
    uneven = score(make_metric(), [join(clips[:-1]), clips[-1]])
    backwards = score(make_metric(), clips[::-1])
    for other in (together, uneven, backwards):
        assert_same(other, whole)


def check_merge_is_the_whole(make_metric, clips, whole):
    """Two halves merged are the whole, also when one has seen nothing."""
    for cut in range(len(clips) + 1):
        first, second = make_metric(), make_metric()
        of_second = score(second, clips[cut:])
        score(first, clips[:cut])
        first.merge(second)
        assert_same(first.result(), whole)
        assert_same(second.result(), of_second)


def check_reset_forgets(make_metric, clips):
    """After a reset the past does not count; reading a result changes nothing."""
    metric = make_metric()
    score(metric, clips)
    metric.reset()
    assert metric.result() == {}
    fresh = score(make_metric(), clips[:1])
    assert_same(score(metric, clips[:1]), fresh)
    assert_same(metric.result(), fresh)


def check_intervals_hold_the_values(make_metric, clips, whole):
    """Intervals are of results, hold them, and do not depend on batches and order."""
    intervals = intervals_of(make_metric(), clips)
    assert set(intervals) <= set(whole)
    for name, (low, high) in intervals.items():
        assert low - ROUNDING <= whole[name] <= high + ROUNDING, name
    first, second = make_metric(), make_metric()
    score(first, clips[1:])
    score(second, clips[:1])
    first.merge(second)
    for other in (
        intervals_of(make_metric(), [join(clips)]),
        intervals_of(make_metric(), clips[::-1]),
        first.intervals(),
    ):
        assert set(other) == set(intervals)
        for name, ends in intervals.items():
            assert other[name] == pytest.approx(ends, rel=ROUNDING, abs=ROUNDING), name


def check_intervals_of_equal_and_single_clips(make_metric, clips):
    """Equal clips have no spread; a single clip has no interval."""
    for name, (low, high) in intervals_of(make_metric(), [clips[0]] * 3).items():
        assert high - low == pytest.approx(0.0, abs=ROUNDING), name
    assert make_metric().intervals() == {}
    assert intervals_of(make_metric(), clips[:1]) == {}


def intervals_of(metric, pairs):
    """Intervals after these batches."""
    score(metric, pairs)
    return metric.intervals()


def score(metric, pairs):
    """Results after these batches."""
    for batch, outputs in pairs:
        metric.update(batch, outputs)
    return metric.result()


def join(pairs):
    """One batch of several."""
    batches, outputs = zip(*pairs, strict=True)
    return tuple(
        {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        for parts in (batches, outputs)
    )


def assert_same(results, expected):
    """Same names, same numbers, NaN included."""
    assert set(results) == set(expected)
    for name, value in expected.items():
        if math.isnan(value):
            assert math.isnan(results[name]), name
        else:
            assert results[name] == pytest.approx(value, rel=ROUNDING, abs=ROUNDING)
