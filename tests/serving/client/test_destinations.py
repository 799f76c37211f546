"""An answer that could not be written, or would write over something, is refused first."""

import os
import pathlib

import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.media import writer
from tfvideogan.serving.client import destinations


@pytest.fixture(autouse=True)
def here(tmp_path: pathlib.Path, monkeypatch) -> pathlib.Path:
    """A folder with a film, a link to it, a folder of pictures, and an empty one."""
    monkeypatch.chdir(tmp_path)
    pathlib.Path("clip.mp4").write_bytes(b"film")
    os.link("clip.mp4", "again.mp4")
    pathlib.Path("link.mp4").symlink_to("clip.mp4")
    writer.write_video("frames", np.zeros([3, 8, 8, 3], np.uint8), 8)
    pathlib.Path("empty").mkdir()
    pathlib.Path("folder.mp4").mkdir()
    pathlib.Path("plain").write_bytes(b"file")
    return tmp_path


INPUTS = ["clip.mp4", "frames"]


@pytest.mark.parametrize(
    "path",
    ["out.mp4", "new/deep/out.gif", "empty", "new", "empty/out.PNG", "frames/out.mp4"],
)
def test_what_can_be_written_leaves_no_trace(here: pathlib.Path, path: str) -> None:
    before = sorted(here.rglob("*"))
    destinations.check([path], inputs=INPUTS)
    assert sorted(here.rglob("*")) == before


@pytest.mark.parametrize(
    "path, text",
    [
        ("out.mp5", "out.mp5 ends in '.mp5'; a video can be written as .mp4, "),
        ("clip.mp4", "would change what is read, clip.mp4"),
        ("./empty/../clip.mp4", "would change what is read"),
        ("again.mp4", "would change what is read"),
        ("link.mp4", "would change what is read"),
        ("frames", "would change what is read, frames"),
        ("frames/00009.png", "would change what is read, frames"),
        ("folder.mp4", "is a folder, not a file"),
        ("plain", "is a file; without an ending"),
        ("plain/out.mp4", "cannot be written: Not a directory"),
        (f"{'x' * 300}.mp4", "cannot be written: File name too long"),
        (f"{'x' * 250}.mp4", "cannot be written: File name too long"),
        ("/proc/nowhere/out.mp4", "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_one_line(
    here: pathlib.Path, path: str, text: str
) -> None:
    before = sorted(here.rglob("*"))
    with pytest.raises(errors.UserError) as caught:
        destinations.check(["out.mp4", path], inputs=INPUTS)
    assert text in str(caught.value) and "\n" not in str(caught.value)
    assert sorted(here.rglob("*")) == before


def test_a_folder_holds_one_result_only(here: pathlib.Path) -> None:
    with pytest.raises(
        errors.UserError, match="holds 00000.png and more; choose a new"
    ):
        destinations.check(["frames"], inputs=[])


def test_inputs_that_do_not_exist_are_of_no_concern() -> None:
    destinations.check(["out.mp4"], inputs=["nowhere.mp4"])
