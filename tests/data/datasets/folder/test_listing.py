import os
import pathlib

import pytest

from tfvideogan.data.datasets import class_folders
from tfvideogan.data.datasets.folder import listing


def touch(root: pathlib.Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


FRAMES = [f"{number:03d}.png" for number in range(9)]


@pytest.mark.parametrize(
    ("names", "is_video"),
    [
        (FRAMES, True),
        (["a.png", "b.png"], True),
        ([*FRAMES, "notes.txt", "masks/000.png", "@eaDir/000.png"], True),
        ([*FRAMES, "small/000.png"], True),  # nine pictures beside one folder
        (["cover.jpg", "run/a.mp4"], False),
        (["thumb_1.jpg", "thumb_2.jpg", "one/000.png", "two/000.png"], False),
        (["thumbnail.jpg", "a.mp4"], False),
        (["a.mp4"], False),
        (["notes.txt"], False),
    ],
)
def test_a_folder_is_a_video_if_its_pictures_are(tmp_path, names, is_video):
    touch(tmp_path, *names)
    assert listing.is_video(tmp_path) == is_video


def test_files_are_videos_by_their_endings_and_a_fifo_is_none(tmp_path):
    touch(tmp_path, "a.MTS", "a.ts", "a.png", "a.txt")
    names = [path.name for path in sorted(tmp_path.iterdir()) if listing.is_video(path)]
    assert names == ["a.MTS", "a.ts"]
    fifo = tmp_path / "b.mp4"
    os.mkfifo(fifo)
    assert not listing.is_video(fifo)


def test_what_lies_within_and_beside_clips_is_noted(tmp_path):
    touch(tmp_path, *(f"one/{name}" for name in FRAMES))
    touch(tmp_path, "one/003.jpg", "one/a.zip", "one/small/a.png", "one_mask/000.png")
    touch(tmp_path, "two.mp4", "two_mask.mp4", "three_masks/000.png", "captions.csv")
    found = class_folders.Listing({}, ())
    clips = [tmp_path / "one", tmp_path / "two.mp4"]
    listing.note_unused(found, tmp_path, clips, [tmp_path / "one_mask"])
    assert found.left_out == {
        listing.DOUBLE: ["one/003.jpg"],
        class_folders.UNREAD: ["one/a.zip"],
        listing.INSIDE: ["one/small"],
        listing.NO_CLIP: ["three_masks"],
        listing.MASK_FILMS: ["two_mask.mp4"],
    }


def test_captions_are_no_reason(tmp_path):
    assert listing.reason(tmp_path / "captions.csv") is None
    assert listing.reason(tmp_path / "cover.jpg") == listing.BESIDE
    assert listing.reason(tmp_path / "a.zip") == class_folders.UNREAD
