"""ACD is the mean distance of all pairs, 0 for steady colours."""

import numpy as np
import pytest

from tests import check_metric
from tests.metrics.test_objects import scene
from tfvideogan.core import errors
from tfvideogan.metrics import content


def test_all_pairs_count():
    features = np.array([[[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]]])
    # Distances 5, 0 and 5.
    np.testing.assert_allclose(content.average_content_distance(features), [10 / 3])


def test_frames_without_an_object_are_left_out():
    features = np.array([[[0.0], [np.nan], [2.0]], [[np.nan], [np.nan], [1.0]]])
    found = content.average_content_distance(features)
    assert found[0] == 2.0 and np.isnan(found[1])


def changing(colours: list[tuple[float, float, float]]) -> np.ndarray:
    parts = [scene((2 + t, 4), colour=colour) for t, colour in enumerate(colours)]
    return np.concatenate(parts, axis=1)


STEADY = changing([(1.0, 0.0, 0.0)] * 2)
FADING = changing([(1.0, 0.0, 0.0), (0.0, 0.0, 0.0)])
EMPTY = np.full_like(STEADY, -1.0)


def test_generated_and_real_clips_are_scored_side_by_side():
    clips = [
        ({"frames": STEADY}, {"frames": one}) for one in (STEADY, FADING, EMPTY, FADING)
    ]
    # 0, 127.5 and 127.5; the empty clip has no distance, but counts as not found.
    expected = {
        "ACD/model/T": 85.0,
        "ACD/real/T": 0.0,
        "object found/model/T": 0.75,
        "object found/real/T": 1.0,
    }
    check_metric.check_metric(content.ContentDistance, clips, expected=expected)


def grey(*shades: float, channels: int = 3) -> np.ndarray:
    """One frame of one clip [1, 1, 4, 4, C], a row of each of four shades in [0, 1]."""
    rows = np.array(shades).reshape(1, 1, 4, 1, 1)
    return np.broadcast_to(2.0 * rows - 1.0, (1, 1, 4, 4, channels))


BLACK, WHITE, MIXED = grey(0, 0, 0, 0), grey(1, 1, 1, 1), grey(1, 0, 1, 0)


@pytest.mark.parametrize("channels", [1, 3])
def test_histograms_of_nothing_in_common_are_a_root_of_two_apart(channels):
    black, white = (
        content.histograms(grey(*[shade] * 4, channels=channels)) for shade in (0, 1)
    )
    assert black.shape == (1, 1, {1: 16, 3: 64}[channels])
    assert np.linalg.norm(black - white) == pytest.approx(np.sqrt(2))


def test_histograms_do_not_heed_places():
    frames = np.random.default_rng(0).uniform(-1, 1, (1, 1, 8, 8, 3))
    moved = np.roll(frames, (3, 2), axis=(2, 3))
    np.testing.assert_allclose(content.histograms(frames), content.histograms(moved))


def test_a_pixel_is_shared_by_the_nearest_bins():
    # Centres of the four bins of a channel are at 1/8, 3/8, 5/8 and 7/8. Half is half way
    # in each of three channels: an eighth of every pixel in each of eight bins.
    found = content.histograms(grey(0.5, 0.5, 0.5, 0.5)).reshape(4, 4, 4)
    np.testing.assert_allclose(found[1:3, 1:3, 1:3] ** 2, 1 / 8)
    # Of 16 greys, 0.125 is half way between the centres of the second and third.
    found = content.histograms(grey(0.125, 0.125, 1.0, 1.0, channels=1))[0, 0]
    np.testing.assert_allclose(found[[1, 2, 15]] ** 2, [0.25, 0.25, 0.5])


def test_a_ripple_between_bins_is_a_small_change():
    clip = np.concatenate([grey(*[0.5 + e] * 4) for e in (-0.001, 0.001)], axis=1)
    found = content.average_content_distance(content.histograms(clip))
    assert 0 < found[0] < 0.02


def test_histograms_judge_scenes_without_an_object():
    still = np.concatenate([MIXED, np.roll(MIXED, 1, axis=2)], axis=1)
    changing_scene = np.concatenate([MIXED, BLACK], axis=1)
    opposite = np.concatenate([WHITE, BLACK], axis=1)
    clips = [
        ({"frames": still}, {"frames": one})
        for one in (still, changing_scene, opposite)
    ]
    expected = {
        # Roots (1, 1) / sqrt 2 and (1, 0): squared distance 2 - sqrt 2.
        "ACD of histograms/model/T": (0 + np.sqrt(2 - np.sqrt(2)) + np.sqrt(2)) / 3,
        "ACD of histograms/real/T": 0.0,
    }
    check_metric.check_metric(
        lambda: content.ContentDistance("histogram"), clips, expected=expected
    )
    metric = content.ContentDistance("histogram")
    metric.update(*clips[0])
    assert set(metric.result()) == set(expected)


def test_unknown_features_and_channels_are_named():
    with pytest.raises(errors.UserError, match="'colour'.* object colour, histogram"):
        content.ContentDistance("colour")
    with pytest.raises(errors.UserError, match="2 channels"):
        content.histograms(np.zeros((1, 1, 4, 4, 2)))


def test_models_that_generate_nothing_are_named():
    with pytest.raises(errors.UserError, match="generate videos"):
        content.ContentDistance().update({"frames": STEADY}, {})
