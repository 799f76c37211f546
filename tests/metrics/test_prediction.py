"""Predictions are judged step by step, beside a copy, a line and the best of samples."""

import numpy as np
import pytest

from tests import check_metric
from tfvideogan.core import errors
from tfvideogan.metrics import prediction

SIZE = 12


def plain(*shades: float) -> np.ndarray:
    """One clip [1, T, 12, 12, 3] of plain frames; shades in [0, 1]."""
    frames = np.array(shades).reshape(1, -1, 1, 1, 1)
    return np.broadcast_to(2.0 * frames - 1.0, (1, len(shades), SIZE, SIZE, 3))


def stripes(*heights: float) -> np.ndarray:
    """One clip of upright black and grey stripes, one pixel wide; heights in [0, 1]."""
    frames = np.zeros((1, len(heights), SIZE, SIZE, 3))
    frames[..., ::2, :] = np.array(heights).reshape(1, -1, 1, 1, 1)
    return 2.0 * frames - 1.0


def make_metric() -> prediction.PredictionQuality:
    return prediction.PredictionQuality(context=2, steps=2)


# Two frames of context, two of what came: a ramp.
RAMP = plain(0.2, 0.3, 0.4, 0.5)


def test_each_step_is_compared_with_a_copy_and_a_line():
    clips = [
        ({"frames": RAMP}, {"frames": plain(0.2, 0.3, *future)})
        for future in ([0.5, 0.6], [0.5, 0.6], [0.41, 0.51])
    ]
    expected = {
        # Errors of 0.1, 0.1 and 0.01 are 20, 20 and 40 dB.
        "PSNR/model/+1": 80 / 3,
        "PSNR/model/+2": 80 / 3,
        "PSNR/model/mean": 80 / 3,
        # The copy is off by 0.1, then by 0.2: -20 log10 0.2 = 13.9794 dB.
        "PSNR/copied/+1": 20.0,
        "PSNR/copied/+2": 13.979400,
        "PSNR/copied/mean": 16.989700,
        # The line meets the ramp: the cap.
        "PSNR/linear/+2": 100.0,
        # Clip by clip the model minus the baselines.
        "PSNR/model - copied/+1": 80 / 3 - 20.0,
        "PSNR/model - linear/mean": 80 / 3 - 100.0,
        # Plain frames a, b: (2 a b + C1) / (a² + b² + C1), here of 0.3 and 0.4.
        "SSIM/copied/+1": 0.2401 / 0.2501,
        "SSIM/linear/+1": 1.0,
        # Plain frames have no neighbours that differ.
        "sharpness/model/+1": np.nan,
        # Steps of 0.2 and 0.1, twice, and of 0.11 and 0.1, where real ones are of 0.1.
        "change/model/+1..+2": 0.81 / 0.6,
        "frozen/model/+1..+2": 0.0,
        "frozen/real/+1..+2": 0.0,
    }
    check_metric.check_metric(make_metric, clips, expected=expected)


def test_measures_are_chosen():
    metric = prediction.PredictionQuality(2, 2, measures=("MSE sum",))
    outputs = {"frames": plain(0.2, 0.3, 0.5, 0.5), "samples": samples_of((0.5, 0.5))}
    metric.update({"frames": RAMP}, outputs)
    found = metric.result()
    # 0.01, then nothing, at 12 x 12 pixels of three channels; a copy is off by 0.2.
    assert found["MSE sum/model/+1"] == pytest.approx(4.32)
    assert found["MSE sum/best of 1/mean"] == pytest.approx(2.16)
    assert found["MSE sum/model - copied/+2"] == pytest.approx(-4 * 4.32)
    assert not any(name.startswith("PSNR") for name in found)
    with pytest.raises(errors.UserError, match="`PredictionQuality.measures`"):
        prediction.PredictionQuality(measures=("FVD",))


