"""Flow is estimated only where it is wanted and lacks."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.media import flow
from tfvideogan.serving.client import flows, metadata

FLOW = metadata.Tensor(tf.float32, (None, None, 64, 64, 2))
FRAMES = metadata.Tensor(tf.uint8, (None, None, 64, 64, 3))


def signature(*names: str) -> metadata.Signature:
    wanted = dict.fromkeys(names, FLOW) | {"frames": FRAMES}
    return metadata.Signature("predict", wanted, {})


def moving(steps: int = 3) -> np.ndarray:
    """Noise, smoothed, that moves to the right by 2 pixels in each frame."""
    noise = np.random.default_rng(0).uniform(size=[64, 64 + 2 * steps, 3])
    for axis in (0, 1):
        for _ in range(2):
            noise = (np.roll(noise, 1, axis) + noise + np.roll(noise, -1, axis)) / 3
    wide = (255 * (noise - noise.min()) / np.ptp(noise)).astype(np.uint8)
    starts = range(2 * steps - 2, -1, -2)
    return np.stack([wide[:, start : start + 64] for start in starts])


@pytest.mark.parametrize("batch", [(), (2,)])
def test_both_flows_lie_between_the_frames_of_each_clip(batch: tuple[int, ...]) -> None:
    found = flows.estimate(np.broadcast_to(moving(), [*batch, 3, 64, 64, 3]))
    for name, motion in (("forward_flow", 2.0), ("backward_flow", -2.0)):
        assert found[name].shape == (*batch, 2, 64, 64, 2)
        inside = found[name][..., 16:48, 16:48, :]
        np.testing.assert_allclose(np.median(inside[..., 0]), motion, atol=0.2)
        np.testing.assert_allclose(np.median(inside[..., 1]), 0.0, atol=0.2)


def test_what_is_given_or_not_wanted_is_not_estimated(monkeypatch) -> None:
    given = {"frames": moving(), "forward_flow": "given"}
    filled = flows.filled(signature("forward_flow", "backward_flow"), given)
    assert set(filled) == {"frames", "forward_flow", "backward_flow"}
    assert filled["forward_flow"] == "given"
    monkeypatch.setattr(flow, "estimate_clip", None)
    assert flows.filled(signature("forward_flow"), given) is given
    assert flows.filled(signature(), {"frames": moving()}).keys() == {"frames"}
    assert flows.filled(signature("forward_flow"), {"context": 1}) == {"context": 1}
