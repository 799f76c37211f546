"""Freed memory is kept for the next request, and given back after a large one.

A clip is megabytes, and glibc hands each of them back to the system when it is freed, to
ask for it again, zeroed page by page, with the next request. With eight clients on two
cores that was a third of all work: 190 requests of 1 MB a second, and 295 without it.
What one request of hundreds of megabytes has left is not worth keeping.
"""

import ctypes
import threading
import time

# Of glibc's malloc.h: bytes that are free at the end before they are handed back, and
# bytes of a block that is a mapping of its own; 32 MB is the most that glibc takes.
_SETTINGS = {-1: 2**30, -3: 2**25}
# A request or an answer of so many bytes is large.
LARGE = 2**26
# How long after a large one its memory is given back, seconds: it is still in use when
# its answer is on the way.
DELAY = 1.0


def keep_freed() -> bool:
    """Asks the C library to keep what is freed; says whether it knows how (glibc)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    done = [mallopt(number, size) for number, size in _SETTINGS.items()]
    return all(done)


def give_back() -> bool:
    """Hands freed memory back to the system; says whether the C library knows how."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:
        return False
    trim(0)
    return True


class Returner:
    """Gives memory back after large requests, in a thread that starts with the first."""

    def __init__(self) -> None:
        """Starts without a thread."""
        self._is_due = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def note(self, size: int) -> None:
        """Notes a request or an answer of so many bytes."""
        if size < LARGE:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()
        self._is_due.set()

    def _work(self) -> None:
        while True:
            self._is_due.wait()
            time.sleep(DELAY)
            self._is_due.clear()
            give_back()
