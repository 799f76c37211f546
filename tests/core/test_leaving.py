"""A signal ends a process with an exit code that says how."""

import signal
import subprocess
import sys

import pytest

from tfvideogan.core import leaving

CODE = """
import os, signal, sys
from tfvideogan.core import leaving
# These tests may run under nohup, which ignores it.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
{before}
leaving.leave_by_signals()
os.kill(os.getpid(), getattr(signal, sys.argv[1]))
"""


def end(name: str, before: str = "") -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(before=before), name],
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR1", "SIGHUP"])
def test_a_signal_ends_with_one_line_and_75(name: str) -> None:
    line = f"stopped by {name}; {leaving.SAFE}\n"
    assert end(name) == (leaving.STOPPED, line)


def test_ctrl_c_aborts() -> None:
    assert end("SIGINT") == (leaving.ABORTED, f"aborted; {leaving.SAFE}\n")


def test_the_system_ends_what_python_cannot() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with leaving.by_the_system():
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) == before


def test_what_is_ignored_stays_so() -> None:
    ignored = "signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    assert end("SIGHUP", ignored) == (0, "")
    assert signal.SIGTERM in leaving.handled()
