import itertools
import pathlib

import numpy as np
import pytest
from PIL import Image

from tfvideogan.core import errors
from tfvideogan.media import damage, hole_masks, stills, writer

FILM = hole_masks.Film(height=6, width=8, num_frames=4)


def masks(given, film=FILM, dilate=0, numbers=None):
    """All masks of a film [T, H, W], and what is said."""
    opened = hole_masks.opened(str(given), film, dilate=dilate)
    numbers = range(film.num_frames) if numbers is None else numbers
    found = np.stack([*opened.of(numbers)])
    assert found.dtype == np.uint8 and found.max() <= 1
    return found, opened.lines


def picture(path: pathlib.Path, column: int, size=(8, 6)) -> None:
    drawn = Image.new("L", size, 0)
    drawn.paste(255, (column, 0, column + 1, size[1]))
    path.parent.mkdir(exist_ok=True)
    drawn.save(path)


def columns(found: np.ndarray) -> list[int | None]:
    """Which column of each mask is a hole, None for no hole."""
    assert (found == found[:, :1]).all()
    rows = [np.flatnonzero(one[0]).tolist() for one in found]
    return [row[0] if row else None for row in rows]


def test_a_box_is_pixels_of_the_film():
    found, lines = masks("2,1,3,2")
    assert found.sum() == 4 * 6 and found[:, 1:3, 2:5].all() and not lines
    # What lies outside is cut off.
    found, _ = masks("-1,-1,2,2")
    assert found[0].sum() == 1 and found[0, 0, 0]
    assert hole_masks.is_box(" 1, 2,3,4") and not hole_masks.is_box("masks/1,2,3,4.png")
    with pytest.raises(errors.UserError, match="outside the video, which is 8x6"):
        hole_masks.opened("8,0,2,2", FILM)


def test_a_picture_is_the_same_in_all_frames(tmp_path):
    picture(tmp_path / "mask.png", 3)
    found, lines = masks(tmp_path / "mask.png")
    assert columns(found) == [3] * 4
    assert lines == [
        f"{tmp_path}/mask.png: greys from 128 are the object; the same in all frames."
    ]
    assert hole_masks.opened(str(tmp_path / "mask.png"), FILM).is_static


def test_as_many_pictures_as_frames_are_taken_in_their_natural_order(tmp_path):
    for column, name in enumerate(("2", "3", "10", "11")):
        picture(tmp_path / "masks" / f"{name}.png", column)
    found, lines = masks(tmp_path / "masks")
    assert columns(found) == [0, 1, 2, 3] and len(lines) == 1
    # Every other frame, one of them twice.
    found, _ = masks(tmp_path / "masks", numbers=[0, 2, 2])
    assert columns(found) == [0, 2, 2]


@pytest.mark.parametrize(
    "names, numbers, wanted",
    [
        (("1", "3"), {}, [None, 1, None, 3]),
        # Numbered from 1: the last frame is 4.
        (("1", "4"), {}, [1, None, None, 4]),
        # Frames of a folder have names themselves.
        (("20", "40"), {10: 0, 20: 1, 30: 2, 40: 3}, [None, 2, None, 4]),
    ],
)
def test_fewer_pictures_belong_to_the_frames_of_their_numbers(
    tmp_path, names, numbers, wanted
):
    for name in names:
        picture(tmp_path / "masks" / f"{name}.png", int(name[0]))
    film = hole_masks.Film(6, 8, 4, numbers=numbers)
    found, lines = masks(tmp_path / "masks", film)
    assert columns(found) == wanted
    assert lines[1] == (
        f"{tmp_path}/masks has masks for 2 of 4 frames, by the numbers in their names; 2 "
        "have no holes."
    )


@pytest.mark.parametrize("names", [("a", "b"), ("7",), ("0", "1", "2", "3", "9")])
def test_names_that_are_no_frames_are_refused(tmp_path, names):
    for name in names:
        picture(tmp_path / "masks" / f"{name}.png", 0)
    with pytest.raises(errors.UserError, match="names are not the numbers of frames"):
        hole_masks.opened(str(tmp_path / "masks"), FILM)


def test_the_first_part_of_a_film_takes_the_first_masks(tmp_path):
    for column in range(6):
        picture(tmp_path / "masks" / f"{column}.png", column)
    film = hole_masks.Film(6, 8, 4, is_part=True)
    found, lines = masks(tmp_path / "masks", film)
    assert columns(found) == [0, 1, 2, 3] and len(lines) == 1


