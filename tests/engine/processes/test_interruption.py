"""Signals ask; the second Ctrl-C insists."""

import os
import signal
import threading

import pytest
import tensorflow as tf

from tfvideogan.engine.processes import interruption


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_asks_and_kills_nothing(number: signal.Signals) -> None:
    with interruption.listening() as stop:
        assert not stop.is_asked
        os.kill(os.getpid(), number)
        assert stop.is_asked and stop.signal_name == number.name


def test_second_ctrl_c_aborts() -> None:
    with interruption.listening() as stop, pytest.raises(KeyboardInterrupt):
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
    request.signal_name = "SIGTERM"
    assert request.is_asked_anywhere(strategy)
