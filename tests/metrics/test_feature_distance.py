"""What is compared with what, and what it is called, by features that hands can add up."""

import logging

import numpy as np
import pytest

from tests import check_metric
from tfvideogan.core import clip as clips
from tfvideogan.core import errors
from tfvideogan.metrics import feature_distance, video_distance
from tfvideogan.metrics.distances import frechet


class Shade:
    """One feature: the mean of a clip's bytes."""

    name = "shade"
    is_reference = False
    identity = "c" * 64
    min_frames = 1
    size = (None, None, None, None)

    def __init__(self) -> None:
        self.asked = 0

    def features(self, clips):
        self.asked += len(clips)
        return clips.reshape(len(clips), -1).mean(axis=1, keepdims=True).astype("f4")


class Reference(Shade):
    is_reference = True


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TFVIDEOGAN_CACHE", str(tmp_path))
    return tmp_path


SPEC = clips.ClipSpec(2, 2, 2, 1)


def clip(*levels: int) -> np.ndarray:
    """A clip [1, T, 2, 2, 1] in [-1, 1] of frames of these bytes."""
    frames = np.array(levels, np.float32).reshape(1, -1, 1, 1, 1) / 127.5 - 1.0
    return np.broadcast_to(frames, (1, len(levels), 2, 2, 1))


def make(extractor=None, **options):
    return feature_distance.FeatureDistance(extractor or Shade(), **options)


def pairs(real, made):
    return [
        ({"frames": clip(one, one)}, {"frames": clip(other, other)})
        for one, other in zip(real, made, strict=True)
    ]


def test_model_is_compared_with_the_judged_clips():
    # Real: mean 10, variance 4; made: mean 20, variance 16. 100 + (4 - 2)².
    column = "model/2 frames, n=3"
    check_metric.check_metric(
        make,
        pairs([8, 10, 12], [16, 20, 24]),
        expected={f"FD[shade]/{column}": 104.0, f"recall[shade]/{column}": np.nan},
    )


def test_floor_and_controls_are_other_real_clips_against_the_judged_ones():
    metric = make(controls=("frozen",))
    check_metric.score(metric, pairs([8, 10, 12], [16, 20, 24]))
    for shade in (20, 24):
        metric.update_real({"frames": clip(shade, 4)})
    found = metric.result()
    # Means 12 and 14: mean 13, variance 2. Frozen 20 and 24: mean 22, variance 8.
    floor = 9.0 + (2.0 - 2.0**0.5) ** 2
    frozen = 144.0 + (2.0 - 8.0**0.5) ** 2
    assert found["FD[shade]/floor/2 frames, n=2:3"] == pytest.approx(floor)
    assert found["FD[shade]/frozen/2 frames, n=2:3"] == pytest.approx(frozen)
    # The model's own figures are not touched.
    assert found["FD[shade]/model/2 frames, n=3"] == pytest.approx(104.0)


def test_published_names_are_for_the_reference_only():
    for extractor, title in ((Reference(), "FD"), (Shade(), "FD[shade]")):
        metric = make(extractor)
        check_metric.score(metric, pairs([1, 2], [3, 4]))
        measures = {name.split("/")[0] for name in metric.result()}
        assert title in measures
        assert all(("[" in one) != extractor.is_reference for one in measures)


def test_only_the_first_frames_are_judged():
    metric = make(frames=1)
    batch = {"frames": np.concatenate([clip(10, 0), clip(14, 0)])}
    metric.update(batch, {"frames": np.concatenate([clip(20, 99), clip(24, 99)])})
    assert metric.result()["FD[shade]/model/1 frames, n=2"] == pytest.approx(100.0)


def test_real_features_are_kept_and_those_of_models_not(folder):
    extractor = Shade()
    for _ in range(2):
        metric = make(extractor)
        check_metric.score(metric, pairs([8, 10, 12], [16, 20, 24]))
        metric.update_real({"frames": clip(20, 4)})
    # 3 made + 3 real + 1 further, and then only those that are made.
    assert extractor.asked == 7 + 3
    assert len(list(folder.rglob("*.npy"))) == 4


def test_intervals_are_the_jackknife_errors():
    generator = np.random.default_rng(0)
    real, made = (generator.integers(0, 256, 30) for _ in range(2))
    metric = make()
    check_metric.score(metric, pairs(real, made))
    name = "FD[shade]/model/2 frames, n=30"
    low, high = metric.intervals()[name]
    error = frechet.standard_error(made[:, None].astype(float), real[:, None])
    # Other blocks of the same clips.
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.3)
    assert (high + low) / 2 == pytest.approx(metric.result()[name])
    assert "precision[shade]/model/2 frames, n=30" not in metric.intervals()


def test_endless_sets_are_told_from_a_thousand_clips_on(monkeypatch):
    monkeypatch.setattr(feature_distance.kernel, "DRAWS", 2)
    generator = np.random.default_rng(0)
    metric = make()
    for size, is_told in ((999, False), (1, True)):
        made, real = generator.uniform(-1, 1, (2, size, 1, 1, 1, 1)).astype(np.float32)
        metric.update({"frames": real}, {"frames": made})
        measures = {name.split("/")[0] for name in metric.result()}
        assert ("FD_inf[shade]" in measures) == is_told


@pytest.mark.parametrize(
    ("batch", "outputs", "words"),
    [
        ({"frames": clip(1, 2)}, {}, "judges models that generate"),
        ({"frames": clip(1, 2)}, {"frames": clip(1)}, "1 frames, but Fea.* judges 2;"),
    ],
)
def test_clips_that_cannot_be_compared_are_named(batch, outputs, words):
    with pytest.raises(errors.UserError, match=words):
        make(frames=2).update(batch, outputs)


def test_settings_without_meaning_are_refused():
    with pytest.raises(errors.UserError, match="'slow'; it may have shuffled, rev"):
        make(controls=("slow",))
    extractor = Shade()
    extractor.min_frames = 9
    with pytest.raises(errors.UserError, match=r"`FeatureDistance.frames` \(8\) must"):
        make(extractor, frames=8)


# --- Before the work


def test_one_clip_is_refused_before_the_work():
    extractor = Shade()
    with pytest.raises(errors.UserError, match="at least 2; judge more clips"):
        make(extractor).prepare(1, SPEC)
    assert extractor.asked == 0


def test_cost_is_told_before_the_work(caplog, monkeypatch):
    monkeypatch.setattr(
        feature_distance.extractors, "cost", lambda extractor, frames: (2.0, 1)
    )
    metric = video_distance.VideoDistance(Shade())
    with caplog.at_level(logging.INFO, "absl"):
        metric.prepare(600, SPEC)
    # Model, real, further and four controls: 7 · 600 clips of 2 seconds are 140 minutes.
    assert "FVD[shade]: 4,200 clips through shade, about 2.3 h on" in caplog.text
    assert "the next evaluation has 600" in caplog.text
    assert "singular" not in caplog.text


def test_fewer_clips_than_features_are_warned_of(caplog, monkeypatch):
    monkeypatch.setattr(
        feature_distance.extractors, "cost", lambda extractor, frames: (0.0, 400)
    )
    with caplog.at_level(logging.WARNING, "absl"):
        video_distance.VideoDistance(Shade()).prepare(400, SPEC)
    assert "400 clips in 400 dimensions" in caplog.text
    assert "read KVD[shade]" in caplog.text


def test_record_says_by_which_weights():
    assert make().describe() == f"FeatureDistance by shade, sha256 {'c' * 64}"
