"""Where gin files are looked for.

The current folder comes first, then the checkout that holds the package, then the shared
folder of an installation; each as it stands and with its `gin` folder, so that both
`gin/foregan.gin` and `foregan.gin` are found.
"""

import functools
import os
import pathlib
import site
import sys

from tfvideogan.core import errors
from tfvideogan.engine.config import messages

ROOT = pathlib.Path(__file__).resolve().parents[3]
SHARE = os.path.join("share", "tfvideogan")


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
