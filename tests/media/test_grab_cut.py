import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.media import grab_cut


def scene(seed: int = 0) -> np.ndarray:
    """A red square of rows 10 to 29, columns 20 to 39, before noisy green."""
    draw = np.random.default_rng(seed)
    frame = np.zeros((48, 64, 3), np.uint8)
    frame[..., 1] = draw.integers(120, 160, (48, 64))
    frame[10:30, 20:40] = [200, 0, 0]
    frame[10:30, 20:40, 0] += draw.integers(0, 20, (20, 20), np.uint8)
    return frame


def square() -> np.ndarray:
    mask = np.zeros((48, 64, 1), np.uint8)
    mask[10:30, 20:40] = 1
    return mask


def test_the_object_in_the_box_is_cut_out():
    made = grab_cut.cut_out(scene(), (16, 6, 28, 28))
    assert made.dtype == np.uint8
    np.testing.assert_array_equal(made, square())


def test_parts_of_the_box_beyond_the_frame_do_not_count():
    made = grab_cut.cut_out(scene(), (-5, -5, 50, 40))
    np.testing.assert_array_equal(made, square())


def test_it_cuts_the_same_at_every_call():
    frame = scene()
    frame[10:30, 20:40, 1] = 100  # not so clear
    first = grab_cut.cut_out(frame, (16, 6, 28, 28))
    for _ in range(3):
        np.testing.assert_array_equal(grab_cut.cut_out(frame, (16, 6, 28, 28)), first)


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((70, 0, 5, 5), "70,0,5,5 is outside the frame, which is 64x48"),
        ((5, 5, 0, 9), "outside"),
        ((-1, 0, 70, 48), "holds the whole frame of 64x48"),
    ],
)
def test_boxes_that_do_not_fit_are_named(box, words):
    with pytest.raises(errors.UserError, match=words):
        grab_cut.cut_out(scene(), box)


def test_a_box_without_an_object_is_named():
    with pytest.raises(errors.UserError, match="has other colours"):
        grab_cut.cut_out(np.full((48, 64, 3), 90, np.uint8), (16, 6, 28, 28))
