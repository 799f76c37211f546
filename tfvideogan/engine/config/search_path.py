"""Where gin files are looked for.

The current folder comes first, then the checkout that holds the package, then the shared
folder of an installation; each as it stands and with its `gin` folder, so that both
`gin/foregan.gin` and `foregan.gin` are found.
"""

import functools
import os
import pathlib
import re
import site
import sys

from tfvideogan.core import errors
from tfvideogan.engine.config import messages

ROOT = pathlib.Path(__file__).resolve().parents[3]
SHARE = os.path.join("share", "tfvideogan")
_INCLUDE = re.compile(r"^\s*include\s+['\"]([^'\"]+)['\"]", re.MULTILINE)


def names(folder: str) -> list[str]:
    """Returns the gin files of a folder, such as gin/protocols, by name without ending.

    All places of the search are looked through.
    """
    places = [pathlib.Path(root or ".", folder) for root in search_folders()]
    return sorted({path.stem for place in places for path in place.glob("*.gin")})


@functools.cache
def search_folders() -> tuple[str, ...]:
    """Returns the folders in the order of the search; "" is the current one."""
    roots = [str(ROOT), os.path.join(sys.prefix, SHARE)]
    if site.USER_BASE:
        roots.append(os.path.join(site.USER_BASE, SHARE))
    found = [folder for root in roots for folder in (root, os.path.join(root, "gin"))]
    return ("", *(folder for folder in found if os.path.isdir(folder)))


def find(path: str) -> str:
    """Returns where a gin file lies.

    Raises:
      UserError: it is nowhere; the message names similar files and the folders searched.
    """
    folders = ("",) if os.path.isabs(path) else search_folders()
    for folder in folders:
        if os.path.isfile(os.path.join(folder, path)):
            return os.path.join(folder, path)
    known = {
        os.path.relpath(found, folder or ".")
        for folder in folders
        for found in pathlib.Path(folder or ".").glob("gin/**/*.gin")
    }
    hint = messages.did_you_mean(path, known) or "."
    raise errors.UserError(
        f"There is no gin file {path!r}{hint} Searched: "
        f"{', '.join(folder or 'the current folder' for folder in folders)}."
    )


def check_readable(path: str, _within: tuple[str, ...] = ()) -> None:
    """Checks a gin file and those that it includes, before gin reads them.

    Args:
      path: as found.

    Raises:
      UserError: one is not UTF-8, or they include each other.
    """
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise errors.UserError(
            f"The gin file {path} cannot be read: {error}; it must be UTF-8."
        ) from error
    if text.startswith("\ufeff") or "\0" in text:
        raise errors.UserError(
            f"The gin file {path} must be UTF-8 without a byte order mark."
        )
    chain = (*_within, os.path.realpath(path))
    for name in _INCLUDE.findall(text):
        places = (os.path.join(folder, name) for folder in search_folders())
        found = next(filter(os.path.isfile, places), None)
        if found is None:  # gin says so, with its line.
            continue
        if os.path.realpath(found) in chain:
            first = chain.index(os.path.realpath(found))
            circle = " -> ".join([*chain[first:], os.path.realpath(found)])
            raise errors.UserError(f"Gin files include each other: {circle}.")
        check_readable(found, chain)
