"""Errors of completed flow by hand, and what is propagated along it."""

import numpy as np
import pytest

from tests import check_metric
from tfvideogan.core import errors
from tfvideogan.metrics import flow_error

SIZE = 32


def clip_of(speed: int, seed: int = 0):
    """A batch of one clip of 3 frames, which moves right, with a still hole of 4x4."""
    wide = np.random.default_rng(seed).uniform(-1, 1, (SIZE, SIZE + 3 * speed, 3))
    frames = np.stack([wide[:, (3 - t) * speed :][:, :SIZE] for t in range(3)])
    holes = np.zeros((3, SIZE, SIZE, 1), np.float32)
    holes[:, 14:18, 14:18] = 1
    forward = np.zeros((2, SIZE, SIZE, 2), np.float32)
    forward[..., 0] = speed
    batch = {
        "frames": frames.astype(np.float32),
        "holes": holes,
        "forward_flow": forward,
        "backward_flow": -forward,
        "found_forward_flow": np.where(holes[1:] > 0, 7, forward).astype(np.float32),
        "found_backward_flow": np.where(holes[1:] > 0, 7, -forward).astype(np.float32),
    }
    return {name: one[np.newaxis] for name, one in batch.items()}


def made(batch, off):
    """Completed flow that is `off` by (3, 4) times a number in forward direction alone."""
    return {
        "forward_flow": batch["forward_flow"] + off * np.float32([3, 4]),
        "backward_flow": batch["backward_flow"],
    }


def test_metric():
    batches = [clip_of(4, 0), clip_of(4, 1), clip_of(2, 2)]
    clips = [
        (batch, made(batch, off)) for batch, off in zip(batches, (0, 1, 2), strict=True)
    ]
    check_metric.check_metric(
        flow_error.FlowError,
        clips,
        expected={
            # 0, 5 and 10 pixels in one of two directions.
            "end-point error in holes/completed/all": 2.5,
            "end-point error around holes/completed/all": 2.5,
            # What was found is right around the holes, and (7, 7) inside.
            "end-point error around holes/found/all": 0.0,
            "end-point error in holes/found/all": np.mean(
                [np.hypot(7 - dx, 7) for dx in (4, -4, 4, -4, 2, -2)]
            ),
            "end-point error around holes/completed - found/all": 2.5,
        },
    )


def test_true_flow_propagates_what_other_frames_show():
    # 4 pixels a frame: each frame sees behind the hole of another one.
    batch = clip_of(4)
    metric = flow_error.FlowError()
    metric.update(batch, made(batch, 0))
    result = metric.result()
    assert result["PSNR in holes, propagated/completed/all"] == pytest.approx(100)
    assert result["PSNR in holes, propagated/true/all"] == pytest.approx(100)
    assert result["PSNR in holes, propagated/completed - true/all"] == 0
    # A membrane over a motion that is the same all around is that motion.
    assert result["PSNR in holes, propagated/membrane/all"] == pytest.approx(100)
    assert result["end-point error in holes/membrane/all"] == pytest.approx(0, abs=1e-4)
    assert result["PSNR in holes, propagated/found/all"] < 30


def test_batches_without_found_flow_are_refused():
    batch = clip_of(2)
    del batch["found_forward_flow"]
    with pytest.raises(errors.UserError, match=r"finds_flow = True"):
        flow_error.FlowError().update(batch, made(batch, 0))
