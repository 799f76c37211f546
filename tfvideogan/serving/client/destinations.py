"""Where answers go, checked before anything is computed.

destinations.check(["out.mp4", "out_mask.mp4"], inputs=["clip.mp4", "mask.png"])
"""

import os
import pathlib
import tempfile
from collections.abc import Iterable, Sequence

from tfvideogan.core import errors
from tfvideogan.media import image_sequences, writer


def check(paths: Iterable[str | pathlib.Path], *, inputs: Iterable[str]) -> None:
    """Checks that every file or folder can be written and holds nothing else then.

    Args:
      paths: to be written; a path without an ending is a folder of pictures.
      inputs: files and folders that are read.

    Raises:
      UserError: the ending is unknown, the place cannot be written or is one of the
        inputs, or a folder is not empty.
    """
    read = [pathlib.Path(one) for one in inputs]
    for path in map(pathlib.Path, paths):
        writer.check_ending(path)
        try:
            _check_input(path, [one for one in read if os.path.exists(one)])
            _check_kind(path)
            _check_writable(path)
        except OSError as error:
            raise errors.UserError(
                f"{path} cannot be written: {error.strerror}."
            ) from error


def _check_input(path: pathlib.Path, read: Sequence[pathlib.Path]) -> None:
    """Refuses to write over what is read, or a picture into a folder of pictures."""
    is_picture = path.suffix.lower() in image_sequences.ENDINGS
    for one in read:
        is_same = path.exists() and os.path.samefile(one, path)
        is_inside = (
            is_picture and one.is_dir() and one.resolve() == path.resolve().parent
        )
        if is_same or is_inside:
            raise errors.UserError(
                f"{path} would change what is read, {one}; choose another place."
            )


def _check_kind(path: pathlib.Path) -> None:
    """Refuses folders for files, files for folders, and folders that hold something.

    Pictures of an older, longer answer would be taken for the end of this one.
    """
    if path.suffix and path.is_dir():
        raise errors.UserError(f"{path} is a folder, not a file.")
    if path.suffix or not path.exists():
        return
    if not path.is_dir():
        raise errors.UserError(
            f"{path} is a file; without an ending, a folder is written."
        )
    held = sorted(one.name for one in path.iterdir())
    if held:
        raise errors.UserError(
            f"{path} is a folder that holds {held[0]}"
            f"{' and more' if len(held) > 1 else ''}; choose a new or an empty one."
        )


def _check_writable(path: pathlib.Path) -> None:
    """Makes a file, for a moment, in the folder where the answer begins."""
    folder = path.parent if path.suffix else path
    while not folder.exists():
        folder = folder.parent
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{path.name}-"):
        pass
