"""Running means, horizons, and what is said about missing arrays."""

import math

import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.metrics import streaming


def test_means_count_every_value_once():
    means = streaming.Means()
    for value in (1.0, 2.0, 6.0):
        means.add("a/b/T", value)
    assert means.result() == {"a/b/T": 3.0}


def test_nan_is_not_counted_but_its_name_stays():
    means = streaming.Means()
    means.add("some/b/T", 2.0)
    means.add("some/b/T", math.nan)
    means.add("none/b/T", math.nan)
    result = means.result()
    assert result["some/b/T"] == 2.0
    assert math.isnan(result["none/b/T"])


def test_merged_means_weigh_by_count():
    first, second = streaming.Means(), streaming.Means()
    for value in (1.0, 1.0, 1.0):
        first.add("a/b/T", value)
    for value in (5.0, 7.0):
        second.add("a/b/T", value)
    second.add("c/b/T", 8.0)
    first.merge(second)
    assert first.result() == {"a/b/T": 3.0, "c/b/T": 8.0}


class Brightness(streaming.MeanMetric):
    def update(self, batch, outputs):
        for value in outputs["frames"]:
            self._means.add("brightness/model/T", value)


def test_a_mean_metric_adds_up_merges_and_forgets():
    first, second = Brightness(), Brightness()
    first.update({}, {"frames": [1.0, 2.0]})
    second.update({}, {"frames": [6.0]})
    first.merge(second)
    assert first.result() == {"brightness/model/T": 3.0}
    first.reset()
    assert first.result() == {}
    assert second.result() == {"brightness/model/T": 6.0}


def test_means_have_intervals_where_two_clips_have_a_number():
    means = streaming.Means()
    for value in (0.0, math.nan, 1.0):
        means.add("two/b/T", value)
        means.add("one/b/T", math.nan if value != 1.0 else value)
    # Two clips: a quarter of the resamples has the first twice, a quarter the second.
    assert means.intervals() == {"two/b/T": (0.0, 1.0)}


def test_values_of_clips_come_in_their_order():
    means = streaming.Means()
    for value in (2.0, math.nan, 1.0):
        means.add("a/b/T", value)
    assert means.names == ("a/b/T",)
    np.testing.assert_array_equal(means.values("a/b/T"), [2.0, np.nan, 1.0])


def test_sums_are_double_precision():
    means = streaming.Means()
    for _ in range(1000):
        means.add("a/b/T", 1.0 + 1e-9)
    # float32 would forget the ninth decimal.
    assert means.result()["a/b/T"] - 1.0 == pytest.approx(1e-9, rel=1e-3)


def test_mean_of_known_values_leaves_nan_out():
    assert streaming.known_mean(np.array([1.0, np.nan, 2.0])) == 1.5
    assert math.isnan(streaming.known_mean(np.array([np.nan])))


def test_ratio_to_nothing_is_not_applicable():
    found = streaming.ratio(np.array([3.0, 3.0, 0.0]), np.array([2.0, 0.0, 1.0]))
    np.testing.assert_array_equal(found, [1.5, np.nan, 0.0])


def test_horizons_go_as_far_as_the_clip():
    columns = streaming.horizon_columns(26, 8, 4)
    assert columns == {"T": 8, "2T": 16, "3T": 24}
    assert streaming.horizon_columns(99, 8, 2) == {"T": 8, "2T": 16}
    assert streaming.horizon_columns(5, None, 4) == {"all": 5}


def test_clips_shorter_than_a_horizon_are_refused():
    with pytest.raises(errors.UserError, match=r"3 frames, fewer than .* \(8\)"):
        streaming.horizon_columns(3, 8, 4)


def test_missing_array_is_named_beside_those_that_are_there():
    with pytest.raises(errors.UserError, match="have no `flow`, only a, b; add it."):
        streaming.required(
            {"b": np.zeros(1), "a": np.zeros(1)},
            "flow",
            where="batches",
            remedy="add it.",
        )


def test_generated_and_real_videos_come_by_subject():
    model, real = np.zeros((1, 2, 4, 4, 3)), np.ones((1, 2, 4, 4, 3))
    found = streaming.generated_and_real({"frames": real}, {"frames": model}, remedy="")
    assert found["model"] is model and found["real"] is real
    with pytest.raises(errors.UserError, match="outputs have no `frames`.*help"):
        streaming.generated_and_real({"frames": real}, {"masks": model}, remedy="help")
