"""Completed clips by hand: in the holes, by what others show, and by both conventions."""

import numpy as np
import pytest
import skimage.metrics

from tests import check_metric
from tfvideogan.core import errors
from tfvideogan.metrics import completion, completion_baselines

BLACK = -1.0
SIZE = 16


def square(num_frames=2, *, speed=0, size=SIZE):
    """[1, T, size, size, 1]: 8x8 pixels, a quarter of the frame, moving right."""
    holes = np.zeros((1, num_frames, size, size, 1), np.float32)
    for time in range(num_frames):
        holes[0, time, 4:12, speed * time : speed * time + 8] = 1.0
    return holes


def black_batch(holes, *, has_flow=True):
    """Black clips, which stand still."""
    _, length, height, width, _ = holes.shape
    batch = {
        "frames": np.full((1, length, height, width, 3), BLACK, np.float32),
        "holes": holes,
    }
    if has_flow:
        still = np.zeros((1, length - 1, height, width, 2), np.float32)
        batch |= {"forward_flow": still, "backward_flow": still}
    return batch


def off(batch, distance):
    """Outputs that are brighter in all of the frames, by a share of the range."""
    return {"frames": batch["frames"] + np.float32(2 * distance)}


def result(batch, outputs, **options):
    metric = completion.CompletionQuality(**options)
    metric.update(batch, outputs)
    return metric.result()


def test_it_is_a_metric():
    # Squares of 0.1, 0.01 and 0.1 in a quarter of the frame; baselines make black: 100 dB.
    batch = black_batch(square(1))
    clips = [(batch, off(batch, distance)) for distance in (0.1, 0.01, 0.1)]
    expected = {
        "PSNR in holes/completed/all": (20 + 40 + 20) / 3,
        "PSNR/completed/static holes": 80 / 3 + 10 * np.log10(4),
        "PSNR in holes/completed - Telea/all": 80 / 3 - 100,
        # There is no other frame.
        "PSNR in holes, seen/completed/all": np.nan,
        "PSNR in holes, never seen/completed/all": 80 / 3,
        "area/holes/all": 0.25,
        "area/never seen/all": 1.0,
        "area/changed known pixels/all": 1.0,
        "E_warp[DIS] in holes/completed/all": np.nan,
        "gradient in holes/real/all": 0.0,
    }

    def make():
        return completion.CompletionQuality(baselines=("mean", "Telea"))

    check_metric.check_metric(make, clips, expected=expected)


def test_a_second_method_is_judged_on_the_same_clips():
    batch = black_batch(square(1))
    outputs = off(batch, 0.1) | {"auto": off(batch, 0.01)["frames"]}
    found = result(batch, outputs, baselines=("mean",))
    # 20 dB and 40 dB; the mean of black is black, 100 dB.
    assert found["PSNR in holes/completed/all"] == pytest.approx(20)
    assert found["PSNR in holes/auto/all"] == pytest.approx(40, abs=1e-3)
    assert found["PSNR in holes/auto - completed/all"] == pytest.approx(20, abs=1e-3)
    assert found["PSNR in holes/auto - mean/all"] == pytest.approx(-60, abs=1e-3)
    assert found["PSNR in holes/completed - mean/all"] == pytest.approx(-80)
    assert not any("completed - auto" in name for name in found)


def test_community_keeps_the_promises_of_a_metric():
    batch = black_batch(square(1))
    # Bytes: what is less than one is rounded.
    clips = [(batch, off(batch, level / 255)) for level in (26.3, 3, 26)]
    values = [-20 * np.log10(one / 255) for one in (26, 3, 26)]
    expected = {
        "PSNR in holes/completed/all": sum(values) / 3,
        "SSIM[win65]/completed/all": np.nan,  # below 65 pixels
    }

    def make():
        return completion.CompletionQuality(convention="community", baselines=())

    check_metric.check_metric(make, clips, expected=expected)


def test_long_clips_weigh_more_by_community_only():
    found = {}
    for convention in ("clean", "community"):
        metric = completion.CompletionQuality(convention=convention, baselines=())
        for length, level in ((1, 255), (3, 51)):  # 0 dB and 14 dB, both whole bytes
            batch = black_batch(square(length))
            metric.update(batch, off(batch, level / 255))
        found[convention] = metric.result()["PSNR in holes/completed/all"]
    first, second = 0.0, 20 * np.log10(5)
    assert found["clean"] == pytest.approx((first + second) / 2, abs=1e-4)
    assert found["community"] == pytest.approx((first + 3 * second) / 4, abs=1e-4)


def test_pixels_that_another_frame_shows_are_judged_apart():
    # The hole moves by 2 pixels; the scene stands still. Of frame 0 columns 2 to 7 are
    # missing in frame 1, too, of frame 1 the same; 0, 1 and 8, 9 are seen.
    holes = square(speed=2)
    batch = black_batch(holes)
    made = batch["frames"].copy()
    made[0, 0, :, :2] += 2.0  # as wrong as can be, where frame 1 shows what is right
    made[0, :, :, 2:8] += 0.2
    made[0, 1, :, 8:10] += 0.2
    found = result(batch, {"frames": made}, baselines=())
    assert found["PSNR in holes, seen/completed/all"] == pytest.approx((0 + 20) / 2)
    assert found["PSNR in holes, never seen/completed/all"] == pytest.approx(20)
    assert found["area/never seen/all"] == pytest.approx(6 / 8)
    assert "PSNR/completed/static holes" not in found
    assert found["PSNR/completed/moving holes"] == found["PSNR/completed/all"]


