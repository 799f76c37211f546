"""Centroid errors are distances in pixels between objects, beside a copy and a line."""

import numpy as np
import pytest

from tests import check_metric
from tests.metrics.test_objects import scene
from tfvideogan.core import errors
from tfvideogan.metrics import centroids

# Two frames of context, then three: one pixel to the right per frame.
REAL = scene((0, 4), (1, 4), (2, 4), (3, 4), (4, 4))


def made(*future: tuple[int, int]) -> np.ndarray:
    return scene((0, 4), (1, 4), *future)


def make() -> centroids.CentroidError:
    return centroids.CentroidError(context=2, steps=(1, 3, 40))


def test_model_copy_and_line_are_as_far_as_their_centroids():
    futures = [
        ((2, 4), (3, 4), (4, 4)),  # right
        ((2, 4), (3, 4), (4, 0)),  # 4 pixels too high in the end
        ((2, 1), (3, 1), (7, 8)),  # 3 too high, then 3 right of and 4 below
    ]
    clips = [({"frames": REAL}, {"frames": made(*one)}) for one in futures]
    expected = {
        "centroid error/model/+1": (0 + 0 + 3) / 3,
        "centroid error/model/+3": (0 + 4 + 5) / 3,
        "centroid error/copied/+1": 1.0,
        "centroid error/copied/+3": 3.0,
        "centroid error/linear/+3": 0.0,
        "centroid error/model - copied/+3": 0.0,
        "centroid error/model - linear/+1": 1.0,
        "object found/model/+3": 1.0,
    }
    check_metric.check_metric(make, clips, expected=expected)


def test_steps_beyond_the_clips_are_left_out():
    metric = make()
    metric.update({"frames": REAL}, {"frames": REAL})
    assert not any(name.endswith("+40") for name in metric.result())


def test_lost_objects_have_no_error_but_are_counted():
    lost = made((2, 4), (3, 4), (4, 4)).copy()
    lost[:, 4] = -1.0
    clips = [({"frames": REAL}, {"frames": one}) for one in (REAL, lost, REAL)]
    expected = {
        "centroid error/model/+3": 0.0,
        "object found/model/+1": 1.0,
        "object found/model/+3": 2 / 3,
        "object found/real/+3": 1.0,
    }
    check_metric.check_metric(make, clips, expected=expected)


def test_one_frame_of_context_has_no_velocity():
    metric = centroids.CentroidError(context=1, steps=(1, 2))
    metric.update({"frames": REAL}, {"frames": REAL})
    found = metric.result()
    assert np.isnan(found["centroid error/linear/+2"])
    assert found["centroid error/copied/+2"] == 2.0


def test_grey_digits_on_black_are_found():
    frames = scene((0, 4), (1, 4), colour=(0.8,) * 3)[..., :1]
    metric = centroids.CentroidError(steps=(1,))
    metric.update({"frames": frames}, {"frames": frames})
    assert metric.result()["centroid error/copied/+1"] == 1.0


@pytest.mark.parametrize("steps", [(), (0,), (1, 1), (5, 2)])
def test_steps_that_do_not_rise_are_named(steps):
    with pytest.raises(errors.UserError, match="`CentroidError.steps` .* must rise"):
        centroids.CentroidError(steps=steps)


def test_clips_that_cannot_be_judged_are_named():
    with pytest.raises(errors.UserError, match="`CentroidError.context`"):
        centroids.CentroidError(context=0)
    with pytest.raises(
        errors.UserError, match="have 2 frames, but CentroidError needs"
    ):
        make().update({"frames": REAL[:, :2]}, {"frames": REAL[:, :2]})
    with pytest.raises(errors.UserError, match="not those of the clips"):
        make().update({"frames": REAL}, {"frames": np.roll(REAL, 4, axis=3)})
    with pytest.raises(errors.UserError, match="judges models that predict"):
        make().update({"frames": REAL}, {})
    with pytest.raises(errors.UserError, match="judges models that predict"):
        make().update({}, {"frames": REAL})
