"""The folder of everything that can be made again: converted clips, pretrained weights."""

import os
import pathlib

from tfvideogan.core import places

VARIABLE = "TFVIDEOGAN_CACHE"
_DEFAULT = "~/.cache/tfvideogan"


def root(cache_dir: str | None = None) -> pathlib.Path:
    """Returns the folder of all caches, which need not exist.

    Args:
      cache_dir: the folder itself; None for $TFVIDEOGAN_CACHE, or ~/.cache/tfvideogan.

    Raises:
      UserError: it is no folder of this machine, or there is no home folder.
    """
    if cache_dir:
        return places.local(cache_dir, "`cache_dir`")
    return places.local(os.environ.get(VARIABLE) or _DEFAULT, f"${VARIABLE}")
