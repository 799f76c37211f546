"""Version folders that a server sees whole or not at all.

    saved_models/foregan/
      .unfinished-2-4711/      being written; a server ignores what is no number
      1/                       published: the folder got its number by one rename

    base = publishing.base_folder("saved_models", "foregan")
    with publishing.unfinished(base, version) as folder:
        ...                                       # write into folder, check it
        publishing.publish(folder, base, version)

A process that is killed leaves an unfinished folder, which the next export removes: the
folder is locked as long as its process lives.
"""

import contextlib
import fcntl
import os
import pathlib
import re
import shutil
from collections.abc import Iterator

from tfvideogan.core import durable, errors

AUTO = "auto"
# The file by which a version folder is known.
GRAPH = "saved_model.pb"
_UNFINISHED = ".unfinished-"
# A name stands in paths, URLs (/v1/models/<name>) and configurations.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
MAX_VERSION = 2**63 - 1


def base_folder(export_dir: str | os.PathLike, name: str) -> pathlib.Path:
    """Returns <export_dir>/<name>; touches nothing.

    Raises:
      UserError: the name cannot stand in a path and a URL, or a file is in the way.
    """
    if not _NAME.fullmatch(name):
        raise errors.UserError(
            f"--name {name!r} must consist of letters, digits, '_', '-' and '.', and "
            "begin with a letter or digit."
        )
    folder = pathlib.Path(export_dir)
    for one in (folder, folder / name):
        if one.exists() and not one.is_dir():
            raise errors.UserError(f"{one} is a file; choose another --export_dir.")
    return folder / name


def versions(base: pathlib.Path) -> list[int]:
    """Returns the published versions, ascending; none when there is no folder."""
    if not base.is_dir():
        return []
    return sorted(
        int(one.name) for one in base.iterdir() if one.is_dir() and _is_number(one.name)
    )


def newest(folder: pathlib.Path) -> pathlib.Path:
    """Returns the folder of a model's newest version, or the folder itself if it has none.

    Raises:
      UserError: there is no such folder.
    """
    if not folder.is_dir():
        raise errors.UserError(f"--show {folder}: there is no such folder.")
    found = versions(folder)
    return folder / str(found[-1]) if found else folder


def choose_version(base: pathlib.Path, wanted: str = AUTO) -> int:
    """Returns the version to write: the one that is wanted, or the next.

    Raises:
      UserError: it exists, or is no whole number from 1.
    """
    found = versions(base)
    if wanted == AUTO:
        return max(found, default=0) + 1
    if not _is_number(wanted) or not 1 <= int(wanted) <= MAX_VERSION:
        raise errors.UserError(
            f'--version ({wanted}) must be a whole number from 1, or "{AUTO}".'
        )
    if int(wanted) in found:
        raise errors.UserError(
            f"{base / str(int(wanted))} exists already, and servers may be reading it; "
            f"leave --version out for {max(found) + 1}."
        )
    return int(wanted)


@contextlib.contextmanager
def unfinished(base: pathlib.Path, version: int) -> Iterator[pathlib.Path]:
    """Makes a folder to write a version into; what is left of it goes at the end.

    Args:
      base: of the model; made when it does not exist.
      version: to be written.

    Raises:
      UserError: the folder cannot be made.
    """
    folder = base / f"{_UNFINISHED}{version}-{os.getpid()}"
    try:
        base.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(base)
        folder.mkdir()
    except OSError as error:
        raise errors.UserError(
            f"{folder} cannot be made ({error.strerror}); choose another --export_dir."
        ) from error
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def publish(folder: pathlib.Path, base: pathlib.Path, version: int) -> pathlib.Path:
    """Forces a folder to the disk and gives it its number.

    Raises:
      UserError: another process has published this version meanwhile.
    """
    final = base / str(version)
    for path in [*folder.rglob("*"), folder]:
        durable.sync(path)
    # A rename would replace an empty folder without a word.
    if version in versions(base):
        raise errors.UserError(f"{final} was published meanwhile; export again.")
    folder.rename(final)
    durable.sync(base)
    return final


def _remove_leftovers(base: pathlib.Path) -> None:
    for folder in base.glob(f"{_UNFINISHED}*"):
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue  # Its process lives.
        else:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit()
