import numpy as np

from tfvideogan.media import palettes


def test_the_palette_is_pascals():
    # Of the PASCAL VOC development kit: aeroplane 1, bicycle 2, bottle 5, cat 8 ...
    known = {
        0: (0, 0, 0),
        1: (128, 0, 0),
        2: (0, 128, 0),
        5: (128, 0, 128),
        8: (64, 0, 0),
        15: (192, 128, 128),
        20: (0, 64, 128),
        255: (224, 224, 192),
    }
    for number, colour in known.items():
        assert tuple(palettes.pascal()[number]) == colour


def test_colours_give_their_numbers_back():
    colours = palettes.pascal()[np.newaxis]
    np.testing.assert_array_equal(palettes.codes(colours), [np.arange(256)])
    assert palettes.is_pascal(colours).all()
    others = np.uint8([[(255, 0, 0), (127, 0, 0), (1, 2, 3)]])
    assert not palettes.is_pascal(others).any()
