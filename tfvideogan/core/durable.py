"""What must be on the disk before the next step is taken."""

import contextlib
import os
import pathlib
from collections.abc import Iterator
from typing import BinaryIO


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
