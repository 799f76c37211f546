"""Intervals against scipy and by hand; they cover, shrink, and heed no order."""

import numpy as np
import pytest
import scipy.stats

from tfvideogan.metrics import bootstrap


def interval(values) -> tuple[float, float]:
    return bootstrap.intervals(bootstrap.means({"a": np.array(values)}))["a"]


def normal(size, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=size)


def test_every_resample_has_as_many_clips_as_there_are():
    drawn = bootstrap.draws(7)
    assert drawn.shape == (1000, 7)
    np.testing.assert_array_equal(drawn.sum(axis=1), 7)
    # A count has variance 6 / 7: means of 1000 are within 0.03 of 1, thrice that at most.
    np.testing.assert_allclose(drawn.mean(axis=0), 1, atol=0.09)


def test_two_clips_reach_from_one_to_the_other():
    # A quarter of the resamples has the first clip twice, a quarter the second.
    assert interval([0.0, 1.0]) == (0.0, 1.0)


def test_interval_of_a_mean_equals_scipy():
    values = normal(40) ** 2
    expected = scipy.stats.bootstrap(
        [values], np.mean, method="percentile", n_resamples=50_000, random_state=0
    ).confidence_interval
    # The 2.5 percentile of 1000 normal numbers has a deviation of 0.085 of theirs.
    tolerance = 3 * 0.085 * values.std() / np.sqrt(40)
    np.testing.assert_allclose(interval(values), expected, atol=tolerance)


def test_interval_of_a_ratio_draws_clips_with_all_their_values():
    reference = 2.0 + np.abs(normal(50, seed=1))
    values = 0.5 * reference + 0.01 * normal(50, seed=2)
    values, reference = bootstrap.in_order(values, reference)
    resampled = bootstrap.resample(
        lambda counts: {"a": (counts @ values) / (counts @ reference)}, 50
    )
    found = bootstrap.intervals(resampled)["a"]
    result = scipy.stats.bootstrap(
        [values, reference],
        lambda x, y: x.mean() / y.mean(),
        paired=True,
        vectorized=False,
        method="percentile",
        n_resamples=5_000,
        random_state=0,
    )
    tolerance = 4 * 0.085 * result.standard_error
    np.testing.assert_allclose(found, result.confidence_interval, atol=tolerance)


def test_nineteen_of_twenty_intervals_hold_the_truth():
    # Of 400 intervals of means of 64 normal numbers; deviation 1.1 %. They are a little
    # too narrow: 1.96 deviations of 64 numbers, where Student's factor is 2.016.
    hits = [low <= 0 <= high for low, high in map(interval, normal((400, 64)))]
    assert 0.91 < np.mean(hits) < 0.98


def test_four_times_the_clips_have_half_the_interval():
    widths = [np.diff(interval(np.tile(normal(50), times))) for times in (1, 4, 16)]
    np.testing.assert_allclose(widths[1] / widths[0], 1 / 2, rtol=0.1)
    np.testing.assert_allclose(widths[2] / widths[0], 1 / 4, rtol=0.1)


def test_order_of_clips_changes_nothing():
    values = normal(30)
    assert interval(values) == interval(values[::-1])


def test_one_clip_has_no_interval():
    assert bootstrap.means({"a": np.ones(1), "b": np.ones(0)}) == {}
    assert bootstrap.resample(lambda counts: {"a": counts[:, 0]}, 1) == {}


def test_resamples_without_a_value_do_not_count():
    values = np.full(1000, np.nan)
    assert bootstrap.intervals({"a": values}) == {}
    values[:3] = [1.0, 2.0, 3.0]
    assert bootstrap.intervals({"a": values})["a"] == pytest.approx((1.05, 2.95))


def test_clips_are_sorted_by_the_first_value_that_differs():
    first = np.array([[2.0, 1.0], [1.0, 5.0], [1.0, 3.0]])
    second = np.array([0.0, 1.0, 2.0])
    by_first, by_second = bootstrap.in_order(first, second)
    np.testing.assert_array_equal(by_first, [[1, 3], [1, 5], [2, 1]])
    np.testing.assert_array_equal(by_second, [2, 1, 0])


def test_centred_resamples_have_the_mean_and_stay_above_zero():
    np.testing.assert_allclose(
        bootstrap.centred(np.array([1.0, 2.0, 6.0]), 4), [2, 3, 7]
    )
    np.testing.assert_allclose(bootstrap.centred(np.array([1.0, 3.0]), 0.5), [0, 1.5])


def test_without_any_distance_there_is_no_interval():
    nothing = np.full(3, np.nan)
    resampled = bootstrap.centred(nothing, float("nan"))
    assert bootstrap.intervals({"place distance/model/T": resampled}) == {}
