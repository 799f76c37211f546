"""LPIPS as a metric, on a network by hand."""

import math

import numpy as np
import pytest

from tests import check_metric
from tests.pretrained import test_lpips
from tfvideogan.core import errors
from tfvideogan.metrics import perceptual
from tfvideogan.pretrained import lpips

# What test_lpips says of black against white; other layers see nothing.
BLACK_WHITE = 3 * 0.5 + 5 * (1 - math.sqrt(0.5)) ** 2


@pytest.fixture(autouse=True, scope="module")
def by_hand():
    """The network of test_lpips in place of the published one, made once."""
    distance = lpips.LPIPS("alexnet", test_lpips.arrays())
    patch = pytest.MonkeyPatch()
    patch.setattr(lpips, "load", lambda network: distance)
    yield distance
    patch.undo()


def clip(*levels: float, size: int = 32, channels: int = 3) -> np.ndarray:
    """[1, T, size, size, channels] in [-1, 1], one level for each frame."""
    frames = np.reshape(np.array(levels, np.float32), [1, -1, 1, 1, 1])
    return np.tile(frames, (1, 1, size, size, channels))


def test_many_frames_are_measured_in_their_order(by_hand) -> None:
    levels = [float(number % 3 == 0) for number in range(40)]
    frames = (clip(*levels).reshape(4, 10, 32, 32, 3) + 0.0).astype(np.float64)
    found = perceptual.distances(by_hand, frames, np.zeros_like(frames))
    expected = BLACK_WHITE * np.reshape(levels, [4, 10])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_grey_is_seen_as_three_equal_channels(by_hand) -> None:
    grey = (clip(1, channels=1) + 1) / 2
    found = perceptual.distances(by_hand, grey, np.zeros_like(grey))
    np.testing.assert_allclose(found, [[BLACK_WHITE]], rtol=1e-5)


def test_change_in_time_is_compared_with_the_real_change(by_hand) -> None:
    real, made = clip(-1, 1, 1, -1), clip(-1, -1, 1, 1)
    found = perceptual.temporal_distances(by_hand, made / 2 + 0.5, real / 2 + 0.5)
    # Changes: 0, 1, 0 against 1, 0, 1.
    np.testing.assert_allclose(found[0, 1:], [100 * BLACK_WHITE] * 3, rtol=1e-5)
    assert np.isnan(found[0, 0])


def test_it_keeps_the_promises_of_a_metric() -> None:
    made = [(-1, 1, 1), (-1, -1, -1), (-1, 1, -1)]
    clips = [({"frames": clip(-1, 1, 1)}, {"frames": clip(*levels)}) for levels in made]
    # Wrong frames of the last two: 0, 2, 1; changes 1 0 against 1 0, 0 0 and 1 1.
    check_metric.check_metric(
        lambda: perceptual.PerceptualDistance(
            horizon=3, copy_baseline=True, temporal=True, subject="model"
        ),
        clips,
        expected={
            "LPIPS-Alex/model/T": BLACK_WHITE * (0 + 1 + 0.5) / 3,
            "LPIPS-Alex/copied frame/T": BLACK_WHITE,
            "tLP-Alex/model/T": 100 * BLACK_WHITE * (0 + 0.5 + 0.5) / 3,
            "tLP-Alex/copied frame/T": 100 * BLACK_WHITE / 2,
        },
    )


def test_what_is_missing_may_be_skipped() -> None:
    metric = perceptual.PerceptualDistance(when_missing="skip")
    metric.update({"frames": clip(1, 1)}, {})
    assert math.isnan(metric.result()["LPIPS-Alex/frames/all"])


def test_small_frames_and_regions_are_refused() -> None:
    metric = perceptual.PerceptualDistance()
    small = {"frames": clip(1, 1, size=31)}
    with pytest.raises(errors.UserError, match="not defined below 32 x 32"):
        metric.update(small, small)
    with pytest.raises(errors.UserError, match=r"`region` \(masks\) must be None"):
        perceptual.PerceptualDistance(region="masks")
