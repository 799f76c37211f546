"""E_warp and tOF by hand, against OpenCV, and with the traps that they have."""

import cv2
import numpy as np
import pytest

from tests import check_metric
from tfvideogan.core import errors
from tfvideogan.metrics import temporal

# Squares of float32 rounding.
ROUNDING = 1e-12


def panned(num_frames: int, size: int, *, speed: int = 1, seed: int = 0) -> np.ndarray:
    """[T, size, size, 3] in [0, 1]: smooth noise that moves `speed` pixels right."""
    width = size + speed * num_frames
    wide = np.random.default_rng(seed).random((size, width, 3))
    wide = cv2.GaussianBlur(wide, (0, 0), 1.5)
    wide = (wide - wide.min()) / (wide.max() - wide.min())
    starts = [speed * (num_frames - t) for t in range(num_frames)]
    return np.stack([wide[:, start : start + size] for start in starts])


def flows(num_steps: int, size: int, dx: float) -> tuple[np.ndarray, np.ndarray]:
    """Forward and backward flow [num_steps, size, size, 2] of one motion."""
    forward = np.zeros((num_steps, size, size, 2), np.float32)
    forward[..., 0] = dx
    return forward, -forward


def test_what_moves_with_the_flow_has_no_warp_error():
    # The last column of frame t leaves the image and does not count.
    found = temporal.warp_errors(panned(3, 8)[np.newaxis], *flows(2, 8, 1.0))
    np.testing.assert_allclose(found, [[0, 0]], atol=ROUNDING)


def test_warp_error_is_the_mean_square_per_channel():
    steady = panned(7, 8)
    brighter = steady.copy()
    brighter[1:, ..., 0] += 0.3  # one of three channels, from frame 1 on
    videos = np.stack([brighter, steady])
    found = temporal.warp_errors(videos, *flows(6, 8, 1.0))
    np.testing.assert_allclose(found, [[0.03, 0, 0, 0, 0, 0], [0] * 6], atol=ROUNDING)


def test_pixels_that_are_hidden_do_not_count():
    frames = np.zeros((1, 2, 4, 6, 1))
    frames[0, 1, :, 2] = 1.0
    frames[0, 1, :, 4] = 0.5
    forward, backward = (np.zeros((1, 4, 6, 2), np.float32) for _ in range(2))
    # Everything stands still: errors 1 and 0.25 in two of six columns.
    found = temporal.warp_errors(frames, forward, backward)
    np.testing.assert_allclose(found, [[1.25 / 6]])
    # The way back from column 2 leads elsewhere, so that it is occluded: one of five.
    backward[:, :, 2, 0] = 3.0
    found = temporal.warp_errors(frames, forward, backward)
    np.testing.assert_allclose(found, [[0.25 / 5]])
    # Column 3 moves 0.4 to the right: columns 2 and 3 are boundaries, and column 2 is
    # occluded. Of 0, 1, 4 and 5 one differs.
    forward[:, :, 3, 0], backward[:, :, 3, 0] = 0.4, -0.4
    found = temporal.warp_errors(frames, forward, backward)
    np.testing.assert_allclose(found, [[0.25 / 4]])


def test_a_step_that_shows_nothing_twice_has_no_warp_error():
    found = temporal.warp_errors(panned(2, 8)[np.newaxis], *flows(1, 8, 100.0))
    assert np.isnan(found).all()


def plain(*shades: float) -> np.ndarray:
    """One clip [1, T, 8, 8, 3] of plain frames; shades in [0, 1]."""
    frames = 2.0 * np.array(shades).reshape(1, -1, 1, 1, 1) - 1.0
    return np.broadcast_to(frames, (1, len(shades), 8, 8, 3))


def still_batch(clip: np.ndarray) -> dict[str, np.ndarray]:
    still = np.zeros((1, clip.shape[1] - 1, 8, 8, 2), np.float32)
    return {"frames": clip, "forward_flow": still, "backward_flow": still}


def test_warp_error_keeps_the_promises_of_a_metric():
    made = (plain(0.5, 0.5, 0.5), plain(0.5, 0.6, 0.4), plain(0.1, 0.3, 0.4))
    clips = [(still_batch(plain(0.5, 0.5, 0.7)), {"frames": one}) for one in made]
    expected = {
        # Steps of 0, 0; 0.1, 0.2; 0.2, 0.1.
        "E_warp[batch]/model/all": (0.01 + 0.04 + 0.04 + 0.01) / 6,
        "E_warp[batch]/real/all": 0.04 / 2,
        "E_warp[batch]/reversed/all": 0.04 / 2,
        "E_warp[batch]/frozen/all": 0.0,
        "gradient/model/all": 0.0,
    }
    check_metric.check_metric(
        lambda: temporal.WarpError(flow="batch"), clips, expected=expected
    )


def test_frames_before_the_start_and_their_flow_are_not_judged():
    batch = still_batch(plain(0.1, 0.9, 0.5, 0.5))
    batch["forward_flow"] = batch["forward_flow"].copy()
    batch["forward_flow"][:, 0] = 100.0
    metric = temporal.WarpError(flow="batch", start=1)
    metric.update(batch, {"frames": plain(0.5, 0.5, 0.7, 0.7)})
    # Steps of 0.2 and 0.
    assert metric.result()["E_warp[batch]/model/all"] == pytest.approx(0.02)


