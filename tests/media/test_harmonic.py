import numpy as np
import pytest

from tfvideogan.media import harmonic


def test_filling_goes_on_with_a_slope():
    rows, columns = np.mgrid[:21, :30].astype(np.float32)
    plane = (0.2 * columns - 0.1 * rows)[..., np.newaxis]
    visible = np.ones((21, 30), bool)
    visible[6:15, 8:20] = False
    spoilt = np.where(visible[..., np.newaxis], plane, np.nan).astype(np.float32)
    filled = harmonic.fill(spoilt, visible)
    np.testing.assert_array_equal(filled[visible], plane[visible])
    # The mean of the rim would be off by up to 1.2 at the ends.
    np.testing.assert_allclose(filled, plane, atol=0.05)


def test_a_pixel_is_the_mean_of_its_four_neighbours():
    # Of 1, 2, 4 and 9.
    image = np.array([[0, 1, 0], [2, 99, 4], [0, 9, 0]], np.float32)[..., np.newaxis]
    visible = np.ones((3, 3), bool)
    visible[1, 1] = False
    filled = harmonic.fill(image, visible)
    assert filled[1, 1, 0] == pytest.approx(4.0)
    np.testing.assert_array_equal(filled[visible], image[visible])


@pytest.mark.parametrize("size", [(8, 8), (5, 7), (1, 6)])
def test_a_constant_stays_constant_and_nothing_becomes_zero(size):
    visible = np.ones(size, bool)
    visible[:, 2:5] = False
    image = np.where(visible, 0.3, np.nan)[..., np.newaxis].repeat(2, axis=-1)
    filled = harmonic.fill(image.astype(np.float32), visible)
    np.testing.assert_allclose(filled, np.full((*size, 2), 0.3), rtol=1e-5)
    nothing = harmonic.fill(image.astype(np.float32), np.zeros(size, bool))
    np.testing.assert_array_equal(nothing, np.zeros((*size, 2)))
