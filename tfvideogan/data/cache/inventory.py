"""All caches of converted clips: what they are, how large, when used, and without damage.

    for one in inventory.found(cache.root()):
        print(one.name, one.size, one.state)
    inventory.clear(cache.root(), "davis-1a2b")

`python -m tfvideogan.check_data --caches` and `--clear_caches=NAME` show and remove them.
"""

import dataclasses
import datetime
import json
import pathlib
import shutil
from collections.abc import Sequence

from tfvideogan.core import errors
from tfvideogan.data.cache import records

ALL = "all"
IN_USE = "being converted"
ABANDONED = "left by a conversion that was killed"
MEGA = 1e6


@dataclasses.dataclass(frozen=True)
class Cache:
    """One cache, or the draft of one.

    Attributes:
      path: of the folder.
      size: in bytes.
      used: when it was opened last, as a date; empty if unknown.
      state: what is in it, or what is wrong.
    """

    path: pathlib.Path
    size: int
    used: str
    state: str

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.path.name


def found(root: pathlib.Path, *, is_thorough: bool = False) -> list[Cache]:
    """Returns the caches of a folder, the largest first.

    Args:
      root: see `core.cache.root`.
      is_thorough: whether to compare the sums of every byte.
    """
    caches = [
        _cache(one.parent, is_thorough) for one in root.glob(f"*/{records.MANIFEST}")
    ]
    for draft in records.drafts(root):
        state = ABANDONED if records.is_abandoned(draft) else IN_USE
        caches.append(Cache(draft, _size(draft), "", state))
    return sorted(caches, key=lambda one: (-one.size, one.name))


def table(caches: Sequence[Cache]) -> str:
    """Returns a line for each cache, and the total."""
    rows = [(f"{one.size / MEGA:,.1f} MB", one.used, one) for one in caches]
    width = max((len(size) for size, _, _ in rows), default=0)
    total = sum(one.size for one in caches) / MEGA
    return "\n".join(
        [
            f"{size:>{width}}  {used:10}  {one.name}: {one.state}"
            for size, used, one in rows
        ]
        + [f"{len(caches)} caches, {total:,.1f} MB"]
    )


def clear(root: pathlib.Path, name: str) -> list[Cache]:
    """Removes caches, which can be made again, but for those that are being made.

    Args:
      root: see `core.cache.root`.
      name: with which the folders begin, or "all".

    Returns:
      What was removed.

    Raises:
      UserError: no cache has such a name.
    """
    chosen = [
        one
        for one in found(root)
        if one.state != IN_USE
        and (name == ALL or one.name.lstrip(".").startswith(name))
    ]
    if not chosen and name != ALL:
        raise errors.UserError(
            f"No cache in {root} has a name that begins with {name!r}."
        )
    for one in chosen:
        if one.state == ABANDONED:
            records.discard(one.path)
        else:
            shutil.rmtree(one.path, ignore_errors=True)
    return chosen


def _cache(path: pathlib.Path, is_thorough: bool) -> Cache:
    manifest_path = path / records.MANIFEST
    try:
        manifest = json.loads(manifest_path.read_text())
        fault = records.fault(path, manifest, is_thorough=is_thorough)
        state = f"{manifest['num_clips']} clips"
    except records.FAULTS as error:
        fault = " ".join(str(error).split()) or type(error).__name__
        state = ""
    if fault is not None:
        state = f"damaged ({fault})"
    seconds = manifest_path.stat().st_mtime
    used = datetime.datetime.fromtimestamp(seconds).date().isoformat()
    return Cache(path, _size(path), used, state)


def _size(path: pathlib.Path) -> int:
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
