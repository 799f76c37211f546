import av
import numpy as np
import pytest

from tests.data import films
from tfvideogan.media import scaling


def frame(height: int, width: int) -> av.VideoFrame:
    picture = np.ascontiguousarray(films.corners(1, height, width)[0])
    return av.VideoFrame.from_ndarray(picture, format="rgb24")


def test_frames_keep_their_size_or_are_fitted():
    own = scaling.Converter(None, 3, "stretch")(frame(32, 48))
    np.testing.assert_array_equal(own, films.corners(1)[0])
    grey = scaling.Converter((8, 8), 1, "crop")(frame(32, 48))
    assert grey.shape == (8, 8, 1)


def test_frames_that_change_their_size_take_that_of_the_first():
    convert = scaling.Converter(None, 3, "stretch")
    assert convert(frame(32, 48)).shape == convert(frame(16, 16)).shape == (32, 48, 3)
    np.testing.assert_array_equal(convert(frame(32, 48)), films.corners(1)[0])


@pytest.mark.parametrize("aspect", [0.5, 1.0, 2.0])
def test_sizes_are_those_that_are_shown(aspect):
    shown = scaling.shown_size(frame(32, 48), aspect)
    assert shown == (32, 48 * aspect)
    convert = scaling.Converter(None, 3, "stretch")
    convert.aspect = aspect
    assert convert(frame(32, 48)).shape[:2] == shown
