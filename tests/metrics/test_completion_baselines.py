import numpy as np
import pytest

from tfvideogan.media import inpainting
from tfvideogan.metrics import completion_baselines


def clip(shape=(4, 24, 24, 3), seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def test_mean_is_that_of_the_known_pixels_of_the_frame():
    frames = np.array([[[[10], [20], [33], [200]]], [[[1], [2], [3], [4]]]], np.uint8)
    holes = np.array([[[[0], [0], [0], [1]]], [[[1]] * 4]], np.float32)
    made = completion_baselines.mean_fill(frames, holes)
    np.testing.assert_array_equal(made[0, 0, :, 0], [10, 20, 33, 21])
    np.testing.assert_array_equal(made[1, 0, :, 0], [inpainting.GREY] * 4)


def test_copy_is_of_the_nearest_frame_that_knows_the_pixel():
    # One column for each case, T = 5; by hand, ties go to the past.
    frames = np.arange(5, dtype=np.uint8).reshape(5, 1, 1, 1).repeat(4, axis=2)
    holes = np.zeros((5, 1, 4, 1), np.float32)
    holes[1:4, 0, 0] = 1.0
    holes[:3, 0, 1] = 1.0
    holes[2:, 0, 2] = 1.0
    made = completion_baselines.nearest_copy(frames, holes)
    np.testing.assert_array_equal(made[:, 0, 0, 0], [0, 0, 0, 4, 4])
    np.testing.assert_array_equal(made[:, 0, 1, 0], [3, 3, 3, 3, 4])
    np.testing.assert_array_equal(made[:, 0, 2, 0], [0, 1, 1, 1, 1])
    np.testing.assert_array_equal(made[:, 0, 3, 0], [0, 1, 2, 3, 4])


def test_what_no_frame_knows_is_filled_by_telea():
    frames, holes = clip(), np.zeros((4, 24, 24, 1), np.float32)
    holes[:, 8:14, 8:14] = 1.0
    made = completion_baselines.nearest_copy(frames, holes)
    np.testing.assert_array_equal(made, completion_baselines.telea(frames, holes))


def test_a_membrane_goes_on_with_a_slope():
    # 10 a column: linear along a row, so that it is what neighbours' means make of it.
    frames = np.broadcast_to(
        10 * np.arange(20, dtype=np.uint8)[:, None], (1, 16, 20, 1)
    )
    holes = np.zeros((1, 16, 20, 1), np.float32)
    holes[:, 5:11, 6:14] = 1.0
    made = completion_baselines.membrane(np.where(holes > 0, 0, frames), holes)
    # To a step of rounding and what relaxation leaves.
    np.testing.assert_allclose(made.astype(int), frames, atol=2)


def test_propagation_finds_what_a_moving_camera_shows():
    # Smooth noise that moves 2 pixels a frame, and a logo that stands still.
    wide = np.random.default_rng(1).random((48, 60, 3))
    for axis in (0, 1):
        for _ in range(4):
            wide = (wide + np.roll(wide, 1, axis) + np.roll(wide, -1, axis)) / 3
    wide = np.uint8(255 * (wide - wide.min()) / (wide.max() - wide.min()))
    frames = np.stack([wide[:, 12 - 2 * t : 60 - 2 * t] for t in range(6)])
    holes = np.zeros((6, 48, 48, 1), np.float32)
    holes[:, 20:28, 20:26] = 1.0
    hidden = np.where(holes > 0, np.uint8(0), frames)

    def error(make):
        made = make(hidden, holes).astype(np.float64)
        np.testing.assert_array_equal(
            made[holes[..., 0] == 0], hidden[holes[..., 0] == 0]
        )
        return np.square(made - frames)[holes[..., 0] > 0].mean()

    others = {
        name: error(make)
        for name, make in completion_baselines.BASELINES.items()
        if name != completion_baselines.PROPAGATION
    }
    assert error(completion_baselines.propagated) < 0.5 * min(others.values())


@pytest.mark.parametrize("make", completion_baselines.BASELINES.values())
def test_one_grey_frame_and_a_full_hole_are_filled(make):
    frames = clip((1, 24, 24, 1))
    holes = np.zeros((1, 24, 24, 1), np.float32)
    holes[:, 8:14, 8:14] = 1.0
    made = make(frames, holes)
    assert made.shape == frames.shape and made.dtype == np.uint8
    np.testing.assert_array_equal(made[holes == 0], frames[holes == 0])
    full = make(frames, np.ones_like(holes))
    np.testing.assert_array_equal(full, np.full_like(frames, inpainting.GREY))
