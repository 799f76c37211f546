"""How pictures and films are turned and mirrored before they are shown.

A matrix (a, b, c, d) takes a pixel of the file from (x, y) to (a x + c y, b x + d y), x to
the right and y down, as the display matrix of an mp4 file does; only the signs and which
pair is the larger matter here.
"""

import numpy as np

UPRIGHT = (1, 0, 0, 1)

Matrix = tuple[int, int, int, int]


def is_sideways(matrix: Matrix) -> bool:
    """Tells whether height and width change places."""
    a, b, c, d = (abs(number) for number in matrix)
    return b + c > a + d


def upright(picture: np.ndarray, matrix: Matrix) -> np.ndarray:
    """Returns a picture [H, W, ...] of a file as it is shown.

    Angles between quarter turns are taken for the nearest one.
    """
    a, b, c, d = matrix
    across, down = a, d
    if is_sideways(matrix):
        picture, across, down = picture.swapaxes(0, 1), c, b
    if down < 0:
        picture = picture[::-1]
    return picture[:, ::-1] if across < 0 else picture
