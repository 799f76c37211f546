"""FVD and KVD, and whether they see motion."""

import logging

import numpy as np
import pytest

from tests import check_metric
from tfvideogan.metrics import feature_distance, video_distance


class Steps:
    """Features: mean change to the next frame with its sign, and mean rough changes."""

    name = "steps"
    is_reference = False
    identity = "d" * 64
    min_frames = 2
    size = (4, None, None, 1)

    def features(self, clips):
        steps = np.diff(clips.astype(np.float32).mean(axis=(2, 3, 4)), axis=1)
        return np.stack([steps.mean(axis=1), np.abs(steps).mean(axis=1)], axis=1)


class Sharpness(Steps):
    """Features: heedless of time, mean differences of neighbouring pixels."""

    name = "sharpness"

    def features(self, clips):
        clips = clips.astype(np.float32)
        found = [
            np.abs(np.diff(clips, axis=axis)).mean(axis=(1, 2, 3, 4)) for axis in (2, 3)
        ]
        return np.stack(found, axis=1)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TFVIDEOGAN_CACHE", str(tmp_path))


def brightening(number: int, seed: int) -> np.ndarray:
    """Clips of noise that become brighter frame by frame, [N, 4, 16, 16, 1]."""
    generator = np.random.default_rng(seed)
    grain = generator.uniform(-0.1, 0.1, (number, 1, 16, 16, 1))
    pace = generator.uniform(0.2, 0.3, (number, 1, 1, 1, 1))
    times = np.arange(4).reshape(1, 4, 1, 1, 1)
    return (grain + pace * (times - 1.5)).astype(np.float32)


def judged(extractor) -> video_distance.VideoDistance:
    metric = video_distance.VideoDistance(extractor)
    real = {"frames": brightening(12, seed=0)}
    metric.update(real, {"frames": brightening(12, seed=1)})
    metric.update_real({"frames": brightening(12, seed=2)})
    return metric


def test_subjects_and_measures_have_their_names():
    found = judged(Steps()).result()
    column = "4 frames, n=12"
    for subject in ("model", "floor", "shuffled", "reversed", "frozen", "blurred"):
        assert np.isfinite(found[f"FVD[steps]/{subject}/{column}"])
        assert np.isfinite(found[f"KVD[steps]/{subject}/{column}"])
    for subject in ("model", "floor"):
        assert 0.0 <= found[f"precision[steps]/{subject}/{column}"] <= 1.0
        assert 0.0 <= found[f"recall[steps]/{subject}/{column}"] <= 1.0
    assert f"recall[steps]/frozen/{column}" not in found


def test_a_distance_that_sees_motion_says_so():
    found = judged(Steps()).result()
    for what in ("motion", "direction"):
        assert found[f"FVD[steps] sees {what}/probes/4 frames, n=12"] == 1.0


def test_a_distance_of_pictures_is_not_used_for_motion(caplog):
    with caplog.at_level(logging.WARNING, "absl"):
        found = judged(Sharpness()).result()
    for what in ("motion", "direction"):
        assert found[f"FVD[sharpness] sees {what}/probes/4 frames, n=12"] == 0.0
    assert (
        "FVD[sharpness] does not order the probes of 4 frames, n=12; it is not used for "
        "motion"
    ) in caplog.text


GOOD = {"floor": 1.0, "blurred": 5.0, "shuffled": 9.0, "reversed": 4.0, "frozen": 6.0}


@pytest.mark.parametrize(
    ("changed", "motion", "direction"),
    [
        ({}, True, True),
        ({"frozen": 4.5}, False, True),  # a small blur is worse
        ({"shuffled": 4.5}, False, True),
        # Within the intervals: both reach 1.96 · 0.3.
        ({"reversed": 2.1}, True, False),
        ({"reversed": 2.3}, True, True),
        ({"shuffled": 2.1, "blurred": 1.5}, False, True),
    ],
)
def test_probes_are_in_order(changed, motion, direction):
    values = {**GOOD, **changed}
    scores = {
        name: feature_distance.Score(value, 0.3) for name, value in values.items()
    }
    assert video_distance.sees_motion(scores) is motion
    assert video_distance.sees_direction(scores) is direction


def test_without_further_clips_there_is_no_verdict():
    metric = video_distance.VideoDistance(Steps())
    frames = brightening(4, seed=0)
    metric.update({"frames": frames}, {"frames": frames})
    assert not any("sees motion" in name for name in metric.result())


def test_it_adds_up():
    clips = [
        ({"frames": brightening(1, seed)}, {"frames": brightening(1, seed + 50)})
        for seed in range(8)
    ]
    check_metric.check_metric(
        lambda: video_distance.VideoDistance(Steps()), clips, expected={}
    )


def test_longer_clips_are_cut_to_what_the_extractor_takes():
    metric = video_distance.VideoDistance(Steps())
    frames = np.concatenate([brightening(6, 0), brightening(6, 1)], axis=1)
    metric.update({"frames": frames}, {"frames": frames})
    assert all("/4 frames, n=6" in name for name in metric.result())
