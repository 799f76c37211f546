"""The data door: what a gin file names is checked, described and shown."""

import pathlib

import av
import numpy as np
import pytest
from PIL import Image

from tests import source_tree
from tests.data import davis_tree, films
from tests.data.cache import test_records
from tfvideogan import check_data
from tfvideogan.engine.config import config

SMALL = ("FRAMES = 3", "HEIGHT = 36", "WIDTH = 48")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path):
    monkeypatch.chdir(source_tree.ROOT)
    monkeypatch.setenv("TFVIDEOGAN_CACHE", str(tmp_path / "cache"))
    yield
    config.reset()


def run(tmp_path, name: str, *bindings: str, flags: tuple[str, ...] = ()) -> int:
    return check_data.main(
        [
            f"--gin_file=gin/data/{name}.gin",
            f"--output={tmp_path / 'out'}",
            *(f"--gin_param={binding}" for binding in (*bindings, *SMALL)),
            *flags,
        ]
    )


def films_folder(tmp_path) -> pathlib.Path:
    root = tmp_path / "videos"
    for name in ("run/a.mp4", "run/b.avi", "walk/c.webm", "walk/d.mov"):
        films.write(root / name)
    return root


def test_a_folder_of_videos_is_told_and_shown(tmp_path, capsys):
    root = films_folder(tmp_path)
    (root / "captions.csv").write_text(
        "a,man runs\nb,dog runs\nc,man walks\nd,cat goes"
    )
    assert run(tmp_path, "folder", f'FOLDER_ROOT = "{root}"') == 0
    text = capsys.readouterr().out
    assert f"videos read from {root} at 36x48 (" in text
    assert "classes: 2: run walk" in text
    assert "vocabulary: 10: left right" in text and "  caption: " in text
    assert "folder/train: 2 clips, 2 checked" in text
    assert "size 36x48x3, 10..10 frames (0.4..0.4 s), pixels" in text
    assert "clips of each class: " in text and "PROBLEM" not in text
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [
        f"folder-{split}.{ending}"
        for split in ("test", "train", "validation")
        for ending in ("mp4", "png")
    ]
    sheet = np.asarray(Image.open(tmp_path / "out" / "folder-train.png"))
    assert sheet.shape == (2 * 36, 8 * 48, 3)
    with av.open(str(tmp_path / "out" / "folder-train.mp4")) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert container.streams.video[0].frames == 10


def test_what_was_left_out_is_listed(tmp_path, capsys):
    root = films_folder(tmp_path)
    (root / "run" / "a.mp4").write_bytes(b"")
    films.write(root / "walk" / "short.avi", films.ramp(2))
    bindings = (f'FOLDER_ROOT = "{root}"', "folder.Folder.max_damaged = 0.5")
    assert run(tmp_path, "folder", *bindings) == 0
    text = capsys.readouterr().out
    assert f"left out: {root / 'run' / 'a.mp4'} is empty (0 bytes)" in text
    assert "left out: walk/short.avi has 2 frames, not 3." in text


def test_flow_is_examined(tmp_path, capsys):
    root = davis_tree.write(tmp_path / "DAVIS")
    assert run(tmp_path, "davis", f'DAVIS_ROOT = "{root}"') == 0
    text = capsys.readouterr().out
    assert "davis/train: 2 clips, 2 checked" in text and "(u, v)" in text


def test_problems_are_exit_code_1(tmp_path, capsys):
    root = davis_tree.write(tmp_path / "DAVIS")
    for path in root.glob("Annotations/480p/*/00000.png"):
        Image.fromarray(np.zeros((36, 48), np.uint8)).save(path)
    assert run(tmp_path, "davis", f'DAVIS_ROOT = "{root}"') == 1
    assert "PROBLEM: clip 0: the first mask is empty" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "binding", "complaint"),
    [
        ("folder", 'FOLDER_ROOT = "gone"', "The folder gone does not exist"),
        ("strips", 'STRIPS_ROOT = "gone"', "The folder gone does not exist"),
        ("strips", "STEPS = 3", "must be given"),
    ],
)
def test_faults_are_one_line_and_exit_code_2(
    tmp_path, capsys, name, binding, complaint
):
    assert run(tmp_path, name, binding) == 2
    lines = capsys.readouterr().err.splitlines()
    assert complaint in lines[-1] and lines[-1].startswith("error: ")
    assert not (tmp_path / "out").exists()


def test_a_gin_file_is_needed_and_must_name_a_source(tmp_path, capsys):
    assert check_data.main([]) == 2
    assert "--gin_file is missing" in capsys.readouterr().err
    assert check_data.main(["--gin_file=gin/smoke.gin"]) == 2
    assert "name no data set" in capsys.readouterr().err


@pytest.mark.parametrize("number", [0, -1])
def test_a_number_of_clips_below_one_is_refused(number, capsys):
    flags = ["--gin_file=gin/data/sprites.gin", f"--max_clips={number}"]
    assert check_data.main(flags) == 2
    assert f"`--max_clips` ({number}) must be" in capsys.readouterr().err


@pytest.mark.parametrize("out", ["file", "file/below", "gs://bucket/out"])
def test_a_place_that_is_no_folder_is_refused_before_work(
    out, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert check_data.main(["--gin_file=gin/data/sprites.gin", f"--output={out}"]) == 2
    seen = capsys.readouterr()
    assert seen.err.splitlines()[-1].startswith(f"error: --output {out}")
    assert seen.out == ""


def test_caches_are_listed_and_cleared(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TFVIDEOGAN_CACHE", str(tmp_path))
    test_records.open_(tmp_path)
    assert check_data.main(["--caches"]) == 0
    assert "5 clips" in capsys.readouterr().out
    assert check_data.main(["--clear_caches=toy"]) == 0
    assert "removed" in capsys.readouterr().out and not list(tmp_path.iterdir())
    assert check_data.main(["--caches"]) == 0
    assert "0 caches, 0.0 MB" in capsys.readouterr().out


def test_what_is_not_read_is_a_line(tmp_path, capsys):
    for name in ("run/a.mp4", "run/b.mp4", "walk/c.mp4"):
        films.write(tmp_path / "v" / name)
    (tmp_path / "v" / "notes.zip").touch()
    assert run(tmp_path, "folder", f'FOLDER_ROOT = "{tmp_path / "v"}"') == 0
    text = capsys.readouterr().out
    assert "note: 1 files of kinds that are not read: notes.zip" in text
    assert "1 validation and 1 test clips" in text
