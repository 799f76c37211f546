"""A polite end: a signal asks the loop to stop after the step at hand, and to save.

    with interruption.ending():             # nothing to save yet: a signal ends it
        ...
        with interruption.listening() as stop:
            while not stop.is_asked:
                ...

A second Ctrl-C does not ask: it ends the process at once. Schedulers send SIGTERM (SLURM
also SIGUSR1, a terminal that closes SIGHUP) some seconds before SIGKILL, which is enough
for a checkpoint.

Python runs no handler while TensorFlow works in C++, be it for ever: for a worker that
never comes. And an exception that a handler raises while an object is finalised, as
happens when TensorFlow traces, is printed and lost. A thread therefore watches, too, and
ends the process where the main thread does not see a signal that should end it, or goes on
all the same.
"""

import contextlib
import dataclasses
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

import tensorflow as tf
from absl import logging

from tfvideogan.core import leaving
from tfvideogan.engine.processes import agreement

# Seconds that the main thread has to see a signal that should end it.
GRACE = 5.0
# Seconds that it then has to leave what it is doing.
UNWINDING = 15.0
LOOK = 0.05  # seconds between two looks

Handler = Callable[[int, FrameType | None], None]


class Stopped(BaseException):
    """Ends a process by a signal, by its name, when there is nothing to save."""


class StopRequest:
    """Whether somebody asked the training to stop, and why.

    Attributes:
      reason: the name of a signal or what else has happened; empty until then.
      has_work: whether there is anything to save; if not, a signal ends the process.
    """

    def __init__(self) -> None:
        """Starts without a request to stop."""
        self.reason = ""
        self.has_work = False

    @property
    def is_asked(self) -> bool:
        """Whether the training is to stop."""
        return bool(self.reason)

    def is_asked_anywhere(self, strategy: tf.distribute.Strategy) -> bool:
        """Whether any worker of a strategy was asked; all workers must call it.

        A worker that stopped alone would leave the others waiting for its gradients.
        """
        own = tf.constant(float(self.is_asked))
        return float(agreement.summed(strategy, own)) > 0.0

    def ask(self, reason: str) -> None:
        """Asks the training to stop; the first reason counts."""
        self.reason = self.reason or reason

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Handles a signal; the second SIGINT raises KeyboardInterrupt."""
        if self.is_asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        if not self.has_work:
            end(number, frame)
        self.ask(signal.Signals(number).name)
        logging.info(
            "%s: saving after this step; once more Ctrl-C aborts.", self.reason
        )


def end(number: int, frame: FrameType | None) -> None:
    """Handles a signal by ending the process.

    Raises:
      KeyboardInterrupt: it is SIGINT.
      Stopped: it is another one.
    """
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise Stopped(signal.Signals(number).name)


@contextlib.contextmanager
def ending() -> Iterator[None]:
    """Makes signals end the process, with an exit code that says: start it again."""
    with _handled(end, is_final=lambda count: count >= 1):
        yield


@contextlib.contextmanager
def listening() -> Iterator[StopRequest]:
    """Catches the signals for the duration of the context.

    Outside the main thread, where Python allows no handlers, nothing is ever asked.
    """
    request = StopRequest()
    with _handled(
        request.receive, is_final=lambda count: count > 1 or not request.has_work
    ):
        yield request


@contextlib.contextmanager
def _handled(handler: Handler, *, is_final: Callable[[int], bool]) -> Iterator[None]:
    """Installs a handler, and a watch for signals that it does not see.

    Args:
      handler: of Python.
      is_final: says of a number of signals whether the process must end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    seen = _Seen()

    def handle(number: int, frame: FrameType | None) -> None:
        try:
            handler(number, frame)
        except BaseException:
            seen.is_ending = True
            raise
        finally:
            seen.count += 1

    chosen = leaving.handled()
    read, write = os.pipe()
    os.set_blocking(write, False)
    watch = threading.Thread(target=_watch, args=(read, seen, is_final), daemon=True)
    watch.start()
    before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    previous = {one: signal.signal(one, handle) for one in chosen}
    try:
        yield
    finally:
        seen.is_over = True
        for number, old in previous.items():
            signal.signal(number, old)
        signal.set_wakeup_fd(before)
        os.close(write)
        watch.join()
        os.close(read)


@dataclasses.dataclass
class _Seen:
    """What the main thread has seen.

    Attributes:
      count: signals that were handled.
      is_ending: whether a handler has raised an exception.
      is_over: whether the context has been left.
    """

    count: int = 0
    is_ending: bool = False
    is_over: bool = False

    def reaches(self, count: int) -> bool:
        """Waits for a number of signals; says whether it was reached in time."""
        return self._waits_for(lambda: self.count >= count, GRACE)

    def ends(self) -> bool:
        """Waits for the end of the context; says whether it came in time."""
        return self._waits_for(lambda: False, UNWINDING)

    def _waits_for(self, is_there: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not (is_there() or self.is_over):
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK)
        return True


def _watch(read: int, seen: _Seen, is_final: Callable[[int], bool]) -> None:
    """Reads the numbers of signals as they come, until the pipe is closed."""
    count = 0
    while number := os.read(read, 1):
        if number[0] not in leaving.SIGNALS:
            continue
        count += 1
        if is_final(count) and not seen.reaches(count):
            leaving.leave(number[0])
        if seen.is_ending and not seen.ends():
            leaving.leave(number[0])
