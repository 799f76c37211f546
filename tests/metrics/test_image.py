"""PSNR against scikit-image, errors and FrameQuality by hand."""

import math

import numpy as np
import pytest
import skimage.metrics

from tests import check_metric
from tfvideogan.core import errors
from tfvideogan.metrics import image

# Those that frames of 12x12 are large enough for.
SMALL = [name for name in image.MEASURES if name != "SSIM[win65]"]


def pair(*shape, noise=0.1, seed=0):
    """A random picture in [0, 1] and a noisy copy."""
    draw = np.random.default_rng(seed)
    clean = draw.uniform(size=shape)
    return clean, np.clip(clean + noise * draw.standard_normal(shape), 0, 1)


def test_psnr_equals_the_hand_number():
    # Mean squared error 0.01 is 20 dB.
    value = image.psnr(np.full((4, 4, 1), 0.6), np.full((4, 4, 1), 0.5))
    np.testing.assert_allclose(value, 20)


def test_psnr_of_identical_frames_is_the_cap():
    assert image.psnr(np.ones((2, 2, 1)), np.ones((2, 2, 1))) == 100


def test_psnr_equals_scikit_image():
    clean, noisy = pair(9, 8, 3)
    expected = skimage.metrics.peak_signal_noise_ratio(clean, noisy, data_range=1)
    np.testing.assert_allclose(image.psnr(noisy, clean), expected, rtol=1e-12)


@pytest.mark.parametrize("name", SMALL)
def test_frames_are_measured_one_by_one(name):
    measure = image.MEASURES[name]
    clean, noisy = pair(2, 3, 12, 12, 3)
    together = measure(noisy, clean)
    alone = [[measure(noisy[n, t], clean[n, t]) for t in range(3)] for n in range(2)]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


@pytest.mark.parametrize("name", SMALL)
def test_full_weights_change_nothing_and_none_is_not_applicable(name):
    measure = image.MEASURES[name]
    clean, noisy = pair(12, 13, 3)
    whole = measure(noisy, clean)
    ones = np.ones((12, 13, 1))
    np.testing.assert_allclose(measure(noisy, clean, ones), whole, rtol=1e-12)
    assert np.isnan(measure(noisy, clean, np.zeros_like(ones)))


def test_weighted_measures_see_the_region_only():
    clean = np.full((1, 2, 3), 0.5)
    other = np.array([[[0.6, 0.6, 0.6], [0.9, 0.9, 0.9]]])
    weights = np.array([[[1.0], [0.0]]])
    np.testing.assert_allclose(image.psnr(other, clean, weights), 20)
    np.testing.assert_allclose(image.l1(other, clean, weights), 0.1)
    # Three channels of one pixel.
    np.testing.assert_allclose(image.summed_squares(other, clean, weights), 0.03)
    np.testing.assert_allclose(image.summed_distances(other, clean, weights), 0.3)


def test_summed_errors_grow_with_the_picture():
    # 0.1 and 0.01 at each of 64 x 64 pixels.
    clean, other = np.full((64, 64, 1), 0.5), np.full((64, 64, 1), 0.6)
    np.testing.assert_allclose(image.summed_squares(other, clean), 40.96)
    np.testing.assert_allclose(image.summed_distances(other, clean), 409.6)


def test_band_reaches_as_far_on_both_sides_of_the_outline():
    regions = np.zeros((1, 1, 8, 1))
    regions[..., 4:, :] = 1
    found = image.outline_band(regions, 2)[0, 0, :, 0]
    np.testing.assert_array_equal(found, [0, 0, 1, 1, 1, 1, 0, 0])
    for plain in (np.zeros((1, 4, 4, 1)), np.ones((1, 4, 4, 1))):
        assert not image.outline_band(plain, 2).any()


def constant_clip(*levels, size=12):
    """[1, T, size, size, 3] in [-1, 1], one level for each frame."""
    levels = np.array(levels, np.float32)[np.newaxis, :, np.newaxis, np.newaxis]
    return np.broadcast_to(levels[..., np.newaxis], (1, levels.size, size, size, 3))


def psnr_of(difference):
    """PSNR of a constant difference of frames in [-1, 1]."""
    return -20 * math.log10(difference / 2)


def test_frame_quality_averages_decibels_of_frames():
    metric = image.FrameQuality(horizon=3, multiples=2)
    batch = {"frames": constant_clip(0, 0, 0, 0, 0, 0)}
    metric.update(batch, {"frames": constant_clip(1, 0.2, 0.02, 0.2, 0.2, 0.2)})
    result = metric.result()
    # Frame 0 is given and not measured: 20 and 40 dB, then 20 three times more.
    np.testing.assert_allclose(result["PSNR/frames/T"], 30, rtol=1e-6)
    np.testing.assert_allclose(result["PSNR/frames/2T"], 120 / 5, rtol=1e-6)
    np.testing.assert_allclose(result["L1/frames/T"], (0.1 + 0.01) / 2, rtol=1e-6)


def test_frames_beyond_the_range_are_clipped():
    metric = image.FrameQuality()
    metric.update({"frames": constant_clip(1, 1)}, {"frames": constant_clip(0, 1.7)})
    assert metric.result()["PSNR/frames/all"] == 100


