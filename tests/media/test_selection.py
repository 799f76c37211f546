"""Masks of what was painted."""

import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.media import selection


def strokes(size: int, *boxes: tuple[int, int, int, int]) -> np.ndarray:
    """[size, size] with boxes (top, bottom, left, right) painted."""
    painted = np.zeros([size, size], np.uint8)
    for top, bottom, left, right in boxes:
        painted[top:bottom, left:right] = 9
    return painted


def test_half_a_pixel_of_a_larger_painting_is_painted() -> None:
    # Shown four times as large: pixel (1, 2) whole, (3, 0) half, (0, 0) a sixteenth.
    found = selection.of_strokes(
        strokes(16, (4, 8, 8, 12), (12, 16, 0, 2), (0, 1, 0, 1)), height=4, width=4
    )
    expected = np.zeros([4, 4], np.uint8)
    expected[1, 2] = expected[3, 0] = 1
    np.testing.assert_array_equal(found, expected)


def test_what_is_thinner_than_half_a_pixel_still_marks_a_place() -> None:
    found = selection.of_strokes(strokes(16, (5, 6, 9, 10)), height=4, width=4)
    assert np.argwhere(found).tolist() == [[1, 2]]


def test_nothing_painted_is_refused() -> None:
    with pytest.raises(errors.UserError, match="nothing is painted"):
        selection.of_strokes(strokes(16), height=4, width=4)


def test_a_box_is_filled() -> None:
    mask = strokes(8, (1, 2, 1, 2), (4, 6, 3, 5))
    expected = np.zeros([8, 8], np.uint8)
    expected[1:6, 1:5] = 1
    np.testing.assert_array_equal(selection.boxed(mask), expected)
    # Left, top, width and height.
    assert selection.box(mask) == (1, 1, 4, 5)
