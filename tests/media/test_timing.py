import pytest

from tfvideogan.media import timing


def shown(times: list[float], fps: float, **options) -> list[int]:
    timed = zip(times, range(len(times)), strict=True)
    return list(timing.at_rate(timed, fps, **options))


def test_even_frames_stay_as_they_are():
    assert shown([0.0, 0.1, 0.2], 10) == [0, 1, 2]


def test_times_rounded_to_milliseconds_stay_even():
    assert shown([0.0, 0.033, 0.067, 0.1, 0.133], 30) == [0, 1, 2, 3, 4]


def test_a_pause_shows_the_frame_before_it():
    assert shown([0.0, 0.1, 0.4], 10) == [0, 1, 1, 1, 2]


def test_of_frames_that_come_too_fast_the_last_is_shown():
    assert shown([0.0, 0.1, 0.11, 0.12, 0.2], 10) == [0, 3, 4]


def test_the_first_time_does_not_matter():
    assert shown([5.0, 5.1], 10) == [0, 1]


def test_the_last_frame_may_be_held():
    assert shown([0.0, 0.1], 10, hold=0.3) == [0, 1, 1, 1]


def test_half_the_rate_is_every_other_frame():
    assert shown([0.0, 0.1, 0.2, 0.3], 5, hold=0.1) == [0, 2]


def test_an_absurd_pause_does_not_fill_the_memory():
    assert len(shown([0.0, 1e9], 1)) == timing.MAX_PAUSE + 2


def test_nothing_comes_of_nothing():
    assert shown([], 10) == []


@pytest.mark.parametrize(
    ("times", "named", "rate"),
    [
        ([0.0, 0.1, 0.2], (10.0,), 10.0),
        # Thousandths of a second do not make another rate of 29.97 frames/s.
        ([0.0, 0.033, 0.067, 0.1, 0.133], (29.97,), 29.97),
        # A pause of ten seconds: 4 frames in 10.3 seconds.
        ([0.0, 0.1, 10.2, 10.3], (0.388, 10.0), 10.0),
        # The average of 6 would show each once, and the second one too briefly.
        ([0.0, 0.1, 0.4], (6.0,), 10.0),
        # Two frames of 0.04 s before three of 0.1 s.
        ([0.0, 0.04, 0.08, 0.18, 0.28], (13.16,), 25.0),
        ([0.0, 0.004, 0.008], (250.0,), 250.0),
        ([0.0], (30.0,), 30.0),
        ([0.0], (), None),
    ],
)
def test_at_its_own_rate_no_frame_is_lost(times, named, rate):
    found = timing.own_rate(times, named)
    assert found == pytest.approx(rate)
    assert rate is None or timing.num_lost(times, found) == 0


def test_where_every_rate_loses_frames_the_fewest_are_lost():
    # Three frames within a thousandth of a second.
    times = [0.0, 0.0003, 0.0006, 0.1, 0.2]
    assert timing.own_rate(times, (10.0,)) == timing.MAX_FPS
    assert timing.num_lost(times, timing.MAX_FPS) == 1
