import numpy as np
import pytest
from PIL import Image

from tests.data import davis_tree
from tfvideogan.core import errors
from tfvideogan.media import stills

INDICES = np.uint8([[0, 1, 1], [2, 3, 255]])


def test_palette_masks_are_read_by_index_not_by_colour(tmp_path):
    davis_tree.palette(INDICES).save(tmp_path / "a.png")
    union = stills.read_mask(tmp_path / "a.png")
    np.testing.assert_array_equal(union, [[0, 1, 1], [1, 1, 0]])
    second = stills.read_mask(tmp_path / "a.png", object_id=2)
    np.testing.assert_array_equal(second, [[0, 0, 0], [1, 0, 0]])


def test_a_palette_mask_of_void_alone_is_empty(tmp_path):
    davis_tree.palette(np.uint8([[0, 255]])).save(tmp_path / "a.png")
    np.testing.assert_array_equal(stills.read_mask(tmp_path / "a.png"), [[0, 0]])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[0, 255, 255]], [[0, 1, 1]]),  # black and white
        ([[0, 1, 0]], [[0, 1, 0]]),  # an index
        ([[0, 0, 0]], [[0, 0, 0]]),
    ],
)
def test_grey_masks_are_black_and_white_or_indices(tmp_path, values, expected):
    Image.fromarray(np.uint8(values)).save(tmp_path / "a.png")
    np.testing.assert_array_equal(stills.read_mask(tmp_path / "a.png"), expected)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colour_masks_are_inverted_by_the_pascal_code(tmp_path, mode):
    colours = np.uint8([[(0, 0, 0), (128, 0, 0), (0, 128, 0), (224, 224, 192)]])
    Image.fromarray(colours).convert(mode).save(tmp_path / "a.png")
    mask = stills.read_mask(tmp_path / "a.png")
    np.testing.assert_array_equal(mask, [[0, 1, 1, 0]])
    second = stills.read_mask(tmp_path / "a.png", object_id=2)
    np.testing.assert_array_equal(second, [[0, 0, 1, 0]])


def test_white_on_black_in_colour_is_a_mask(tmp_path):
    colours = np.uint8([[(0, 0, 0), (255, 255, 255)]])
    Image.fromarray(colours).save(tmp_path / "a.png")
    np.testing.assert_array_equal(stills.read_mask(tmp_path / "a.png"), [[0, 1]])


def test_one_bit_masks_are_read(tmp_path):
    Image.fromarray(np.array([[True, False]])).save(tmp_path / "a.png")
    np.testing.assert_array_equal(stills.read_mask(tmp_path / "a.png"), [[1, 0]])


def test_grey_frames_become_rgb(tmp_path):
    Image.fromarray(np.uint8([[7, 9]])).save(tmp_path / "a.png")
    frame = stills.read_frame(tmp_path / "a.png")
    np.testing.assert_array_equal(frame, [[[7, 7, 7], [9, 9, 9]]])


def test_size_is_height_and_width(tmp_path):
    Image.fromarray(np.zeros((3, 5), np.uint8)).save(tmp_path / "a.png")
    assert stills.size(tmp_path / "a.png") == (3, 5)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_jpeg_is_refused(tmp_path, share):
    path = tmp_path / "a.jpg"
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)
    Image.fromarray(noise).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(errors.UserError, match="a.jpg is damaged or no picture"):
        stills.read_frame(path)


def test_a_file_that_is_no_picture_is_refused(tmp_path):
    (tmp_path / "a.png").write_text("hello")
    with pytest.raises(errors.UserError, match="a.png cannot be read as a picture"):
        stills.size(tmp_path / "a.png")


def test_a_mask_that_may_be_read_in_two_ways_names_the_way_out(tmp_path):
    Image.fromarray(np.uint8([[0, 2, 255]])).save(tmp_path / "a.png")
    with pytest.raises(errors.UserError, match="a.png: .*2, 255.*`mask_values`"):
        stills.read_mask(tmp_path / "a.png")
    values = stills.mask_meaning([tmp_path / "a.png"], void=255)
    mask = stills.read_mask(tmp_path / "a.png", values=values)
    np.testing.assert_array_equal(mask, [[0, 1, 0]])


def test_a_mask_that_contradicts_its_set_is_named(tmp_path):
    for number in range(3):
        mask = np.zeros((8, 8), np.uint8)
        mask[2:6, 2:6] = 255
        Image.fromarray(mask).save(tmp_path / f"{number}.png")
    values = stills.mask_meaning(sorted(tmp_path.iterdir()))
    mask[:4, :4] = 127
    Image.fromarray(mask).save(tmp_path / "3.png")
    with pytest.raises(errors.UserError, match="3.png has areas of 127, which is not"):
        stills.read_mask(tmp_path / "3.png", values=values)


def test_masks_are_turned_like_their_frames(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it clockwise
    Image.fromarray(np.uint8([[0, 0, 255]])).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(stills.read_mask(tmp_path / "a.png"), [[0], [0], [1]])


def test_a_picture_that_is_not_there_does_not_exist(tmp_path):
    for read in (stills.read_frame, stills.read_mask):
        with pytest.raises(errors.UserError, match="a.png does not exist"):
            read(tmp_path / "a.png")