@pytest.mark.parametrize(
    "count, said",
    [(4, None), (3, "the last 1 have no holes"), (5, "the rest is left out")],
)
def test_a_film_has_a_mask_for_each_frame(tmp_path, count, said):
    frames = np.zeros([count, 6, 8, 3], np.uint8)
    for place in range(count):
        frames[place, :, place] = 255
    writer.write_video(tmp_path / "masks.npz", frames, 8)
    found, lines = masks(tmp_path / "masks.npz")
    assert columns(found) == [0, 1, 2, 3 if count > 3 else None]
    assert len(lines) == 1 + bool(said) and (not said or said in lines[1])


def test_a_lossy_film_of_masks_is_white_where_it_is_bright(tmp_path):
    frames = np.zeros([5, 48, 64, 3], np.uint8)
    for place in range(5):
        frames[place, 10:30, 8 + 4 * place : 30 + 4 * place] = 255
    writer.write_video(tmp_path / "masks.mp4", frames, 8)
    found, lines = masks(tmp_path / "masks.mp4", hole_masks.Film(48, 64, 5))
    assert lines == [f"{tmp_path}/masks.mp4: greys from 128 are the object."]
    assert (found == frames[..., 0] // 255).mean() > 0.99


def test_another_size_is_resized_by_the_nearest_pixel_and_said_once(tmp_path):
    picture(tmp_path / "mask.png", 1, size=(4, 3))
    found, lines = masks(tmp_path / "mask.png")
    assert found[0, 0].tolist() == [0, 0, 1, 1, 0, 0, 0, 0]
    assert lines[1:] == [
        f"{tmp_path}/mask.png is 4x3; resized to the video's 8x6, nearest pixel."
    ]


def test_other_proportions_are_refused(tmp_path):
    # 200x200 beside 200x201 differs by half a percent, beside 200x203 by 1.5 %.
    picture(tmp_path / "mask.png", 1, size=(200, 200))
    assert masks(tmp_path / "mask.png", hole_masks.Film(201, 200, 1))[0].any()
    with pytest.raises(errors.UserError, match="is 200x200, but the video is 200x203"):
        masks(tmp_path / "mask.png", hole_masks.Film(203, 200, 1))


def test_masks_are_as_large_as_what_is_completed(tmp_path):
    picture(tmp_path / "mask.png", 5)
    found, lines = masks(tmp_path / "mask.png", hole_masks.Film(6, 8, 1, size=(3, 4)))
    assert found.shape == (1, 3, 4) and columns(found) == [2] and len(lines) == 1


def test_holes_grow_by_a_disc():
    film = hole_masks.Film(height=21, width=31, num_frames=1)
    [found], _ = masks("15,10,1,1", film, dilate=3)
    distance = np.hypot(*(np.indices([21, 31]) - np.array([10, 15])[:, None, None]))
    assert found[distance <= 2.5].all() and not found[distance > 3.5].any()
    assert found[10, 12] and found[13, 15]


@pytest.mark.parametrize("height, wanted", [(8, 1), (240, 4), (480, 8), (720, 12)])
def test_holes_grow_with_the_film_by_default(height, wanted):
    assert hole_masks.default_dilation(height) == wanted


def test_what_is_no_mask_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(damage.DamagedClip, match="has no pictures"):
        hole_masks.opened(str(tmp_path / "empty"), FILM)
    (tmp_path / "text.txt").write_text("no mask")
    with pytest.raises(errors.UserError):
        hole_masks.opened(str(tmp_path / "text.txt"), FILM)


def test_masks_of_a_film_are_read_one_by_one(tmp_path, monkeypatch):
    for column in range(4):
        picture(tmp_path / "masks" / f"{column}.png", column)
    opened = hole_masks.opened(str(tmp_path / "masks"), FILM, dilate=1)
    opened_files, whole = [], stills.read_mask

    def read_mask(path, **options):
        opened_files.append(path.name)
        return whole(path, **options)

    monkeypatch.setattr(stills, "read_mask", read_mask)
    assert len([*itertools.islice(opened.of(range(4)), 2)]) == 2
    assert opened_files == ["0.png", "1.png"]
