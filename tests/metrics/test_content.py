"""ACD is the mean distance of all pairs, 0 for steady colours."""

import numpy as np
import pytest

from tests import check_metric
from tests.metrics.test_objects import scene
from tfvideogan.core import errors
from tfvideogan.metrics import content


def test_all_pairs_count():
    features = np.array([[[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]]])
    # Distances 5, 0 and 5.
    np.testing.assert_allclose(content.average_content_distance(features), [10 / 3])


def test_frames_without_an_object_are_left_out():
    features = np.array([[[0.0], [np.nan], [2.0]], [[np.nan], [np.nan], [1.0]]])
    found = content.average_content_distance(features)
    assert found[0] == 2.0 and np.isnan(found[1])


def changing(colours: list[tuple[float, float, float]]) -> np.ndarray:
    parts = [scene((2 + t, 4), colour=colour) for t, colour in enumerate(colours)]
    return np.concatenate(parts, axis=1)


STEADY = changing([(1.0, 0.0, 0.0)] * 2)
FADING = changing([(1.0, 0.0, 0.0), (0.0, 0.0, 0.0)])
EMPTY = np.full_like(STEADY, -1.0)


def test_generated_and_real_clips_are_scored_side_by_side():
    clips = [
        ({"frames": STEADY}, {"frames": one}) for one in (STEADY, FADING, EMPTY, FADING)
    ]
    # 0, 127.5 and 127.5; the empty clip has no distance, but counts as not found.
    expected = {
        "ACD/model/T": 85.0,
        "ACD/real/T": 0.0,
        "object found/model/T": 0.75,
        "object found/real/T": 1.0,
    }
    check_metric.check_metric(content.ContentDistance, clips, expected=expected)


def test_models_that_generate_nothing_are_named():
    with pytest.raises(errors.UserError, match="generate videos"):
        content.ContentDistance().update({"frames": STEADY}, {})
