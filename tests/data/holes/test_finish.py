import numpy as np
import pytest
from scipy import ndimage

from tfvideogan.data.holes import finish


def point():
    masks = np.zeros((2, 9, 11), np.uint8)
    masks[:, 4, 5] = 1
    return masks


@pytest.mark.parametrize("pixels", [0, 1, 3])
def test_masks_grow_by_a_disk(pixels):
    grown = finish.dilated(point(), pixels)
    distance = ndimage.distance_transform_edt(1 - point()[0])
    np.testing.assert_array_equal(grown[1], distance <= pixels)


def test_areas_are_brought_within_bounds():
    masks = np.zeros((4, 10, 10), np.uint8)
    masks[0, 2:4, 2:4] = 1  # 4 of 100 pixels
    masks[1, :6] = 1  # 60
    masks[2, 2:5, 2:8] = 1  # 18
    fitted = finish.fitted(masks, (0.1, 0.3))
    np.testing.assert_array_equal(fitted.sum(axis=(1, 2)), [10, 30, 18, 10])
    np.testing.assert_array_equal(fitted[2], masks[2])
    assert (fitted[0] >= masks[0]).all()
    assert (fitted[1] <= masks[1]).all()
    # What was farthest from the outline is left: the rows at the border of the picture.
    assert fitted[1, :3].all()
    # An empty one grows in the middle.
    assert fitted[3, 4:6, 4:6].all()


def test_bounds_may_be_nothing_and_all():
    np.testing.assert_array_equal(finish.fitted(point(), (0.0, 1.0)), point())
    assert not finish.fitted(point(), (0.0, 0.0)).any()
    assert finish.fitted(point(), (1.0, 1.0)).all()


def test_a_whole_frame_shrinks_to_its_middle():
    fitted = finish.fitted(np.ones((1, 5, 5), np.uint8), (0.0, 0.36))[0]
    np.testing.assert_array_equal(
        np.argwhere(fitted), np.argwhere(np.pad(np.ones((3, 3)), 1))
    )


def test_runs_of_frames_are_missing_as_a_whole():
    masks = np.repeat(point(), 2, axis=0)
    occluded = finish.occluded(masks, 1, 2)
    np.testing.assert_array_equal(occluded.sum(axis=(1, 2)), [1, 99, 99, 1])
    assert masks.sum() == 4
