"""Signals that end a process, and how it leaves.

Nothing of this needs TensorFlow, whose import takes some of the seconds in which a
scheduler waits between SIGTERM and SIGKILL:

    if __name__ == "__main__":
        leaving.leave_by_signals()      # before TensorFlow is imported
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator

NAMES = ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU")
# Those that this system has.
SIGNALS = tuple(getattr(signal, one) for one in NAMES if hasattr(signal, one))
STOPPED, ABORTED = 75, 130  # exit codes
SAFE = "what the last checkpoint holds is safe"


def handled() -> list[signal.Signals]:
    """Returns the signals that may be handled; nohup, for one, ignores SIGHUP."""
    return [one for one in SIGNALS if signal.getsignal(one) != signal.SIG_IGN]


def leave_by_signals() -> None:
    """Makes signals end the process, as long as there is nothing to save."""
    for number in handled():
        signal.signal(number, lambda number, frame: leave(number))


@contextlib.contextmanager
def by_the_system() -> Iterator[None]:
    """Lets signals end the process at once, where C++ code keeps Python from running."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.signal(one, signal.SIG_DFL) for one in handled()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave(number: int) -> None:
    """Ends the process at once, from whatever thread, after a signal."""
    is_abort = number == signal.SIGINT
    name = signal.Signals(number).name
    sys.stderr.write(f"{'aborted' if is_abort else f'stopped by {name}'}; {SAFE}\n")
    sys.stderr.flush()
    os._exit(ABORTED if is_abort else STOPPED)
