"""Still, moving, frozen and looping clips are distinguished."""

import numpy as np
import pytest

from tests import check_metric
from tests.metrics.test_objects import scene
from tfvideogan.core import errors
from tfvideogan.metrics import movement


def sliding(speed: int, frames: int = 4) -> np.ndarray:
    return scene(*((1 + speed * t, 4) for t in range(frames)))


def test_clips_that_count_twice_are_as_good_as_two():
    random = np.random.default_rng(0)
    model, real = random.uniform(0, 9, size=(2, 3, 4, 2))
    model[1, 2] = np.nan
    counts = np.array([[1, 1, 1], [0, 2, 1]])
    found = movement.distances(model, real, counts)
    for row, times in enumerate(counts):
        drawn = [np.repeat(one, times, axis=0) for one in (model, real)]
        for name, value in movement.distances(*drawn, np.ones(3)).items():
            assert found[name][row] == pytest.approx(value), name


def test_moving_clips_are_counted_and_speeds_compared():
    real = sliding(2)
    generated = [sliding(2), sliding(0), sliding(1), np.full_like(real, -1.0)]
    clips = [({"frames": real}, {"frames": one}) for one in generated]
    expected = {
        # Two of four; a clip without an object does not move.
        "moving/model/T": 0.5,
        "moving/real/T": 1.0,
        # Of the three with an object: 2, 0 and 1.
        "speed/model/T": 1.0,
        "speed/real/T": 2.0,
        # A third of the mass is right, a third two pixels and a third one pixel off.
        "speed distance/model/T": 1.0,
        # Three steps travel three times as far.
        "travel distance/model/T": 3.0,
        # At frame t the three are 0, 2t and t pixels from the real place, in x alone: t on
        # average, over two axes and the frames 0 to 3.
        "place distance/model/T": 0.75,
        # The same along the line of motion, which is one axis.
        "progress distance/model/T": 1.5,
    }
    check_metric.check_metric(movement.Movement, clips, expected=expected)


def test_progress_is_measured_along_the_line_to_the_end():
    # From (0, 0) by (3, 4) and (4, -3) to (7, 1): the line has the length of root 50.
    path = np.array([[[0.0, 0.0], [3.0, 4.0], [7.0, 1.0]]])
    expected = [[0.0], [(3.0 * 7.0 + 4.0) / np.sqrt(50.0)], [np.sqrt(50.0)]]
    np.testing.assert_allclose(movement.progress(path)[0], expected)
    assert not movement.progress(np.ones((1, 3, 2))).any()


def periodic(length: int, period: int) -> np.ndarray:
    """One clip [length, 12, 16, 3] whose square comes back."""
    places = [(1 + 2 * (t % period), 1 + (t % period)) for t in range(length)]
    return scene(*places)[0]


def noise(length: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1.0, 1.0, (length, 12, 16, 3))


def test_loop_score_of_a_loop_is_one_and_of_noise_is_none():
    assert movement.loop_score(periodic(20, 5)) == pytest.approx(1.0)
    assert abs(movement.loop_score(noise(20))) < 0.2
    # Twelve frames before the return are too far for lags up to six.
    assert movement.loop_score(periodic(12, 12)) < 0.5


def test_a_still_video_scores_as_a_loop():
    assert movement.loop_score(np.zeros((8, 4, 4, 3))) == 1.0
    assert np.isnan(movement.loop_score(np.zeros((7, 4, 4, 3))))


def freezing(length: int, alive: int) -> np.ndarray:
    whole = noise(length)
    whole[alive:] = whole[min(alive, length - 1)]
    return whole[np.newaxis]


def test_freezing_is_seen_where_it_happens():
    real = noise(8)[np.newaxis]
    clips = [
        ({"frames": real}, {"frames": real, "long_frames": long})
        for long in (freezing(32, 32), freezing(32, 8), freezing(32, 28))
    ]
    expected = {
        "frozen/model/T": 0.0,
        # Frames 24 to 31 have seven steps: none, all, and the last three of them.
        "frozen/model/4T": (0 + 1 + 3 / 7) / 3,
    }
    check_metric.check_metric(lambda: movement.LongVideos(8), clips, expected=expected)
    metric = movement.LongVideos(8)
    metric.update(*clips[0])
    assert "frozen/model/16T" not in metric.result()


@pytest.mark.parametrize(
    ("make", "outputs"),
    [(movement.Movement, {}), (lambda: movement.LongVideos(8), {"frames": noise(8)})],
)
def test_models_that_generate_nothing_are_named(make, outputs):
    with pytest.raises(errors.UserError, match="generate videos"):
        make().update({"frames": sliding(1)}, outputs)


def test_a_horizon_without_a_lag_is_refused():
    with pytest.raises(errors.UserError, match=r"`LongVideos.horizon` \(3\)"):
        movement.LongVideos(3)


def test_clips_without_objects_have_no_interval_of_distances():
    plain = np.zeros([3, 4, 8, 8, 3], np.float32)
    metric = movement.Movement()
    metric.update({"frames": plain}, {"frames": plain})
    assert np.isnan(metric.result()["place distance/model/T"])
    found = metric.intervals()
    assert "place distance/model/T" not in found
    assert found["moving/model/T"] == (0.0, 0.0)
