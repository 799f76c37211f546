"""Folders are refused before work begins, and nothing is left of the question."""

import errno
import pathlib

import pytest

from tfvideogan.core import errors, places


@pytest.mark.parametrize("text", ["gs://bucket/x", "s3://b", "hdfs://h:1/x", "file:/x"])
def test_addresses_are_refused(text: str) -> None:
    with pytest.raises(errors.UserError, match=f"--workdir {text} is an address"):
        places.local(text, "--workdir")


@pytest.mark.parametrize("text", ["a\udcff", "a\nb", "a\0b"])
def test_names_that_are_no_text_are_refused(text: str) -> None:
    with pytest.raises(errors.UserError, match="control characters or is not UTF-8"):
        places.local(text, "--out")


def test_home_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert places.local("~/x", "--workdir") == pathlib.Path("/home/me/x")
    with pytest.raises(errors.UserError, match="no home folder"):
        places.local("~no-user-of-this-name/x", "--workdir")


def test_what_can_be_made_passes_and_leaves_no_trace(tmp_path: pathlib.Path) -> None:
    places.check_writable(tmp_path / "a" / "é" / "b", "--workdir")
    places.check_writable(tmp_path, "--workdir")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a[1]", "a*", "a?", "a\\b"])
def test_patterns_are_refused_where_tensorflow_writes(
    name: str, tmp_path: pathlib.Path
) -> None:
    places.check_writable(tmp_path / name, "--out")
    with pytest.raises(errors.UserError, match="for a pattern"):
        places.check_writable(tmp_path / name / "b", "--workdir", is_pattern_safe=True)


@pytest.mark.parametrize(
    "below, reason",
    [
        ("file", "is not a folder"),
        ("file/a/b", "is not a folder"),
        ("dangling", "is not a folder"),
        ("loop/a", "."),
        ("n" * 300, "a name is longer than"),
        ("/".join(["n" * 100] * 50), "the path is longer than"),
    ],
)
def test_what_cannot_be_a_folder_is_refused(
    below: str, reason: str, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(
        errors.UserError, match=f"--out .* cannot be written: .*{reason}"
    ):
        places.check_writable(tmp_path / below, "--out")


def test_a_read_only_place_is_refused(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**options: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(places.tempfile, "TemporaryDirectory", refuse)
    with pytest.raises(errors.UserError, match="Read-only file system"):
        places.check_writable(tmp_path, "--out")
