"""The folder of everything that can be made again: converted clips, pretrained weights."""

import os
import pathlib

VARIABLE = "TFVIDEOGAN_CACHE"
_DEFAULT = "~/.cache/tfvideogan"


def root(cache_dir: str | None = None) -> pathlib.Path:
    """Returns the folder of all caches, which need not exist.

    Args:
      cache_dir: the folder itself; None for $TFVIDEOGAN_CACHE, or ~/.cache/tfvideogan.
    """
    chosen = cache_dir or os.environ.get(VARIABLE) or _DEFAULT
    return pathlib.Path(chosen).expanduser()
