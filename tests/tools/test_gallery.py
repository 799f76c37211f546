"""The gallery is up to date, and knows every family."""

import pathlib

import gallery
import pytest
from gallery_table import clips, documents, entries
from PIL import Image

from tests import source_tree
from tfvideogan.media import reader

MODELS = source_tree.ROOT / "tfvideogan" / "models"
MOST_BYTES = 2_000_000


@pytest.fixture
def document(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Another place for the document and its pictures."""
    path = tmp_path / "docs" / "gallery.md"
    path.parent.mkdir()
    monkeypatch.setattr(gallery, "DOCUMENT", path)
    return path


def test_the_document_is_what_the_tool_writes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert gallery.main(["--check"]) == 0, capsys.readouterr().out


def test_pictures_are_small_and_each_is_of_an_entry() -> None:
    pictures = list(gallery.DOCUMENT.with_suffix("").iterdir())
    assert {one.name for one in pictures} <= {one.picture for one in entries.ENTRIES}
    sizes = [one.stat().st_size for one in pictures]
    assert max(sizes) <= gallery.MOST_BYTES and sum(sizes) <= MOST_BYTES


def test_every_family_with_a_configuration_has_an_entry() -> None:
    families = {
        path.parent.relative_to(MODELS).as_posix() for path in MODELS.glob("*/model.py")
    }
    configured = {
        one
        for one in families
        if (source_tree.ROOT / "gin" / f"{one}.gin").is_file()
        or (source_tree.ROOT / "gin" / one).is_dir()
    }
    assert "foregan" in configured
    missing = configured - {one.family.split("/")[0] for one in entries.ENTRIES}
    assert not missing, "add them to ENTRIES in tools/gallery_table/entries.py"
    # The recommended form of each, and forms with a file and a task of their own.
    trained = {path for one in entries.ENTRIES for path in one.gin_files}
    assert trained >= {f"gin/{one}.gin" for one in configured}
    assert "gin/mocogan/prediction.gin" in trained


def test_entries_name_what_there_is() -> None:
    for entry in entries.ENTRIES:
        assert (MODELS / entry.family).is_dir()
        assert all((source_tree.ROOT / one).is_file() for one in entry.gin_files)
        assert ("{input}" in entry.asks) == bool(entry.inputs)
    names = [one.name for one in entries.ENTRIES]
    assert len(names) == len(set(names))


def test_an_export_is_drawn_and_missing_ones_are_listed(
    document: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips, "SHAPES", (0, 1))
    assert gallery.main(["--only=videoclassifier"]) == 0
    # Two rows of 64 with a gap of 2 below each.
    with Image.open(document.with_suffix("") / "videoclassifier.png") as picture:
        assert picture.height == 2 * 66
    shown, _, missing = document.read_text().partition(documents.MISSING)
    assert "--model=saved_models/videoclassifier --input=" in shown
    for entry in entries.ENTRIES:
        is_there = (gallery.EXPORTS / entry.name).is_dir()
        assert (f"gallery/{entry.picture}" in shown) is is_there
        assert (f"--only={entry.name}\n" in missing) is not is_there


def test_what_a_command_reads_is_written(
    tmp_path: pathlib.Path, document: pathlib.Path
) -> None:
    assert gallery.main(["--only=foregan", f"--inputs={tmp_path}"]) == 0
    frames, _ = reader.read_video(tmp_path / "foregan.mp4")
    assert frames.shape == (clips.LONG, 64, 64, 3)
    with Image.open(tmp_path / "foregan_mask.png") as mask:
        assert mask.size == (64, 64) and mask.getextrema() == (0, 255)
    assert not document.exists()


def test_a_picture_that_is_too_large_is_refused(
    document: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(clips, "SHAPES", (0,))
    monkeypatch.setattr(gallery, "MOST_BYTES", 100)
    assert gallery.main(["--only=videoclassifier"]) == 2
    assert "draw fewer clips or moments" in capsys.readouterr().err


def test_an_unknown_name_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert gallery.main(["--only=stylegan"]) == 2
    assert "stylegan is no entry with an export; there are foregan" in (
        capsys.readouterr().err
    )
