import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.data.procedural import bouncing, compositing


def paths(positions, rotations=None) -> bouncing.Paths:
    positions = np.array(positions, float)
    turns = np.zeros(positions.shape[:2]) if rotations is None else np.array(rotations)
    return bouncing.Paths(positions, turns)


# An L of two by three pixels.
ELL = np.array([[9, 0], [9, 0], [9, 9]], np.uint8)[..., None]


def test_an_element_is_pasted_at_its_corner_rounded_down():
    frames = compositing.draw([ELL], paths([[[1.9, 0.2]], [[2.0, 1.0]]]), (5, 4))
    expected = np.zeros((2, 4, 5, 1), np.uint8)
    expected[0, 0:3, 1:3] = ELL
    expected[1, 1:4, 2:4] = ELL
    np.testing.assert_array_equal(frames, expected)


@pytest.mark.parametrize("combine, expected", [("max", 200), ("sum", 255)])
def test_overlaps_are_the_maximum_or_the_clipped_sum(combine, expected):
    bright, dim = np.full((1, 1, 1), 200, np.uint8), np.full((1, 1, 1), 100, np.uint8)
    places = paths([[[0, 0], [0, 0], [0, 0]], [[0, 0], [1, 0], [2, 0]]])
    frames = compositing.draw([bright, dim, dim], places, (3, 1), combine=combine)
    assert frames[0, 0, :, 0].tolist() == [expected, 0, 0]
    assert frames[1, 0, :, 0].tolist() == [200, 100, 100]


def test_a_quarter_turn_is_clockwise_about_the_centre():
    square = np.zeros((3, 3, 1), np.uint8)
    square[0] = 90  # the upper edge becomes the right one
    places = paths([[[1, 1]]], [[np.pi / 2]])
    frame = compositing.draw([square], places, (5, 5))[0, ..., 0]
    expected = np.zeros((5, 5), np.uint8)
    expected[1:4, 3] = 90
    np.testing.assert_array_equal(frame, expected)


def test_colours_are_kept():
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    frames = compositing.draw([picture], paths([[[0, 0]]], [[np.pi]]), (2, 2))
    np.testing.assert_array_equal(frames[0], picture[::-1, ::-1])


def test_resizing_a_flat_picture_keeps_it_flat():
    picture = np.full((28, 28, 1), 77, np.uint8)
    for size in (20, 28, 32):
        result = compositing.resized(picture, size)
        assert result.shape == (size, size, 1) and (result == 77).all()


def test_an_unknown_way_to_combine_is_refused():
    with pytest.raises(errors.UserError, match=r"`combine` \('xor'\).*max, sum"):
        compositing.check_combine("xor")


@pytest.mark.parametrize("size", [0, 13])
def test_an_element_larger_than_the_shorter_side_is_refused(size):
    compositing.check_size("icon_size", 12, (20, 12))
    with pytest.raises(errors.UserError, match=r"`icon_size` .* shorter side \(12\)"):
        compositing.check_size("icon_size", size, (20, 12))


def test_a_layer_covers_what_lies_below_by_its_coverage():
    red = np.asarray([[[200, 0, 0, 255]]], np.uint8)
    # Green at half coverage (128 of 255), its colour multiplied already.
    green = np.asarray([[[0, 100, 0, 128]]], np.uint8)
    places = paths([[[0, 0], [0, 0]], [[0, 0], [1, 0]]])
    frames = compositing.draw_over([red, green], places, (2, 1))
    # 200 * 127 / 255 = 99.6
    assert frames[0, 0].tolist() == [[100, 100, 0], [0, 0, 0]]
    assert frames[1, 0].tolist() == [[200, 0, 0], [0, 100, 0]]
    frames = compositing.draw_over([green, red], places, (2, 1))
    assert frames[0, 0, 0].tolist() == [200, 0, 0]


def test_a_layer_that_turns_covers_where_it_has_turned_to():
    below = np.full((3, 3, 4), 255, np.uint8)
    bar = np.zeros((3, 3, 4), np.uint8)
    bar[0] = [0, 0, 90, 255]  # the upper edge becomes the right one
    places = paths([[[1, 1], [1, 1]]], [[0, np.pi / 2]])
    frame = compositing.draw_over([below, bar], places, (5, 5))[0]
    assert (frame[1:4, 3] == [0, 0, 90]).all()
    assert (frame[1:4, 1:3] == 255).all()
    assert frame.sum() == 3 * 90 + 6 * 3 * 255
