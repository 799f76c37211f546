"""Frames of clips as one set."""

import numpy as np
import pytest

from tests import check_metric
from tfvideogan.metrics import frame_distance


class Shade:
    """One feature: the byte of a frame."""

    name = "shade"
    is_reference = False
    identity = "e" * 64
    min_frames = 1
    size = (None, None, None, None)

    def features(self, clips):
        assert clips.shape[1] == 1
        return clips[:, 0, 0, 0].astype(np.float32)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TFVIDEOGAN_CACHE", str(tmp_path))


def clip(*levels: int) -> dict[str, np.ndarray]:
    frames = np.array(levels, np.float32).reshape(1, -1, 1, 1, 1) / 127.5 - 1.0
    return {"frames": np.broadcast_to(frames, (1, len(levels), 4, 4, 1))}


CLIPS = [
    (clip(8, 10), clip(16, 20)),
    (clip(12, 8), clip(24, 16)),
    (clip(10, 12), clip(20, 24)),
]


def test_all_frames_of_all_clips_are_one_set():
    # Real 8, 8, 10, 10, 12, 12: mean 10, variance 3.2; made twice: mean 20, 12.8.
    expected = 100.0 + (12.8**0.5 - 3.2**0.5) ** 2
    check_metric.check_metric(
        lambda: frame_distance.FrameDistance(Shade()),
        CLIPS,
        expected={"FID[shade]/model/2 frames, n=3": expected},
    )


def test_the_first_frames_alone_can_be_judged():
    metric = frame_distance.FrameDistance(Shade(), frames=1)
    found = check_metric.score(metric, CLIPS)
    # 8, 12, 10 and 16, 24, 20: 100 + (4 - 2)².
    assert found["FID[shade]/model/1 frames, n=3"] == pytest.approx(104.0)


def test_blurred_frames_stand_beside_the_model():
    metric = frame_distance.FrameDistance(Shade())
    check_metric.score(metric, CLIPS)
    for further, _ in CLIPS:
        metric.update_real(further)
    found = metric.result()
    # Plain frames are not changed by a blur.
    for subject in ("floor", "blurred"):
        name = f"FID[shade]/{subject}/2 frames, n=3"
        assert found[name] == pytest.approx(0.0, abs=1e-6)
    assert "KID[shade]/blurred/2 frames, n=3" in found


def test_cost_is_of_all_frames(monkeypatch):
    monkeypatch.setattr(
        frame_distance.extractors, "cost", lambda extractor, frames: (0.5 * frames, 7)
    )
    metric = frame_distance.FrameDistance(Shade(), frames=4)
    assert metric._cost() == (2.0, 7)
