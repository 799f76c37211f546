"""A lock is held by one process and ends with it."""

import os
import pathlib
import socket
import subprocess
import sys

import pytest

from tfvideogan.core import locks


def test_a_lock_is_held_once_and_names_its_holder(tmp_path: pathlib.Path) -> None:
    path = tmp_path / ".lock"
    assert locks.holder(path) is None
    me = f"process {os.getpid()} on {socket.gethostname()}"
    with locks.held(path):
        assert locks.holder(path) == me
        with pytest.raises(locks.HeldError, match=me), locks.held(path):
            pass
        assert locks.holder(path) == me
    assert locks.holder(path) is None
    with locks.held(path):
        pass


def test_a_lock_ends_with_a_process_that_is_killed(tmp_path: pathlib.Path) -> None:
    path = tmp_path / ".lock"
    code = (
        "import os, pathlib, signal; from tfvideogan.core import locks\n"
        f"with locks.held(pathlib.Path({str(path)!r})):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code])
    assert killed.returncode == -9 and path.read_text().startswith("process ")
    assert locks.holder(path) is None


def test_without_locks_everybody_gets_them(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "fcntl", None)
    with locks.held(tmp_path / ".lock"), locks.held(tmp_path / ".lock"):
        pass
