"""Changes from frame to frame: too still and too restless are distinguished."""

import numpy as np
import pytest

from tests import check_metric
from tfvideogan.core import errors
from tfvideogan.metrics import flicker


def plain(*shades: float) -> np.ndarray:
    """One clip [1, T, 4, 4, 3] of plain frames; shades in [0, 1]."""
    frames = 2.0 * np.array(shades).reshape(1, -1, 1, 1, 1) - 1.0
    return np.broadcast_to(frames, (1, len(shades), 4, 4, 3))


def test_changes_are_compared_with_those_of_real_clips():
    real = (plain(0.0, 0.1), plain(0.5, 0.4), plain(0.2, 0.6))
    made = (plain(0.0, 0.2, 0.4), plain(0.5, 0.5, 0.5), plain(0.2, 0.6, 0.2))
    clips = [
        ({"frames": one}, {"frames": other})
        for one, other in zip(real, made, strict=True)
    ]
    expected = {
        "change/real/all": 0.2,
        # 0.2 twice, nothing twice, 0.4 twice.
        "change/model/all": 0.2,
        "change ratio/model/all": 1.0,
        # From 0, 0.2 and 0.4 to 0.1, 0.1 and 0.4, in order: 0.1 twice for three clips.
        "change distance/model/all": 0.2 / 3,
        # Two frames in the other order change as much.
        "change ratio/shuffled/all": 1.0,
        "change distance/shuffled/all": 0.0,
    }
    check_metric.check_metric(flicker.Flicker, clips, expected=expected)


def test_flicker_is_seen_where_the_mean_is_right():
    # Every second step of twice the change: the ratio is 1, the distribution is not.
    metric = flicker.Flicker()
    steady, restless = plain(0.0, 0.1, 0.2, 0.3, 0.4), plain(0.0, 0.2, 0.2, 0.4, 0.4)
    metric.update({"frames": steady}, {"frames": restless})
    found = metric.result()
    assert found["change ratio/model/all"] == pytest.approx(1.0)
    assert found["change distance/model/all"] == pytest.approx(0.1)
    assert found["change distance/shuffled/all"] > 0


def test_real_clips_that_stand_still_have_no_ratio():
    metric = flicker.Flicker()
    metric.update({"frames": plain(0.5, 0.5)}, {"frames": plain(0.5, 0.6)})
    assert np.isnan(metric.result()["change ratio/model/all"])
    assert metric.result()["change distance/model/all"] == pytest.approx(0.1)


def test_models_that_make_no_videos_are_named():
    with pytest.raises(errors.UserError, match="`Flicker` judges models that make"):
        flicker.Flicker().update({"frames": plain(0.5)}, {})
