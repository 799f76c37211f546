"""Frames and masks of a page."""

import numpy as np
import pytest

from tests.pages import greys
from tfvideogan.core import errors
from tfvideogan.media import stills, writer
from tfvideogan.pages import painting


def test_frames_are_found_by_their_number(tmp_path) -> None:
    path = tmp_path / "clip.npz"
    writer.write_video(path, greys.clip(10, 20, 30), 8)
    assert painting.length(path) == 3
    assert greys.shades(painting.frame(path, 1)[np.newaxis]) == [20]
    with pytest.raises(errors.UserError, match="no frames behind frame 3"):
        painting.frame(path, 3)


def test_small_frames_are_painted_on_enlarged() -> None:
    small = np.arange(64 * 48 * 3, dtype=np.uint8).reshape(48, 64, 3)
    large = painting.enlarged(small)
    # 480 / 64 is 7.5, which is rounded to the even 8.
    assert large.shape == (48 * 8, 64 * 8, 3)
    np.testing.assert_array_equal(large[::8, 7::8], small)
    assert painting.enlarged(large) is not None
    assert painting.enlarged(np.zeros([9, 1000, 3], np.uint8)).shape == (9, 1000, 3)


def test_a_painting_means_itself_a_box_or_what_is_cut_out() -> None:
    frame = np.full([32, 32, 3], 20, np.uint8)
    frame[10:20, 12:22] = [200, 50, 50]
    strokes = np.zeros([128, 128], np.uint8)  # Four times as large.
    strokes[8 * 4 : 10 * 4, 8 * 4 : 26 * 4] = 255
    strokes[10 * 4 : 24 * 4, 8 * 4 : 10 * 4] = 255
    painted = painting.mask(frame, strokes, painting.PAINTED)
    assert painted.sum() == 2 * 18 + 14 * 2
    box = painting.mask(frame, strokes, painting.BOX)
    assert box.sum() == 16 * 18
    cut = painting.mask(frame, strokes, painting.GRABCUT)
    expected = np.zeros([32, 32], np.uint8)
    expected[10:20, 12:22] = 1
    np.testing.assert_array_equal(cut, expected)
    with pytest.raises(errors.UserError, match="must be one of what is painted"):
        painting.mask(frame, strokes, "magic")


def test_a_mask_is_written_white(tmp_path) -> None:
    mask = np.zeros([4, 4], np.uint8)
    mask[1, 2] = 1
    painting.write(tmp_path / "mask.png", mask)
    np.testing.assert_array_equal(stills.read_mask(tmp_path / "mask.png"), mask)
