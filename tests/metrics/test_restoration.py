import cv2
import numpy as np
import pytest
from skimage import metrics

from tests import check_metric
from tfvideogan.core import errors
from tfvideogan.metrics import restoration


def clips(seed, number=3):
    draw = np.random.default_rng(seed)
    return draw.uniform(-1, 1, (number, 2, 12, 16, 3)).astype(np.float32)


BATCH = {"frames": clips(0), "blurred_frames": clips(1)}
OUTPUTS = {"frames": clips(2)}


def judged(**options):
    metric = restoration.RestorationQuality(**options)
    metric.update(BATCH, OUTPUTS)
    return metric.result()


def unit(array):
    return (array.astype(np.float64) + 1) / 2


def test_it_is_a_metric():
    # Of constant frames, 0.1, 0.01 and 0.1 from the sharp ones, blurred twice as far.
    pairs = []
    for distance in (0.2, 0.02, 0.2):
        sharp = np.zeros((1, 2, 12, 16, 3), np.float32)
        batch = {"frames": sharp, "blurred_frames": sharp + 2 * distance}
        pairs.append((batch, {"frames": sharp + distance}))
    expected = {
        "PSNR/restored/all": (20 + 40 + 20) / 3,
        "PSNR/restored - blurred/all": 20 * np.log10(2),
        # Nothing is to be sharpened.
        "PSNR/restored - unsharp/all": 20 * np.log10(2),
    }
    check_metric.check_metric(restoration.RestorationQuality, pairs, expected=expected)


def test_subjects_are_measured_against_the_sharp_frames():
    found = judged(measures=("PSNR",))
    for subject, made in (
        ("restored", OUTPUTS["frames"]),
        ("blurred", BATCH["blurred_frames"]),
    ):
        wanted = np.mean(
            [
                metrics.peak_signal_noise_ratio(unit(sharp), unit(one), data_range=1.0)
                for clip, other in zip(BATCH["frames"], made, strict=True)
                for sharp, one in zip(clip, other, strict=True)
            ]
        )
        assert found[f"PSNR/{subject}/all"] == pytest.approx(wanted)
    difference = found["PSNR/restored/all"] - found["PSNR/blurred/all"]
    assert found["PSNR/restored - blurred/all"] == pytest.approx(difference)


def test_unsharp_masking_adds_what_the_gaussian_takes():
    frames = unit(clips(4))
    smooth = cv2.GaussianBlur(
        frames[1, 0], (0, 0), 1.5, borderType=cv2.BORDER_REFLECT_101
    )
    wanted = np.clip(frames[1, 0] + 0.5 * (frames[1, 0] - smooth), 0, 1)
    found = restoration.unsharp(frames, sigma=1.5, amount=0.5)
    np.testing.assert_allclose(found[1, 0], wanted)


def test_grey_frames_keep_their_channel():
    assert restoration.unsharp(np.zeros((2, 8, 8, 1)), sigma=1.0, amount=1.0).shape == (
        2,
        8,
        8,
        1,
    )


def test_batches_without_blur_are_refused():
    with pytest.raises(errors.UserError, match="the batches have no `blurred_frames`"):
        restoration.RestorationQuality().update({"frames": clips(0)}, OUTPUTS)


def test_settings_without_meaning_are_refused():
    with pytest.raises(errors.UserError, match=r"sigma` \(0\) must be positive"):
        restoration.RestorationQuality(sigma=0)
