"""Signals ask; the second Ctrl-C insists."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import tensorflow as tf

from tfvideogan.engine.config import search_path
from tfvideogan.engine.processes import interruption


@pytest.fixture(autouse=True)
def in_the_foreground() -> Iterator[None]:
    """These tests may run under nohup, which ignores SIGHUP, and behind &: SIGINT."""
    usual = {signal.SIGHUP: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, one) for number, one in usual.items()}
    yield
    for number, one in before.items():
        signal.signal(number, one)


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1]
)
def test_signal_asks_and_kills_nothing(number: signal.Signals) -> None:
    with interruption.listening() as stop:
        stop.has_work = True
        assert not stop.is_asked
        os.kill(os.getpid(), number)
        assert stop.is_asked and stop.reason == number.name
        stop.ask("something else")
        assert stop.reason == number.name


def test_signal_ends_what_has_nothing_to_save() -> None:
    with pytest.raises(interruption.Stopped, match="SIGTERM"):
        with interruption.listening() as stop:
            os.kill(os.getpid(), signal.SIGTERM)
    assert not stop.is_asked
    with pytest.raises(interruption.Stopped, match="SIGUSR1"), interruption.ending():
        os.kill(os.getpid(), signal.SIGUSR1)
    with pytest.raises(KeyboardInterrupt), interruption.ending():
        os.kill(os.getpid(), signal.SIGINT)


def test_the_watch_sees_what_the_main_thread_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = []
    monkeypatch.setattr(interruption, "GRACE", 0.05)
    monkeypatch.setattr(interruption.leaving, "leave", left.append)
    read, write = os.pipe()
    os.write(write, bytes([signal.SIGTERM, signal.SIGCHLD, signal.SIGINT]))
    os.close(write)
    seen = interruption._Seen(count=1)
    interruption._watch(read, seen, lambda count: count > 1)
    os.close(read)
    assert left == [
        signal.SIGINT
    ]  # SIGTERM asked, Ctrl-C insists, a child means nothing.


BLOCKED = """
import hashlib, os, signal, threading, time
from tfvideogan.engine.config import search_path
from tfvideogan.engine.processes import interruption
interruption.GRACE = 1.0
with interruption.ending():
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
    hashlib.pbkdf2_hmac("sha256", b"a", b"b", 10**9)  # C code of many minutes
"""


@pytest.mark.long
def test_a_process_that_is_blocked_in_c_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED],
        cwd=search_path.ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 75
    assert done.stderr.splitlines()[-1].startswith("stopped by SIGTERM; ")


def test_an_exception_that_is_lost_ends_the_process_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = threading.Event()
    monkeypatch.setattr(interruption, "UNWINDING", 0.05)
    monkeypatch.setattr(interruption.leaving, "leave", lambda number: left.set())

    class Finalised:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    lost = []
    monkeypatch.setattr(sys, "unraisablehook", lost.append)
    with interruption.ending():
        Finalised()
        assert left.wait(10.0)
    assert lost[0].exc_type is interruption.Stopped


def test_second_ctrl_c_aborts() -> None:
    with interruption.listening() as stop, pytest.raises(KeyboardInterrupt):
        stop.has_work = True
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.is_asked
        os.kill(os.getpid(), signal.SIGINT)


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with interruption.listening():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_other_threads_are_never_asked() -> None:
    seen = []

    def work() -> None:
        with interruption.listening() as stop:
            seen.append(stop.is_asked)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]


def test_one_request_reaches_every_replica(two_devices: list[str]) -> None:
    strategy = tf.distribute.MirroredStrategy(two_devices)
    request = interruption.StopRequest()
    assert not request.is_asked_anywhere(strategy)
    request.ask("SIGTERM")
    assert request.is_asked_anywhere(strategy)
