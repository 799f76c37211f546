"""What must be on the disk before the next step is taken."""

import contextlib
import errno
import os
import pathlib
import re
from collections.abc import Iterator
from typing import BinaryIO

FULL = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))
MAX_LENGTH = 300  # of a reason
# What TensorFlow adds to its messages about its own work.
_NOTES = re.compile(r"\{\{function_node [^}]*\}\}|\[Op:\w+\](?: name:)?")


def sync(path: pathlib.Path) -> None:
    """Forces a file, or the entries of a folder, to the disk.

    Raises:
      OSError: it does not exist or cannot be written.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def replacing(path: pathlib.Path) -> Iterator[BinaryIO]:
    """Opens a file to be written that appears under its name only when it is whole.

    Args:
      path: what is written, in a folder that exists; one that was there stays until then,
        and for good if the block raises.

    Raises:
      OSError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        with draft.open("wb") as file:
            yield file
        sync(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)


def is_disk_full(error: BaseException) -> bool:
    """Says whether an error of Python or TensorFlow is that of a full disk or a quota.

    TensorFlow has one code, RESOURCE_EXHAUSTED, for a full disk and for memory.
    """
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return any(words in str(error) for words in FULL)


def reason(error: BaseException) -> str:
    """Returns what went wrong with a file, in a few words on one line."""
    if is_disk_full(error):
        return "the disk is full; free some space"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    text = _NOTES.sub("", " ".join(text.split()))
    return text[:MAX_LENGTH].strip().rstrip(".")
