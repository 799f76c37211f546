import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.media import resizing


def test_a_frame_of_the_right_size_is_left_alone():
    frame = np.zeros((3, 5, 3), np.uint8)
    assert resizing.fitted(frame, 3, 5) is frame


def test_shrinking_takes_the_mean_of_an_area():
    frame = np.uint8([[0, 100, 7, 7], [100, 200, 7, 7]])[..., None]
    assert resizing.fitted(frame, 1, 2)[..., 0].tolist() == [[100, 7]]


def test_crop_covers_and_takes_the_middle():
    # 2 x 6 covers 1 x 1 at scale 1/2: 1 x 3, of which the middle is columns 2 and 3.
    frame = np.uint8([[0, 0, 90, 90, 0, 0]] * 2)[..., None]
    assert resizing.fitted(frame, 1, 1, fit="crop")[..., 0].tolist() == [[90]]


@pytest.mark.parametrize("size", [(5, 7), (64, 3), (3, 64)])
def test_crop_makes_any_size(size):
    frame = np.zeros((31, 17, 3), np.uint8)
    assert resizing.fitted(frame, *size, fit="crop").shape == (*size, 3)


def test_masks_stay_binary_and_follow_the_frame():
    mask = np.zeros((8, 16), np.uint8)
    mask[:, 6:10] = 1
    assert resizing.fitted_mask(mask, 4, 8).sum() == 4 * 2
    assert resizing.fitted_mask(mask, 4, 4, fit="crop").sum() == 4 * 2


def test_an_unknown_way_is_named():
    with pytest.raises(errors.UserError, match="'squash'"):
        resizing.check_fit("squash")
