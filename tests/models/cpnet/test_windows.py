"""Which frames are references."""

import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.models.cpnet import windows


def chosen(target, length, **options):
    found = windows.Window(**options).of(tf.constant(target), tf.constant(length))
    return found.numpy().tolist()


def released(target, length, reach=120):
    """The rule in the words of the released script."""
    start, end = target - reach, target + reach
    if target - reach < 0:
        start, end = 0, 2 * reach
        end = length - 1 if end > length else end
    elif target + reach > length:
        start, end = max(length - 2 * reach, 0), length - 1
    return [one for one in range(start, end, 2) if one != target]


def test_every_second_frame_is_counted_from_the_target():
    assert chosen(3, 8) == [1, 5, 7]
    assert chosen(4, 8) == [0, 2, 6]


def test_a_window_is_shifted_into_the_clip():
    # Five frames: 0-4, 2-6 and 3-7 of eight.
    assert chosen(0, 8, reach=2, stride=1) == [1, 2, 3, 4]
    assert chosen(4, 8, reach=2, stride=1) == [2, 3, 5, 6]
    assert chosen(7, 8, reach=2, stride=1) == [3, 4, 5, 6]


def test_the_stride_grows_until_there_are_few_enough():
    # Twenty others of at most six: every fourth, ceil(20 / 6).
    assert chosen(10, 21, reach=50, stride=1, most=6) == [2, 6, 14, 18]


@pytest.mark.parametrize(("length", "wanted"), [(1, []), (2, [1])])
def test_short_clips_have_what_there_is(length, wanted):
    assert chosen(0, length) == wanted


@pytest.mark.parametrize("length", [1, 2, 7, 8, 15])
def test_the_released_window_is_that_of_the_script(length):
    for target in range(length):
        found = chosen(target, length, reach=5, is_released=True)
        assert found == released(target, length, reach=5), target


def test_the_released_window_never_has_the_last_frame_nor_odd_ones():
    """The published fault and its cure."""

    def ever(**options):
        return {one for target in range(9) for one in chosen(target, 9, **options)}

    assert ever(is_released=True) == {0, 2, 4, 6}
    assert ever() == set(range(9))


def test_a_window_of_nothing_is_refused():
    with pytest.raises(errors.UserError, match=r"`Window.reach` \(0\)"):
        windows.Window(reach=0)
