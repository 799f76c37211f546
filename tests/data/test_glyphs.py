import numpy as np

from tfvideogan.data import glyphs


def test_places_and_parts_follow_the_labels():
    pictures = np.arange(5, dtype=np.uint8)[:, None, None]
    found = glyphs.Glyphs(pictures, np.array([2, 0, 2, 1, 0]))
    assert [list(numbers) for numbers in found.places] == [[1, 4], [3], [0, 2]]
    part = found.part(1, 3)
    assert part.pictures.ravel().tolist() == [1, 2] and part.labels.tolist() == [0, 2]