def in_range(clip: np.ndarray) -> np.ndarray:
    """[1, T, H, W, C] float32 in [-1, 1]."""
    return np.float32(2.0 * clip - 1.0)[np.newaxis]


def test_estimated_flow_tells_real_clips_from_damaged_ones():
    noise = np.random.default_rng(1).normal(scale=0.02, size=(4, 48, 48, 3))
    real = in_range(panned(4, 48, speed=2) + noise)
    metric = temporal.WarpError()
    metric.update({"frames": real}, {"frames": real})
    found = metric.result()
    values = {
        name.split("/")[1]: value
        for name, value in found.items()
        if name.startswith("E_warp[DIS]")
    }
    assert values["model"] == values["real"]
    for control in ("frozen", "reversed", "shuffled"):
        assert values["real"] < 0.1 * values[control]
    # A blurred video wins, and its gradient says why.
    assert values["blurred"] < values["real"]
    assert found["gradient/blurred/all"] < found["gradient/real/all"]


def test_flow_of_a_clip_is_compared_with_that_of_the_real_one():
    size, kept = 64, slice(16, 48)  # the inner 32x32
    real, made = panned(3, size, speed=2), panned(3, size, seed=1)
    metric = temporal.FlowError(dropped=0)
    metric.update({"frames": in_range(real)}, {"frames": in_range(made)})
    found = metric.result()
    distances = []
    for step in range(2):
        sides = []
        for clip in (real, made):
            pair = [
                cv2.cvtColor(np.uint8(np.round(255 * one)), cv2.COLOR_RGB2GRAY)
                for one in clip[step : step + 2]
            ]
            flow = cv2.calcOpticalFlowFarneback(
                *pair, None, pyr_scale=0.5, levels=3, winsize=15, iterations=3,
                poly_n=5, poly_sigma=1.2, flags=0,
            )  # fmt: skip
            sides.append(flow[kept, kept])
        distances.append(np.linalg.norm(sides[0] - sides[1], axis=-1).mean())
    assert found["tOF/model/all"] == pytest.approx(np.mean(distances), rel=1e-5)
    # Speeds of 2 and 1: a pixel between them. A frozen clip misses 2, a reversed one 4.
    assert found["tOF/model/all"] == pytest.approx(1, abs=0.2)
    assert found["tOF/frozen/all"] == pytest.approx(2, abs=0.2)
    assert found["tOF/reversed/all"] == pytest.approx(4, abs=0.4)


def test_flow_error_keeps_the_promises_of_a_metric():
    real = in_range(panned(6, 32))
    still = np.repeat(real[:, 2:3], 6, axis=1)
    clips = [({"frames": real}, {"frames": one}) for one in (real, still, real)]
    metric = temporal.FlowError(is_cropped=False)
    metric.update(*clips[1])
    # Two frames are left, whose flow a still video does not have.
    frozen = metric.result()["tOF[uncropped]/frozen/all"]
    assert frozen == pytest.approx(1, abs=0.2)
    check_metric.check_metric(
        lambda: temporal.FlowError(is_cropped=False),
        clips,
        expected={
            "tOF[uncropped]/model/all": frozen / 3,
            "tOF[uncropped]/frozen/all": frozen,
        },
    )


def test_inner_pixels_are_a_multiple_of_32_away_from_the_border():
    # 432 - 16 is 13 x 32, 240 - 16 is 7 x 32, 64 - 16 is more than 32.
    grid = np.arange(240 * 432).reshape(1, 240, 432)
    np.testing.assert_array_equal(temporal.inner(grid), grid[:, 8:232, 8:424])
    assert temporal.inner(np.zeros((64, 48))).shape == (32, 32)
    with pytest.raises(errors.UserError, match="47x64 have no inner pixels"):
        temporal.inner(np.zeros((47, 64)))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: temporal.WarpError(flow="raft"), "'raft'.* dis, batch"),
        (lambda: temporal.WarpError(start=-1), r"`WarpError.start` \(-1\)"),
        (lambda: temporal.FlowError(dropped=-1), r"`FlowError.dropped` \(-1\)"),
    ],
)
def test_wrong_settings_are_named(make, words):
    with pytest.raises(errors.UserError, match=words):
        make()


@pytest.mark.parametrize(
    ("metric", "outputs", "words"),
    [
        (temporal.WarpError(), {}, "`WarpError` judges videos that have a real one"),
        (temporal.WarpError(), {"frames": plain(0.5)}, "must be equal"),
        (temporal.WarpError(start=2), None, "clips have 3 and `start` is 2"),
        (temporal.WarpError(flow="batch"), None, "`forward_flow`.* to \"dis\""),
        (temporal.FlowError(dropped=1), None, r"`FlowError.dropped` \(1\) leaves 1"),
    ],
)  # fmt: skip
def test_clips_that_cannot_be_compared_are_named(metric, outputs, words):
    clip = plain(0.5, 0.5, 0.5)
    outputs = {"frames": clip} if outputs is None else outputs
    with pytest.raises(errors.UserError, match=words):
        metric.update({"frames": clip}, outputs)
