import os

import pytest

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
