import cv2
import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.media import inpainting


def clip(channels=3, size=24):
    draw = np.random.default_rng(0)
    return draw.integers(0, 256, (3, size, size, channels), np.uint8)


def hole(size=24):
    holes = np.zeros((3, size, size, 1), np.float32)
    holes[1, 5:12, 6:14] = 1.0
    return holes


@pytest.mark.parametrize(
    "method, flag", [("telea", cv2.INPAINT_TELEA), ("navier-stokes", cv2.INPAINT_NS)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_holes_are_filled_by_opencv_and_the_rest_is_kept(method, flag, channels):
    frames, holes = clip(channels), hole()
    made = inpainting.inpaint(frames, holes, method=method)
    mask = holes[1].astype(np.uint8)
    # What lies in the hole is not looked at.
    wanted = cv2.inpaint(np.where(mask > 0, np.uint8(9), frames[1]), mask, 3, flag)
    wanted = wanted.reshape(frames[1].shape)
    np.testing.assert_array_equal(made[1], np.where(mask > 0, wanted, frames[1]))
    np.testing.assert_array_equal(made[[0, 2]], frames[[0, 2]])


def test_frame_without_a_known_pixel_is_grey():
    made = inpainting.inpaint(clip(), np.ones((3, 24, 24, 1)))
    assert (made == 128).all()


def test_moving_hole_does_not_take_the_flow_along():
    # A static scene: what DIS sees of a black hole that moves is not 0.
    noise = np.random.default_rng(1).random((48, 48, 3), np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.0)
    scene = cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    frames, holes = np.stack([scene] * 2), np.zeros((2, 48, 48, 1), np.float32)
    holes[0, 16:32, 14:30] = holes[1, 16:32, 18:34] = 1.0
    black = np.where(holes > 0, np.uint8(0), frames)
    outside = np.max(holes, axis=0)[..., 0] == 0
    forward, backward = inpainting.estimate_flow(black, holes)
    assert forward.shape == backward.shape == (1, 48, 48, 2)
    plain, _ = inpainting.flow.estimate_clip(black)
    ours, theirs = (np.abs(one[0][outside]).mean() for one in (forward, plain))
    assert ours < 0.5 * theirs


def test_other_methods_are_refused():
    with pytest.raises(errors.UserError, match="`method` .'spline'. must be one of"):
        inpainting.inpaint(clip(), hole(), method="spline")