def test_columns_are_chosen_and_part_the_changes():
    real = plain(0.0, 0.1, 0.2, 0.3, 0.4)
    # The model goes on for two steps, then stands still.
    futures = ([0.1, 0.2, 0.2, 0.2], [0.1, 0.3, 0.3, 0.3], [0.1, 0.2, 0.2, 0.2])
    clips = [({"frames": real}, {"frames": plain(0.0, *one)}) for one in futures]
    expected = {
        "PSNR/model/+4": (13.979400 + 20.0 + 13.979400) / 3,
        "frozen/model/+1..+2": 0.0,
        "frozen/model/+3..+4": 1.0,
        "frozen/real/+3..+4": 0.0,
        # Steps of 0.1 and 0.1, 0.1 and 0.2, 0.1 and 0.1 where real ones are of 0.1.
        "change/model/+1..+2": 0.7 / 0.6,
        "change/model/+3..+4": 0.0,
    }

    def make() -> prediction.PredictionQuality:
        return prediction.PredictionQuality(context=1, steps=4, columns=(2, 4))

    check_metric.check_metric(make, clips, expected=expected)
    metric = make()
    metric.update(*clips[0])
    columns = {name.rpartition("/")[2] for name in metric.result()}
    assert columns == {"+2", "+4", "mean", "+1..+2", "+3..+4"}


@pytest.mark.parametrize("columns", [(0,), (5,), (2, 2), (3, 1)])
def test_columns_that_are_no_steps_are_named(columns):
    with pytest.raises(errors.UserError, match=r"`PredictionQuality.columns` .*\(4\)"):
        prediction.PredictionQuality(context=1, steps=4, columns=columns)


def test_lines_stay_in_range():
    metric = prediction.PredictionQuality(context=2, steps=3)
    clip = plain(0.2, 0.6, 1.0, 1.0, 1.0)
    metric.update({"frames": clip}, {"frames": clip})
    assert metric.result()["PSNR/linear/+3"] == pytest.approx(100.0)


def test_one_frame_of_context_has_a_copy_but_no_line():
    metric = prediction.PredictionQuality(context=1, steps=2)
    metric.update({"frames": RAMP}, {"frames": RAMP})
    found = metric.result()
    assert np.isnan(found["PSNR/linear/+1"]) and np.isnan(found["SSIM/linear/mean"])
    assert found["PSNR/copied/+1"] == pytest.approx(20.0)


def test_sharpness_is_one_for_copies_and_less_for_blur():
    real = stripes(1.0, 1.0, 1.0, 0.8)
    futures = (stripes(1.0, 1.0, 0.5, 0.4), real, stripes(1.0, 1.0, 0.0, 0.0))
    clips = [({"frames": real}, {"frames": one}) for one in futures]
    expected = {
        # Half, all and none of the height of the stripes.
        "sharpness/model/+1": 0.5,
        "sharpness/model/+2": 0.5,
        "sharpness/copied/+1": 1.0,
        # 1 where the real stripes are 0.8 high.
        "sharpness/copied/+2": 1.25,
        # Heights of 1 and 1 instead of 1 and 0.8.
        "sharpness/copied/mean": 2 / 1.8,
    }
    check_metric.check_metric(make_metric, clips, expected=expected)


def test_gradient_adds_both_directions():
    frame = np.zeros((3, 3, 1))
    frame[1, 1] = 6.0
    # Two of six neighbours across differ by 6, and two of six down.
    assert prediction.gradient(frame) == pytest.approx(4.0)


def test_frozen_steps_are_counted_against_real_change():
    real = RAMP
    futures = ([0.4, 0.5], [0.4, 0.404], [0.3, 0.3])
    clips = [({"frames": real}, {"frames": plain(0.2, 0.3, *one)}) for one in futures]
    expected = {
        # Real steps are 0.1; 0.004, 0 and 0 are below 5 % of it.
        "frozen/model/+1..+2": 0.5,
        "change/model/+1..+2": 0.304 / 0.6,
    }
    check_metric.check_metric(make_metric, clips, expected=expected)


def samples_of(*futures: tuple[float, ...]) -> np.ndarray:
    return np.stack([plain(*one) for one in futures], axis=1)


