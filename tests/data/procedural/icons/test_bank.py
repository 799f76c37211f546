import numpy as np
import pytest
from PIL import Image

from tfvideogan.core import errors
from tfvideogan.data.procedural.icons import bank as icons_bank


def write(folder, name, *, size=(8, 8), mode="RGBA", colour=(250, 0, 0, 255)):
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    picture.paste(colour, (2, 2, 6, 6))
    picture.convert(mode).save(folder / f"{name}.png")


def test_drawn_icons_are_twelve_shapes_in_eight_colours():
    bank = icons_bank.draw_icons()
    assert len(bank.names) == len(set(bank.names)) == 96
    shades = {name.split()[0] for name in bank.names}
    assert shades == set("red green blue yellow orange purple white cyan".split())
    disc = bank.pictures[bank.names.index("blue disc")]
    assert disc.shape == (64, 64, 4) and disc.dtype == np.uint8
    assert disc[32, 32].tolist() == [60, 90, 240, 255]
    assert disc[0, 0].tolist() == [0, 0, 0, 0]


def test_smaller_icons_cover_the_same_share():
    bank = icons_bank.draw_icons()
    for large, small in zip(bank.pictures, bank.sized(16), strict=True):
        assert small.shape == (16, 16, 4)
        np.testing.assert_allclose(small.mean((0, 1)), large.mean((0, 1)), atol=1.0)


def test_icons_of_a_folder_are_called_by_their_files(tmp_path):
    for name in ("Red-car_2", "apple", "Boat"):
        write(tmp_path, name)
    bank = icons_bank.read_icons(str(tmp_path))
    assert bank.names == ("boat", "red car 2", "apple")
    assert not bank.is_procedural and str(tmp_path) in bank.description
    assert "procedural" not in bank.description.replace(str(tmp_path), "")


def test_half_transparent_colours_are_multiplied(tmp_path):
    for name in "abc":
        write(tmp_path, name, colour=(200, 100, 0, 51))
    picture = icons_bank.read_icons(str(tmp_path)).pictures[0]
    # A coverage of 51 of 255 is a fifth.
    assert picture[4, 4].tolist() == [40, 20, 0, 51]
    assert picture[0, 0].tolist() == [0, 0, 0, 0]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(errors.UserError, match="nowhere.* is no folder"):
        icons_bank.read_icons(str(tmp_path / "nowhere"))


def test_too_few_icons_are_refused(tmp_path):
    write(tmp_path, "one")
    with pytest.raises(errors.UserError, match="has 1 icons .*at least 3"):
        icons_bank.read_icons(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("opaque", {"mode": "RGB"}, "opaque.png has no alpha channel"),
        ("wide", {"size": (8, 6)}, "wide.png is 8x6; icons must be square"),
        ("A", {}, "both called 'a'; rename"),
        ("_", {}, "_.png: the name has no letter"),
    ],
)
def test_icons_that_do_not_fit_are_named(tmp_path, name, options, words):
    for good in "abc":
        write(tmp_path, good)
    write(tmp_path, name, **options)
    with pytest.raises(errors.UserError, match=words):
        icons_bank.read_icons(str(tmp_path))


def test_a_damaged_picture_is_named(tmp_path):
    for good in "abc":
        write(tmp_path, good)
    (tmp_path / "d.png").write_bytes((tmp_path / "a.png").read_bytes()[:40])
    with pytest.raises(errors.UserError, match=r"d\.png is no readable picture"):
        icons_bank.read_icons(str(tmp_path))
