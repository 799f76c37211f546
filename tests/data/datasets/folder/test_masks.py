import fractions
import pathlib

import numpy as np
import pytest
from PIL import Image

from tests.data import films
from tfvideogan.data.datasets.folder import masks as mask_folders
from tfvideogan.media import damage, reader


def draw(folder: pathlib.Path, numbers, size=(8, 6)) -> pathlib.Path:
    """Picture n has n white columns."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        mask = np.zeros(size[::-1], np.uint8)
        mask[:, :number] = 255
        Image.fromarray(mask).save(folder / f"{number:05d}.png")
    return folder


def test_masks_lie_in_a_folder_of_masks_or_beside_the_clip(tmp_path):
    film = tmp_path / "run" / "a.mp4"
    film.parent.mkdir()
    film.touch()
    assert mask_folders.find(film, tmp_path) is None
    beside = draw(tmp_path / "run" / "a_mask", [1])
    assert mask_folders.find(film, tmp_path) == beside
    apart = draw(tmp_path / "masks" / "run" / "a", [1])
    assert mask_folders.find(film, tmp_path) == apart
    assert mask_folders.is_for_masks(beside, tmp_path)
    assert mask_folders.is_for_masks(tmp_path / "masks", tmp_path)
    assert not mask_folders.is_for_masks(film.parent, tmp_path)


def test_masks_belong_to_the_frames_of_the_same_number(tmp_path):
    frames = draw(tmp_path / "a", [1, 3, 4])
    masks = mask_folders.Masks(frames, draw(tmp_path / "a_mask", [1, 2, 3, 4]))
    read = masks.read(np.arange(1, 3), 6, 8, "stretch")
    assert read.shape == (2, 6, 8, 1) and read.dtype == np.uint8
    assert read.sum((1, 2, 3)).tolist() == [3 * 6, 4 * 6]


def test_masks_are_resized_like_their_frames(tmp_path):
    frames = draw(tmp_path / "a", [4])
    masks = mask_folders.Masks(frames, draw(tmp_path / "a_mask", [4]))
    assert masks.read(np.arange(1), 3, 4, "stretch").sum() == 2 * 3
    # The middle 6x6 of 8x6 begins at column 1: three white columns are left.
    assert masks.read(np.arange(1), 6, 6, "crop").sum() == 3 * 6


def test_frames_without_a_mask_are_named(tmp_path):
    frames = draw(tmp_path / "a", [1, 2, 3, 4])
    with pytest.raises(damage.DamagedClip, match="2 masks of the 4 frames.*00002.png"):
        mask_folders.Masks(frames, draw(tmp_path / "a_mask", [1, 4]))


def film(tmp_path, length: int = 3, **options) -> pathlib.Path:
    return films.write(tmp_path / "a.mp4", films.ramp(length, 6, 8), **options)


def test_a_film_with_too_few_masks_is_named(tmp_path):
    masks = mask_folders.Masks(film(tmp_path), draw(tmp_path / "a_mask", [0, 1]))
    with pytest.raises(damage.DamagedClip, match="1 masks of the 3 frames.*frame 2"):
        masks.read(np.arange(3), 6, 8, "stretch")


@pytest.mark.parametrize(
    ("frames", "masks"),
    [
        ("frame{}_v2", "frame{}_v2"),
        ("frame{}_v2", "{:05d}"),
        ("shot7_{:03d}", "shot7_{:03d}_mask"),
        ("{}_640x360", "{}_320x180"),
    ],
)
def test_masks_belong_to_frames_by_what_counts_in_their_names(tmp_path, frames, masks):
    for folder, scheme in (("a", frames), ("a_mask", masks)):
        draw(tmp_path / folder, range(1, 8))
        for number in range(1, 8):
            picture = tmp_path / folder / f"{number:05d}.png"
            picture.rename(picture.with_name(scheme.format(number) + ".png"))
    found = mask_folders.Masks(tmp_path / "a", tmp_path / "a_mask")
    read = found.read(np.arange(7), 6, 8, "stretch")
    assert read.sum((1, 2, 3)).tolist() == [6 * number for number in range(1, 8)]


def test_masks_of_a_film_follow_its_frames_not_its_clock(tmp_path):
    clip = film(tmp_path, 4, rate=10, times=[0, 1, 4, 5])
    masks = mask_folders.Masks(clip, draw(tmp_path / "a_mask", range(1, 5)))
    ((frames, numbers),) = reader.read_numbered(clip)[0]
    read = masks.read(numbers, 6, 8, "stretch")
    columns = (read.sum((1, 2, 3)) // 6 - 1).tolist()
    assert columns == films.greys(frames) == [0, 1, 1, 1, 2, 3]


def test_masks_left_over_are_a_line_or_an_error(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(mask_folders.logging, "warning", lambda *w: said.append(w[1:]))
    masks = mask_folders.Masks(film(tmp_path), draw(tmp_path / "a_mask", range(5)))
    masks.read(np.arange(3), 6, 8, "stretch")
    masks.check_rest()
    assert said == [(tmp_path / "a_mask", 2)]
    masks = mask_folders.Masks(tmp_path / "a.mp4", tmp_path / "a_mask")
    masks.read(np.array([0, 1, 1, 2]), 6, 8, "stretch")
    with pytest.raises(damage.DamagedClip, match="2 masks more than the 3 frames"):
        masks.check_rest()


@pytest.mark.parametrize("size", [(6, 8), (8, 8), (64, 32)])
def test_masks_of_another_shape_are_refused(tmp_path, size):
    folder = draw(tmp_path / "a_mask", range(3), size=size)
    masks = mask_folders.Masks(film(tmp_path), folder)
    with pytest.raises(
        damage.DamagedClip, match="pixels, but the frames of .* are 8x6"
    ):
        masks.read(np.arange(1), 6, 8, "stretch")


def test_masks_may_be_of_another_size_or_of_pixels_that_are_not_square(tmp_path):
    clip = film(tmp_path, aspect=fractions.Fraction(2))  # shown as 16x6
    for size in ((8, 6), (16, 6), (32, 12)):
        folder = draw(tmp_path / f"{size[0]}", range(size[0] // 2 + 1), size=size)
        masks = mask_folders.Masks(clip, folder)
        middle = masks.read(np.full(1, size[0] // 2), 6, 6, "crop")
        # The left half is white, also of the middle square.
        assert middle[0, :, :, 0].tolist() == [[1] * 3 + [0] * 3] * 6


def test_what_belongs_to_no_clip_is_found(tmp_path):
    clip = film(tmp_path)
    films.write(tmp_path / "a_mask.mp4")
    used = draw(tmp_path / "a_masks", [1])
    lonely = draw(tmp_path / "b_mask", [1])
    other = draw(tmp_path / "masks" / "run" / "c", [1])
    assert mask_folders.find(clip, tmp_path) == used
    found = list(mask_folders.unused([clip], tmp_path, {used}))
    assert found == [tmp_path / "a_mask.mp4", lonely, other]
    assert mask_folders.is_for_masks(tmp_path / "a_mask.mp4", tmp_path)
    clip.unlink()
    used.rename(tmp_path / "gone")
    assert not mask_folders.is_for_masks(tmp_path / "a_mask.mp4", tmp_path)
