"""A version is whole or not there, also when its writer is killed."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from tests import source_tree
from tfvideogan.core import errors
from tfvideogan.serving.export import publishing

# Locks an unfinished folder, says so, and waits to be killed.
WRITER = """
import pathlib, sys, time
from tfvideogan.serving.export import publishing
with publishing.unfinished(pathlib.Path(sys.argv[1]), 3) as folder:
    (folder / "saved_model.pb").write_bytes(b"half")
    print("writing", flush=True)
    time.sleep(600)
"""


def names(base: pathlib.Path) -> list[str]:
    return sorted(one.name for one in base.iterdir())


def publish(base: pathlib.Path, version: int) -> pathlib.Path:
    with publishing.unfinished(base, version) as folder:
        (folder / "variables").mkdir()
        (folder / "variables" / "index").write_text("whole")
        return publishing.publish(folder, base, version)


def start_writer(base: pathlib.Path) -> subprocess.Popen:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(base)],
        cwd=source_tree.ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout.readline() == "writing\n"
    return writer


def test_a_version_appears_with_all_its_files(tmp_path):
    base = tmp_path / "models" / "m"
    final = publish(base, 2)
    assert final == base / "2" and names(base) == ["2"]
    assert (final / "variables" / "index").read_text() == "whole"


def test_a_version_can_be_read_by_others_as_the_umask_allows(tmp_path):
    mask = os.umask(0o022)
    try:
        assert publish(tmp_path, 1).stat().st_mode & 0o777 == 0o755
    finally:
        os.umask(mask)


def test_what_fails_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), publishing.unfinished(tmp_path, 1) as folder:
        (folder / "file").touch()
        raise RuntimeError
    assert names(tmp_path) == []


@pytest.mark.slow
def test_a_killed_writer_leaves_no_version_and_the_next_one_cleans_up(tmp_path):
    writer = start_writer(tmp_path)
    try:
        [left] = names(tmp_path)
        assert left.startswith(".") and publishing.versions(tmp_path) == []
        # As long as the writer lives, its folder is not taken away.
        publish(tmp_path, 1)
        assert names(tmp_path) == [left, "1"]
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
    assert publishing.versions(tmp_path) == [1]
    publish(tmp_path, 2)
    assert names(tmp_path) == ["1", "2"]


def test_versions_are_the_folders_with_a_number(tmp_path):
    for name in ("1", "00000012", "3x", ".unfinished-4-1", "-5", "²"):
        (tmp_path / name).mkdir()
    (tmp_path / "7").touch()
    assert publishing.versions(tmp_path) == [1, 12]
    assert publishing.versions(tmp_path / "absent") == []


def test_the_next_version_follows_the_greatest(tmp_path):
    assert publishing.choose_version(tmp_path) == 1
    (tmp_path / "00000012").mkdir()
    assert publishing.choose_version(tmp_path) == 13
    assert publishing.choose_version(tmp_path, "4") == 4


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("12", "exists already, and servers may be reading it; .* for 13"),
        ("0", "must be a whole number from 1"),
        ("-1", "must be a whole number from 1"),
        ("1.5", "must be a whole number from 1"),
        ("../3", "must be a whole number from 1"),
        ("9" * 19, "must be a whole number from 1"),
    ],
)
def test_a_version_that_cannot_be_is_refused(tmp_path, wanted, message):
    (tmp_path / "00000012").mkdir()
    with pytest.raises(errors.UserError, match=message):
        publishing.choose_version(tmp_path, wanted)


def test_a_version_published_meanwhile_is_not_replaced(tmp_path):
    with (
        pytest.raises(errors.UserError, match="was published meanwhile"),
        publishing.unfinished(tmp_path, 1) as folder,
    ):
        (tmp_path / "1").mkdir()
        publishing.publish(folder, tmp_path, 1)
    assert names(tmp_path) == ["1"]


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "a b", "a:predict"])
def test_a_name_that_breaks_paths_or_urls_is_refused(name):
    with pytest.raises(errors.UserError, match="must consist of letters"):
        publishing.base_folder("saved_models", name)


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "m").touch()
    with pytest.raises(errors.UserError, match="m is a file"):
        publishing.base_folder(tmp_path, "m")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    base = tmp_path / "file" / "m"
    with (
        pytest.raises(errors.UserError, match="cannot be made .Not a directory."),
        publishing.unfinished(base, 1),
    ):
        pass


def test_the_newest_version_is_the_greatest_number(tmp_path):
    for name in ("9", "10", "x"):
        (tmp_path / name).mkdir()
    assert publishing.newest(tmp_path) == tmp_path / "10"
    assert publishing.newest(tmp_path / "10") == tmp_path / "10"
    with pytest.raises(errors.UserError, match="there is no such folder"):
        publishing.newest(tmp_path / "absent")
