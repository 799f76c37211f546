"""Answers become files, each as what it is."""

import argparse
import pathlib

import numpy as np

from tfvideogan.media import reader, sheets
from tfvideogan.serving.client import answers


def options(path: pathlib.Path, seed: int = 0) -> argparse.Namespace:
    return argparse.Namespace(output=str(path), seed=seed)


def clips(*shades: int, frames: int = 2) -> np.ndarray:
    """A clip [frames, 8, 8, 3] of each shade."""
    values = np.array(shades, np.uint8)[:, None, None, None, None]
    return np.tile(values, [1, frames, 8, 8, 3])


def test_the_first_answer_has_the_name_and_the_others_stand_beside_it(tmp_path) -> None:
    found = {
        "video": clips(10),
        "mask": np.full([1, 2, 8, 8, 1], 255, np.uint8),
        "code": np.array([[1.0, 2.0]], np.float32),
    }
    out = tmp_path / "out.npz"
    assert answers.write(str(out), found, {}, 12.0) == [
        f"{out}: video, 2 frames",
        f"{tmp_path / 'out_mask.npz'}: mask, 2 frames",
        f"{tmp_path / 'out_codes.npz'}: code",
    ]
    frames, fps = reader.read_video(out)
    assert (frames == 10).all() and fps == 12
    with np.load(tmp_path / "out_codes.npz") as codes:
        assert codes["code"].tolist() == [1.0, 2.0]  # without the batch of one


def test_floats_become_bytes_and_pictures_films_of_one_frame(tmp_path) -> None:
    out = tmp_path / "out.npz"
    picture = np.full([1, 8, 8, 3], 1.0, np.float32)
    assert answers.write(str(out), {"image": picture}, {}, 8.0) == [
        f"{out}: image, 1 picture"
    ]
    frames, _ = reader.read_video(out)
    assert frames.shape == (1, 8, 8, 3) and (frames == 255).all()


def test_pictures_of_several_samples_are_files_of_a_folder(tmp_path) -> None:
    pictures = clips(10, 20, frames=1)[:, 0]
    out = tmp_path / "all"
    lines = answers.write(str(out), {"image": pictures}, {}, 8.0, seed=3)
    assert lines == [f"{out}: image, 2 pictures"]
    assert sorted(one.name for one in out.iterdir()) == ["seed_3.png", "seed_4.png"]
    assert (reader.read_video(out / "seed_4.png")[0] == 20).all()


def test_files_are_known_before_the_answers() -> None:
    assert answers.files("a/o.mp4", ["video", "mask"], ["code", "label"]) == {
        "video": pathlib.Path("a/o.mp4"),
        "mask": pathlib.Path("a/o_mask.mp4"),
        "code": pathlib.Path("a/o_codes.npz"),
        "label": pathlib.Path("a/o_codes.npz"),
    }
    assert answers.files("o.npz", [], ["code"]) == {"code": pathlib.Path("o.npz")}


def test_what_goes_on_stands_behind_what_it_goes_on_from(tmp_path) -> None:
    given = {"context": clips(1, frames=3)[0]}
    out = tmp_path / "out.npz"
    lines = answers.write(str(out), {"video": clips(5, 6)}, given, 8.0, seed=7)
    assert lines == [f"{out}: video, 2 clips of 5 frames"]
    with np.load(out) as found:  # [N, T, H, W, C]
        shades = found["frames"][:, :, 0, 0, 0].tolist()
    assert shades == [[1, 1, 1, 5, 5], [1, 1, 1, 6, 6]]


def test_motions_stand_above_their_answers_with_the_content_at_the_left(
    tmp_path,
) -> None:
    given = {"content": clips(100)[0], "motion": clips(10, 20)}
    out = tmp_path / "out.png"
    answers.write(str(out), {"video": clips(110, 120)}, given, 8.0)
    grid, _ = reader.read_video(out)
    cell = 8 + sheets.GAP
    middles = [
        [grid[0, r * cell + 4, c * cell + 4, 0] for c in range(3)] for r in (0, 1)
    ]
    assert middles[0][1:] == [10, 20]
    assert middles[1] == [100, 110, 120]
