"""A polite end: SIGTERM or Ctrl-C asks the loop to stop after the step at hand.

    with interruption.listening() as stop:
        while not stop.is_asked:
            ...

A second Ctrl-C does not ask: it raises KeyboardInterrupt at once. Schedulers send SIGTERM
some seconds before SIGKILL, which is enough for a checkpoint.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

import tensorflow as tf
from absl import logging

from tfvideogan.engine.processes import agreement

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopRequest:
    """Whether somebody asked the process to stop, and by which signal."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self.signal_name = ""

    @property
    def is_asked(self) -> bool:
        """Whether a signal has come."""
        return bool(self.signal_name)

    def is_asked_anywhere(self, strategy: tf.distribute.Strategy) -> bool:
        """Whether any worker of a strategy was asked; all workers must call it.

        A worker that stopped alone would leave the others waiting for its gradients.
        """
        own = tf.constant(float(self.is_asked))
        return float(agreement.summed(strategy, own)) > 0.0

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Handles a signal; the second SIGINT raises KeyboardInterrupt."""
        if self.is_asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal_name = signal.Signals(number).name
        logging.info(
            "%s: saving after this step; once more Ctrl-C aborts.", self.signal_name
        )


@contextlib.contextmanager
def listening() -> Iterator[StopRequest]:
    """Catches the signals for the duration of the context.

    Outside the main thread, where Python allows no handlers, nothing is ever asked.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    previous = {number: signal.signal(number, request.receive) for number in SIGNALS}
    try:
        yield request
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
