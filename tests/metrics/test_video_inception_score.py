"""The inception score of clips, by a classifier."""

import types

import numpy as np
import pytest

from tests import check_metric
from tfvideogan.core import errors
from tfvideogan.metrics import video_inception_score


class Binary:
    """Class 1 where the first pixel is bright, surely; a grey one leaves it open."""

    name = "binary"
    is_reference = False
    identity = "a" * 64
    min_frames = 1
    size = (None, None, None, None)

    def probabilities(self, clips):
        bright = clips[:, 0, 0, 0].astype(np.float32) / 255.0
        return np.concatenate([1.0 - bright, bright], axis=1)


def clip(level: int, frames: int = 2) -> dict[str, np.ndarray]:
    return {"frames": np.full((1, frames, 2, 2, 1), level / 127.5 - 1.0, np.float32)}


def make(**options):
    return video_inception_score.VideoInceptionScore(Binary(), **options)


def test_score_of_model_and_real_clips():
    # The model makes one class only; real clips are of both, in equal shares.
    pairs = [(clip(level), clip(0)) for level in (0, 255, 0, 255)]
    check_metric.check_metric(
        lambda: make(splits=1),
        pairs,
        expected={
            "IS[binary]/model/2 frames, n=4": 1.0,
            "IS[binary]/real/2 frames, n=4": 2.0,
            "IS[binary] sd of splits/real/2 frames, n=4": 0.0,
        },
    )


def test_fewer_clips_than_splits_have_no_score():
    metric = make(splits=3)
    found = check_metric.score(metric, [(clip(0), clip(0))])
    assert np.isnan(found["IS[binary]/model/2 frames, n=1"])
    assert metric.intervals() == {}


def test_interval_is_of_the_mean_over_splits():
    metric = make(splits=2, frames=1)
    check_metric.score(metric, [(clip(one), clip(0)) for one in (0, 255, 255, 255)])
    found, intervals = metric.result(), metric.intervals()
    name = "IS[binary]/real/1 frames, n=4"
    # One split has both classes and scores 2, the other one 1.
    assert found[name] == pytest.approx(1.5)
    assert intervals[name] == pytest.approx((1.5 - 1.96 * 0.5, 1.5 + 1.96 * 0.5))


def test_an_extractor_that_does_not_classify_is_refused():
    extractor = types.SimpleNamespace(name="mine")
    with pytest.raises(errors.UserError, match=r"\(mine\) does not classify; give the"):
        video_inception_score.VideoInceptionScore(extractor)
