import numpy as np

from tfvideogan.media import boxes


def test_rows_and_columns_have_surroundings_of_their_own():
    is_hole = np.zeros([300, 400], bool)
    is_hole[100:104, 0:200] = True
    rows, columns = boxes.around(is_hole)
    # 32 pixels above and below; a quarter of 200 on the right, and on the left none: they
    # are on the right, too.
    assert (rows, columns) == (slice(68, 136), slice(0, 300))
