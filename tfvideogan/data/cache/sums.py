"""Sums of the files of a cache: damage that leaves a file its size is found by them.

    record = sums.of(path)                  # into the manifest
    fault = sums.fault(folder, record)      # when a cache is opened
    fault = sums.fault(folder, record, blocks=None)     # all of it

A cache may be larger than what can be read at every start. What is compared then is the
sums of some blocks of each file, spread over it; of small caches these are all.
"""

import hashlib
import pathlib
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

BLOCK = 2**20
# Blocks of a whole cache that are compared when it is opened: half a second.
QUICK = 256


def of(path: pathlib.Path) -> dict[str, Any]:
    """Returns name, size and sums of a file, as a manifest holds them."""
    whole, blocks, size = hashlib.sha256(), [], 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            whole.update(block)
            blocks.append(zlib.crc32(block))
            size += len(block)
    return {
        "name": path.name,
        "size": size,
        "sha256": whole.hexdigest(),
        "blocks": blocks,
    }


def fault(
    folder: pathlib.Path, record: Mapping[str, Any], *, blocks: int | None = QUICK
) -> str | None:
    """Says how a file differs from its record, or None.

    Args:
      folder: of the file.
      record: see `of`; those of earlier versions have no sums of blocks.
      blocks: how many are compared at most, at least 2; None compares all.

    Raises:
      OSError: the file cannot be read.
      KeyError: the record has other entries, as may be TypeErrors and ValueErrors.
    """
    path = folder / record["name"]
    size = path.stat().st_size
    if size != record["size"]:
        return f"{path.name} has {size} of {record['size']} bytes"
    if "blocks" not in record:
        is_small = size <= QUICK * BLOCK
        if (is_small or blocks is None) and of(path)["sha256"] != record["sha256"]:
            return f"{path.name} has changed"
        return None
    total = len(record["blocks"])
    chosen = range(total)
    if blocks is not None and total > blocks:
        chosen = np.linspace(0, total - 1, max(2, blocks)).astype(int).tolist()
    with path.open("rb") as file:
        for number in chosen:
            file.seek(number * BLOCK)
            if zlib.crc32(file.read(BLOCK)) != record["blocks"][number]:
                return f"{path.name} has changed near byte {number * BLOCK}"
    return None
