"""VFID compares videos with their own originals."""

import numpy as np
import pytest

from tests import check_metric
from tfvideogan.engine import loop
from tfvideogan.engine.config import config
from tfvideogan.metrics import vfid
from tfvideogan.pretrained import i3d

BOTH_MODES = """
from __gin__ import dynamic_registration
from tfvideogan.engine import loop
from tfvideogan.metrics import vfid
from tfvideogan.metrics.features import i3d

loop.run.metrics = (@vfid.VFID(), @clip_statistics/vfid.VFID())
vfid.VFID.extractor = @i3d.PooledI3D()
clip_statistics/vfid.VFID.extractor = @clip_statistics/i3d.PooledI3D()
clip_statistics/i3d.PooledI3D.clip_statistics = True
"""


class Shade:
    """One feature: the mean of a clip's bytes."""

    name = "shade"
    is_reference = False
    identity = "f" * 64
    min_frames = 1
    size = (None, None, None, None)

    def features(self, clips):
        return clips.mean(axis=(1, 2, 3)).astype(np.float32)


def clip(level: int) -> dict[str, np.ndarray]:
    return {"frames": np.full((1, 2, 4, 4, 1), level / 127.5 - 1.0, np.float32)}


def test_completed_videos_are_compared_with_the_originals(tmp_path):
    # Means 10 and 20, variances 4 and 16.
    pairs = [(clip(8), clip(16)), (clip(10), clip(20)), (clip(12), clip(24))]
    metric = vfid.VFID(Shade(), cache_dir=str(tmp_path))
    found = check_metric.score(metric, pairs)
    assert found["VFID[shade]/model/2 frames, n=3"] == pytest.approx(104.0)
    # Two measures of one vector each video; no floor is wanted.
    assert {name.split("/")[0] for name in found} <= {
        "VFID[shade]",
        "precision[shade]",
        "recall[shade]",
    }
    assert not metric.more_real


def test_both_modes_of_batch_norm_are_bound_as_the_head_of_the_file_says(monkeypatch):
    monkeypatch.setattr(i3d, "load", lambda: None)
    config.parse_text(BOTH_MODES)
    metrics = config.arguments(loop.run)["metrics"]
    config.reset()
    names = [metric.extractor.name for metric in metrics]
    assert names == ["i3d-pooled", "i3d-pooled-clip-statistics"]
    assert all(type(metric) is vfid.VFID for metric in metrics)
