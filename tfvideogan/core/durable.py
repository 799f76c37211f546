"""What must be on the disk before the next step is taken."""

import os
import pathlib


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
