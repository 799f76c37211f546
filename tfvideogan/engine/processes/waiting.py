"""Waiting that says what for, and that a signal can end.

    with waiting.said("the other workers"):
        strategy = tf.distribute.MultiWorkerMirroredStrategy(resolver)

    beside = waiting.Beside(lambda: next(iterator))
    block = beside.result(gives_up=lambda seconds: stop.is_asked)

TensorFlow waits in C++, where Python sees no signal; what may wait for ever therefore
works in a thread beside the main one.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from absl import logging

# Seconds until the first line; each further one comes after twice the time, at most this.
FIRST, LONGEST = 10.0, 120.0
LOOK = 0.2  # seconds between two looks at whether to go on waiting
PATIENCE = 2.0  # seconds for a thread to end


class Lines:
    """Lines about a wait, ever rarer."""

    def __init__(self, what: str) -> None:
        """Starts the clock.

        Args:
          what: is waited for.
        """
        self._what = what
        self._start = time.monotonic()
        self._next = FIRST

    def look(self) -> float:
        """Logs a line where one is due; returns the seconds waited so far."""
        seconds = time.monotonic() - self._start
        if seconds >= self._next:
            logging.warning("Waiting for %s (%.0f s).", self._what, seconds)
            self._next += min(self._next, LONGEST)
        return seconds


@contextlib.contextmanager
def said(what: str) -> Iterator[None]:
    """Logs a line now and then while the block waits.

    Args:
      what: is waited for, such as "the other workers".
    """
    is_over = threading.Event()

    def watch() -> None:
        lines = Lines(what)
        while not is_over.wait(LOOK):
            lines.look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


class Beside:
    """Calls a function again and again in a thread of its own, one call at a time."""

    def __init__(self, work: Callable[[], Any], what: str) -> None:
        """Starts the thread; it ends with the process.

        Args:
          work: the function.
          what: it waits for, for the lines.
        """
        self._work = work
        self._what = what
        self._asked: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._made: queue.SimpleQueue[tuple[Any, BaseException | None]]
        self._made = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def result(self, gives_up: Callable[[float], bool]) -> Any:
        """Calls the function and returns its result, or None when it gave up waiting.

        Args:
          gives_up: asked now and then, with the seconds waited so far.
        """
        self._asked.put(True)
        lines = Lines(self._what)
        while True:
            try:
                result, error = self._made.get(timeout=LOOK)
            except queue.Empty:
                if gives_up(lines.look()):
                    return None
                continue
            if error is not None:
                raise error
            return result

    def close(self) -> None:
        """Lets the thread end when its call does, and waits for that a moment.

        What the function holds, such as an iterator, must not be freed by a thread that
        Python ends on its way out: the process would abort in C++.
        """
        self._asked.put(False)
        self._thread.join(timeout=PATIENCE)

    def _serve(self) -> None:
        while self._asked.get():
            try:
                self._made.put((self._work(), None))
            except BaseException as error:
                self._made.put((None, error))
