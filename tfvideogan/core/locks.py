"""Locks on folders that end with the process that holds them, however it ends.

    with locks.held(folder / ".lock"):
        ...

The system keeps the lock (`flock`), the file says who holds it. On a file system without
such locks everybody gets them.
"""

import contextlib
import os
import pathlib
import socket
from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # Windows has no such locks.
    fcntl = None


class HeldError(Exception):
    """Signals that another process holds a lock; the message says which."""


@contextlib.contextmanager
def held(path: pathlib.Path) -> Iterator[None]:
    """Holds a lock for the duration of the context.

    Args:
      path: of the file, in a folder that exists; the file stays.

    Raises:
      HeldError: another process holds it.
      OSError: the file cannot be written.
    """
    with path.open("a+") as file:
        if not _lock(file.fileno()):
            file.seek(0)
            raise HeldError(file.read().strip() or "another process")
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def holder(path: pathlib.Path) -> str | None:
    """Returns who holds a lock, None when it is free."""
    try:
        with path.open("r+") as file:
            if _lock(file.fileno()):
                return None
            return file.read().strip() or "another process"
    except OSError:
        return None


def _lock(descriptor: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # A file system without locks.
        return True
    return True
