import pathlib

import numpy as np
import pytest
from PIL import Image

from tfvideogan.data.datasets.folder import masks as mask_folders
from tfvideogan.media import damage


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
    read = masks.read(1, 2, 6, 8, "stretch")
    assert read.shape == (2, 6, 8, 1) and read.dtype == np.uint8
    assert read.sum((1, 2, 3)).tolist() == [3 * 6, 4 * 6]


def test_masks_are_resized_like_their_frames(tmp_path):
    frames = draw(tmp_path / "a", [4])
    masks = mask_folders.Masks(frames, draw(tmp_path / "a_mask", [4]))
    assert masks.read(0, 1, 3, 4, "stretch").sum() == 2 * 3
    # The middle 6x6 of 8x6 begins at column 1: three white columns are left.
    assert masks.read(0, 1, 6, 6, "crop").sum() == 3 * 6


def test_frames_without_a_mask_are_named(tmp_path):
    frames = draw(tmp_path / "a", [1, 2, 3, 4])
    with pytest.raises(damage.DamagedClip, match="2 masks of the 4 frames.*00002.png"):
        mask_folders.Masks(frames, draw(tmp_path / "a_mask", [1, 4]))


def test_a_film_with_too_few_masks_is_named(tmp_path):
    masks = mask_folders.Masks(tmp_path / "a.mp4", draw(tmp_path / "a_mask", [0, 1]))
    with pytest.raises(damage.DamagedClip, match="1 masks of the 3 frames.*frame 2"):
        masks.read(0, 3, 6, 8, "stretch")
