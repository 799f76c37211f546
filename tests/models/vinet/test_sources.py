import numpy as np
import pytest

from tfvideogan.models.vinet import sources

OFFSETS = (-6, -3, 3, 6)


def places(time, length, offsets=OFFSETS, beyond_ends=True):
    found = sources.places(time, length, offsets, beyond_ends=beyond_ends)
    return found.numpy().tolist()


def test_inside_a_clip_both_rules_are_the_offsets():
    for beyond_ends in (True, False):
        assert places(7, 20, beyond_ends=beyond_ends) == [1, 4, 10, 13]


def test_mirrored_sources_may_be_the_frame_itself():
    # |3 - 6| = 3: the fault of the rule that was published.
    assert places(3, 20, beyond_ends=False) == [3, 0, 6, 9]
    assert places(18, 20, beyond_ends=False) == [12, 15, 17, 14]


def test_beyond_an_end_the_other_side_goes_on():
    # -3 becomes 6 + 3, -6 becomes 6 + 6.
    assert places(0, 20) == [12, 9, 3, 6]
    assert places(19, 20) == [13, 16, 10, 7]


@pytest.mark.parametrize("length", range(1, 15))
def test_a_clip_of_any_length_has_sources(length):
    for time in range(length):
        for beyond_ends in (True, False):
            found = np.array(places(time, length, beyond_ends=beyond_ends))
            assert np.all((found >= 0) & (found < length))
        if length > 1:
            assert time not in places(time, length)