def test_without_flow_in_the_batch_dis_tells_what_is_seen():
    batch = black_batch(square(speed=2), has_flow=False)
    found = result(batch, off(batch, 0.1), baselines=())
    assert found["area/never seen/all"] == pytest.approx(6 / 8)


def test_flicker_in_the_hole_is_warp_error_and_what_lies_outside_is_not():
    batch = black_batch(square(3))
    made = batch["frames"].copy()
    made[0, 1] += 0.2  # everywhere, but the known pixels are put back
    found = result(batch, {"frames": made}, baselines=("Telea",))
    # Two steps of 0.1.
    assert found["E_warp[DIS] in holes/completed/all"] == pytest.approx(0.01)
    assert found["E_warp[DIS] in holes/Telea/all"] == 0.0
    assert found["E_warp[DIS] in holes/real/all"] == 0.0


def test_gradient_is_of_neighbours_that_are_both_in_the_hole():
    batch = black_batch(square(1))
    made = batch["frames"].copy()
    made[..., ::2, :] = 1.0  # every second column: 1 across, 0 down
    found = result(batch, {"frames": made}, baselines=())
    assert found["gradient in holes/completed/all"] == pytest.approx(1.0)
    flat = result(batch, off(batch, 0.5), baselines=())
    assert flat["gradient in holes/completed/all"] == 0.0


def test_community_equals_scikit_image_with_a_window_of_65():
    draw = np.random.default_rng(0)
    frames = draw.uniform(-1, 1, (1, 1, 70, 66, 3)).astype(np.float32)
    holes = square(1, size=70)[:, :, :, :66]
    made = np.clip(frames + draw.normal(0, 0.2, frames.shape), -1, 1)
    batch = {"frames": frames, "holes": holes}
    found = result(batch, {"frames": made}, convention="community", baselines=("mean",))
    whole, ours = (
        np.rint((one[0, 0] + 1) * 127.5).astype(np.uint8) for one in (frames, made)
    )
    pasted = np.where(holes[0, 0] > 0, ours, whole)
    wanted = skimage.metrics.structural_similarity(
        whole, pasted, win_size=65, data_range=255, channel_axis=-1
    )
    assert found["SSIM[win65]/completed/all"] == pytest.approx(wanted, rel=1e-9)
    wanted = skimage.metrics.peak_signal_noise_ratio(whole, pasted, data_range=255)
    assert found["PSNR/completed/all"] == pytest.approx(wanted, rel=1e-9)


def test_what_a_model_changes_outside_of_the_holes_is_counted_and_put_back():
    batch = black_batch(square())
    made = np.where(batch["holes"] > 0, BLACK, batch["frames"])
    made[0, 0, 0, :8] = 0.0  # 8 of 192 known pixels of one of two frames
    found = result(batch, {"frames": made}, baselines=())
    assert found["area/changed known pixels/all"] == pytest.approx(8 / 192 / 2)
    assert found["PSNR/completed/all"] == pytest.approx(100.0)


def test_baselines_are_made_once_for_a_clip(monkeypatch):
    calls = []

    def fake(frames, holes):
        calls.append(frames)
        return frames

    monkeypatch.setitem(completion_baselines.BASELINES, "mean", fake)
    metric = completion.CompletionQuality(baselines=("mean",))
    batch, other = black_batch(square()), black_batch(square(speed=2))
    for one in (batch, other, batch):
        metric.update(one, off(one, 0.1))
        metric.reset()
    assert len(calls) == 2
    # What lies in the hole is not for them to see.
    white = {**batch, "frames": -batch["frames"]}
    metric.update(white, off(batch, 0.1))
    assert calls[-1].max() == 255 and (calls[-1][square()[0, ..., 0] > 0] == 0).all()


def test_objects_to_be_removed_have_no_truth():
    batch = black_batch(square(3))
    found = result(batch, off(batch, 0.1), has_truth=False, baselines=("Telea",))
    assert not [name for name in found if name.startswith(("PSNR", "SSIM"))]
    assert found["E_warp[DIS] in holes/completed/all"] == pytest.approx(0.0)
    assert found["E_warp[DIS] in holes/completed - Telea/all"] == pytest.approx(0.0)
    assert "gradient in holes/real/all" not in found


def test_wrong_settings_and_batches_are_refused():
    with pytest.raises(
        errors.UserError, match="convention` .'paper'. must be of clean"
    ):
        completion.CompletionQuality(convention="paper")
    with pytest.raises(errors.UserError, match="baselines` .'median'. must be of mean"):
        completion.CompletionQuality(baselines=("median",))
    with pytest.raises(errors.UserError, match="has_lpips` needs whole clips"):
        completion.CompletionQuality(has_lpips=True, has_truth=False)
    batch = black_batch(square())
    del batch["holes"]
    with pytest.raises(errors.UserError, match="have no `holes`"):
        result(batch, off(batch, 0.1))