def test_the_best_sample_is_chosen_over_all_steps():
    clips = [
        (
            {"frames": RAMP},
            {
                "frames": RAMP,
                # Off by 0.1 twice, 20 dB; and by 0.01, then 0.4: 40 and 7.9588 dB.
                "samples": samples_of((0.5, 0.6, 0.0), (0.41, 0.1, 0.0)),
            },
        )
    ] * 2
    # Off by 0.1 twice, both: no choice.
    worse = samples_of((0.3, 0.4, 0.0), (0.3, 0.4, 0.0))
    clips.append(({"frames": RAMP}, {"frames": RAMP, "samples": worse}))
    expected = {
        # Means of 20 and 23.9794 dB: the second sample, also where it is worse.
        "PSNR/best of 2/+1": (40 + 40 + 20) / 3,
        "PSNR/best of 2/+2": (7.958800 + 7.958800 + 20) / 3,
        "PSNR/mean of 2/+1": (30 + 30 + 20) / 3,
        # Plain frames of 0.1 and 0.5, and of 0.4 and 0.5.
        "SSIM/best of 2/+2": (2 * 0.1001 / 0.2601 + 0.4001 / 0.4101) / 3,
        # 0.09 and 0.5 apart, twice.
        "diversity/samples/all": 2 * 0.295 / 3,
    }
    check_metric.check_metric(make_metric, clips, expected=expected)


def test_one_sample_has_no_diversity():
    metric = make_metric()
    outputs = {"frames": RAMP, "samples": samples_of((0.4, 0.5))}
    metric.update({"frames": RAMP}, outputs)
    assert np.isnan(metric.result()["diversity/samples/all"])
    assert metric.result()["PSNR/best of 1/mean"] == pytest.approx(100.0)


def test_distance_to_context_looks_at_colours_after_it():
    real = plain(0.0, 0.0, 0.0, 0.0)
    futures = ([0.0, 0.0], [1.0, 1.0], [0.0, 1.0])
    clips = [({"frames": real}, {"frames": plain(0.0, 0.0, *one)}) for one in futures]
    expected = {
        # Black and white are a root of two apart: never, always and half of the time.
        "distance to context/model/+1..+2": np.sqrt(2) / 2,
        "distance to context/real/+1..+2": 0.0,
    }
    check_metric.check_metric(
        lambda: prediction.ContextDistance(2, 2), clips, expected=expected
    )


METRICS = (prediction.PredictionQuality, prediction.ContextDistance)


@pytest.mark.parametrize("metric", METRICS)
def test_windows_without_a_frame_are_refused(metric):
    for options in ({"context": 0}, {"steps": 0}):
        with pytest.raises(errors.UserError, match=r"\(0\) must be at least 1"):
            metric(**options)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("batch", "outputs", "words"),
    [
        (RAMP, None, "judges models that predict videos"),
        (RAMP[:, :3], RAMP, "real clips have 3 frames, but {} needs 4"),
        (RAMP, RAMP[:, :3], "`frames` have 3 frames, but {} needs 4"),
        (RAMP, RAMP[:, :, :6], r"\[1, 4, 6, 12, 3\]"),
        (RAMP, plain(0.2, 0.4, 0.4, 0.5), "set `{}.context`"),
    ],
)
def test_clips_that_do_not_fit_are_named(metric, batch, outputs, words):
    given = {} if outputs is None else {"frames": outputs}
    with pytest.raises(errors.UserError, match=words.format(metric.__name__)):
        metric(context=2, steps=2).update({"frames": batch}, given)


@pytest.mark.parametrize("shape", [(1, 2, 1, 12, 12, 3), (1, 2, 12, 12, 3)])
def test_samples_that_do_not_fit_are_named(shape):
    outputs = {"frames": RAMP, "samples": np.zeros(shape)}
    with pytest.raises(errors.UserError, match=r"\[1, S, 2 or more, 12, 12, 3\]"):
        make_metric().update({"frames": RAMP}, outputs)
