"""Folders that a user names: on this machine, and fit to be used, before work begins.

path = places.local("~/runs/a", "--workdir")        # ~ becomes the home folder
places.check_writable(path, "--workdir")            # leaves no trace
"""

import os
import pathlib
import re
import tempfile

from tfvideogan.core import durable, errors

_ADDRESS = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:/")
# TensorFlow takes names of checkpoints and exports for patterns.
PATTERN = "*?[]\\"
# What is written below a folder needs some characters more, such as
# checkpoints/.writing-old-step_00000000/weights.data-00000-of-00001.
RESERVE = 120
_MAX_PATH, _MAX_NAME = 4096, 255  # where the system does not tell


def local(text: str | os.PathLike, name: str) -> pathlib.Path:
    """Returns a path of this machine.

    Args:
      text: as given.
      name: of the flag or argument, for messages.

    Raises:
      UserError: it is an address (gs://...), no text of UTF-8, or there is no home folder.
    """
    text = os.fspath(text)
    if _ADDRESS.match(text):
        raise errors.UserError(
            f"{name} {text} is an address, not a folder of this machine; mount it, or "
            "give a folder and copy it afterwards."
        )
    if any(character < " " or "\ud800" <= character <= "\udfff" for character in text):
        raise errors.UserError(
            f"{name} {ascii(text)} has control characters or is not UTF-8; rename it."
        )
    try:
        return pathlib.Path(text).expanduser()
    except RuntimeError as error:
        raise errors.UserError(
            f"{name} {text}: there is no home folder ($HOME is not set); give a path "
            "without ~."
        ) from error


def check_writable(
    path: pathlib.Path, name: str, *, is_pattern_safe: bool = False
) -> None:
    """Checks that a folder can be made and written, or is there and can be written.

    Args:
      path: of the folder.
      name: of the flag or argument, for messages.
      is_pattern_safe: whether TensorFlow writes checkpoints or exports there.

    Raises:
      UserError: it cannot.
    """
    text = str(path)
    bad = [one for one in PATTERN if one in str(path.absolute())]
    if is_pattern_safe and bad:
        raise errors.UserError(
            f"{name} {text}: TensorFlow takes {' '.join(bad)} for a pattern and could "
            "not save there; choose a path without."
        )
    try:
        _try(path)
    except OSError as error:
        raise errors.UserError(
            f"{name} {text} cannot be written: {durable.reason(error)}."
        ) from error


def _try(path: pathlib.Path) -> None:
    """Raises OSError when a folder cannot be written or made."""
    absolute = path.absolute()
    missing = []
    existing = absolute
    while not os.path.lexists(existing):
        missing.append(existing.name)
        existing = existing.parent
    if not existing.is_dir():
        raise NotADirectoryError(f"{existing} is not a folder")
    limits = _limits(existing)
    if any(len(os.fsencode(one)) > limits[0] for one in missing):
        raise OSError(f"a name is longer than {limits[0]} bytes")
    if len(os.fsencode(absolute)) + RESERVE > limits[1]:
        raise OSError(f"the path is longer than {limits[1] - RESERVE} bytes")
    with tempfile.TemporaryDirectory(prefix=".try-", dir=existing):
        pass


def _limits(folder: pathlib.Path) -> tuple[int, int]:
    """Returns the longest name and path, in bytes."""
    try:
        name = os.pathconf(folder, "PC_NAME_MAX")
        return name, min(os.pathconf(folder, "PC_PATH_MAX"), _MAX_PATH)
    except (AttributeError, OSError, ValueError):
        return _MAX_NAME, _MAX_PATH
