import numpy as np
import pytest

from tfvideogan.media import shots


def greys(*values, channels=3):
    return [np.full([4, 6, channels], value, np.uint8) for value in values]


@pytest.mark.parametrize(
    "values, wanted",
    [
        ([], []),
        ([10], []),
        ([10, 10], []),
        ([10, 200], [1]),
        ([10, 200, 200], [1]),
        ([10, 10, 200], [2]),
        ([10, 10, 10, 200, 200, 10, 10], [3, 5]),
        # A flash is no cut, and neither is a fade.
        ([10, 10, 255, 10, 10], []),
        (range(0, 250, 10), []),
    ],
)
def test_a_cut_is_where_colours_jump_and_stay(values, wanted):
    assert list(shots.cuts(greys(*values))) == wanted
    assert list(shots.cuts(greys(*values, channels=1))) == wanted


def test_motion_is_no_cut():
    picture = np.random.default_rng(0).integers(0, 256, [32, 32, 3], np.uint8)
    frames = [np.roll(picture, 5 * step, axis=1) for step in range(5)]
    # Another picture, of other colours.
    assert list(shots.cuts([*frames, picture // 3, picture // 3])) == [5]


def test_ranges_are_the_whole_video():
    assert shots.ranges([2, 5], 7) == [(0, 2), (2, 5), (5, 7)]
    assert shots.ranges([], 3) == [(0, 3)]
