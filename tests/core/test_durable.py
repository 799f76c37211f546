import errno
import os

import pytest
import tensorflow as tf

from tfvideogan.core import durable


@pytest.mark.parametrize("name", ["file", "folder"])
def test_what_is_synced_is_that_path_and_it_is_closed_again(
    tmp_path, monkeypatch, name
) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    synced = []
    monkeypatch.setattr(os, "fsync", lambda one: synced.append((one, os.fstat(one))))
    durable.sync(tmp_path / name)
    [(descriptor, found)] = synced
    assert found.st_ino == (tmp_path / name).stat().st_ino
    with pytest.raises(OSError):
        os.fstat(descriptor)


def test_what_is_not_there_cannot_be_synced(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        durable.sync(tmp_path / "absent")


def test_a_replaced_file_appears_whole(tmp_path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with durable.replacing(path) as file:
        file.write(b"new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_file_whose_writing_fails_stays_as_it_was(tmp_path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), durable.replacing(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        tf.errors.ResourceExhaustedError(None, None, "a/b; No space left on device"),
    ],
)
def test_a_full_disk_is_known_by_any_error(error) -> None:
    assert durable.is_disk_full(error)
    assert durable.reason(error) == "the disk is full; free some space"


@pytest.mark.parametrize(
    "error, reason",
    [
        (OSError(errno.EACCES, "Permission denied", "a"), "Permission denied"),
        (tf.errors.ResourceExhaustedError(None, None, "OOM\n on CPU."), "OOM on CPU"),
        (ValueError(), "ValueError"),
        (ValueError("{{function_node a:0}} b is no file [Op:C] name:"), "b is no file"),
    ],
)
def test_other_errors_are_told_in_their_words(error, reason: str) -> None:
    assert not durable.is_disk_full(error)
    assert durable.reason(error) == reason