def test_region_is_named_and_empty_frames_do_not_count():
    truth = constant_clip(0, 0, 0)
    made = truth + np.float32(0.2)
    made[0, 1, 0, 0] = 1.0  # wrong outside of the region
    masks = np.zeros((1, 3, 12, 12, 1), np.float32)
    masks[0, 1, 6:8, 6:8] = 1  # frame 2 has no object
    metric = image.FrameQuality("backgrounds", "backgrounds", region="foreground_masks")
    metric.update(
        {"backgrounds": truth, "foreground_masks": masks}, {"backgrounds": made}
    )
    result = metric.result()
    name = "PSNR in foreground_masks/backgrounds/all"
    np.testing.assert_allclose(result[name], 20, rtol=1e-6)


def test_band_of_a_region_is_measured_and_named():
    truth = constant_clip(0, 0)
    made = truth + np.float32(0.2)
    made[0, 1, 5:7, 5:7] = 1.0  # wrong in the middle and far away only
    made[0, 1, 0] = 1.0
    masks = np.zeros((1, 2, 12, 12, 1), np.float32)
    masks[0, 1, 3:9, 3:9] = 1
    metric = image.FrameQuality(region="foreground_masks", band=2, measures=["PSNR"])
    metric.update({"frames": truth, "foreground_masks": masks}, {"frames": made})
    result = metric.result()
    assert list(result) == ["PSNR in the 2 px band of foreground_masks/frames/all"]
    np.testing.assert_allclose(list(result.values()), 20, rtol=1e-6)


def test_measures_are_chosen_and_named():
    metric = image.FrameQuality(measures=("SSIM[uniform7]", "MSE sum"))
    metric.update({"frames": constant_clip(0, 0)}, {"frames": constant_clip(0, 0.2)})
    result = metric.result()
    assert list(result) == ["SSIM[uniform7]/frames/all", "MSE sum/frames/all"]
    # 0.01 at 12 x 12 pixels of three channels.
    np.testing.assert_allclose(result["MSE sum/frames/all"], 4.32, rtol=1e-6)


def test_clip_without_the_region_is_not_applicable():
    metric = image.FrameQuality(region="foreground_masks")
    batch = {
        "frames": constant_clip(0, 0),
        "foreground_masks": np.zeros((1, 2, 12, 12, 1), np.float32),
    }
    metric.update(batch, {"frames": constant_clip(0, 0)})
    assert math.isnan(metric.result()["PSNR in foreground_masks/frames/all"])


def test_copied_frame_is_the_one_before_the_start():
    metric = image.FrameQuality(start=2, copy_baseline=True)
    batch = {"frames": constant_clip(0.9, 0.0, 0.2)}
    metric.update(batch, {"frames": constant_clip(0, 0, 0.4)})
    result = metric.result()
    np.testing.assert_allclose(result["PSNR/copied frame/all"], 20, rtol=1e-6)
    np.testing.assert_allclose(result["PSNR/frames/all"], 20, rtol=1e-6)


def test_frame_quality_keeps_the_promises_of_a_metric():
    levels = (0.2, 0.1, 0.4)
    clips = [
        ({"frames": constant_clip(0, 0, 0)}, {"frames": constant_clip(0, 0, level)})
        for level in levels
    ]
    decibels = [(100 + psnr_of(level)) / 2 for level in levels]
    check_metric.check_metric(
        lambda: image.FrameQuality(horizon=3, copy_baseline=True, subject="composite"),
        clips,
        expected={
            "PSNR/composite/T": sum(decibels) / 3,
            "PSNR/copied frame/T": 100,
            "PSNR/composite - copied frame/T": sum(decibels) / 3 - 100,
            "L1/composite/T": sum(levels) / 2 / 2 / 3,
        },
    )


def test_missing_key_is_an_error_unless_skipping_was_asked_for():
    batch, outputs = {"frames": constant_clip(0, 0)}, {"masks": np.zeros(1)}
    with pytest.raises(errors.UserError, match="outputs have no `frames`, only masks"):
        image.FrameQuality().update(batch, outputs)
    metric = image.FrameQuality(when_missing="skip", horizon=2)
    metric.update(batch, outputs)
    assert math.isnan(metric.result()["PSNR/frames/T"])


def test_wrong_settings_are_named():
    with pytest.raises(errors.UserError, match='`when_missing` \\("never"\\)'):
        image.FrameQuality(when_missing="never")
    with pytest.raises(errors.UserError, match="`copy_baseline` needs a frame"):
        image.FrameQuality(start=0, copy_baseline=True)
    with pytest.raises(errors.UserError, match="'LPIPS'.* of PSNR, SSIM, SSIM.unif"):
        image.FrameQuality(measures=("PSNR", "LPIPS"))
    for options in ({"band": 8}, {"region": "holes", "band": 0}):
        with pytest.raises(errors.UserError, match="`band` .* around a `region`"):
            image.FrameQuality(**options)
    with pytest.raises(errors.UserError, match=r"`start` \(3\)"):
        image.FrameQuality(start=3, horizon=3)


def test_other_shapes_are_refused():
    batch = {"frames": constant_clip(0, 0)}
    with pytest.raises(errors.UserError, match="must be equal"):
        image.FrameQuality().update(batch, {"frames": constant_clip(0, 0, 0)})
