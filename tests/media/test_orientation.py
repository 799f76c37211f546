import numpy as np
import pytest

from tfvideogan.media import orientation

PICTURE = np.array([[1, 2, 3], [4, 5, 6]])


# (a, b, c, d) takes (x, y) to (a x + c y, b x + d y), y down.
@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        (orientation.UPRIGHT, PICTURE),
        ((-1, 0, 0, 1), [[3, 2, 1], [6, 5, 4]]),
        ((1, 0, 0, -1), [[4, 5, 6], [1, 2, 3]]),
        ((-1, 0, 0, -1), [[6, 5, 4], [3, 2, 1]]),
        # To the right becomes down, down becomes left: a quarter turn clockwise.
        ((0, 65536, -65536, 0), [[4, 1], [5, 2], [6, 3]]),
        ((0, -1, 1, 0), [[3, 6], [2, 5], [1, 4]]),
        ((0, 1, 1, 0), [[1, 4], [2, 5], [3, 6]]),
    ],
)
def test_a_matrix_says_where_right_and_down_go(matrix, shown):
    np.testing.assert_array_equal(orientation.upright(PICTURE, matrix), shown)
    assert orientation.is_sideways(matrix) == (np.shape(shown) == (3, 2))
