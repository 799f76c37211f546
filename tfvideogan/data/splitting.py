"""Splits a collection that names no splits: by a hash of each clip's name.

Where a clip goes depends on its own name, whatever other clips there are: a folder that
grows keeps its splits. Only where a split would stay empty does it get a clip whose hash
is near; one at least is for training.

    splits = splitting.by_hash(["a.mp4", "b.mp4", ...])
    splits["train"]
"""

import hashlib
from collections.abc import Sequence

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)
VALIDATION_SHARE = 0.1
TEST_SHARE = 0.1
HASH_BYTES = 8


def by_hash(
    names: Sequence[str],
    *,
    validation: float = VALIDATION_SHARE,
    test: float = TEST_SHARE,
) -> dict[str, list[str]]:
    """Returns the names of each split, in the order given.

    Args:
      names: what must not be torn apart: of clips, videos or persons.
      validation: share of that split.
      test: share of that split.
    """
    ranked = sorted(names, key=position)
    chosen = {}
    for split, share, end in (
        (TEST, test, test),
        (VALIDATION, validation, test + validation),
    ):
        rest = [name for name in ranked if name not in chosen]
        count = sum(position(name) < end for name in rest)
        # One at least, and one at least is left for training.
        count = min(max(count, int(share > 0)), len(rest) - 1)
        chosen |= dict.fromkeys(rest[:count], split)
    return {
        split: [name for name in names if chosen.get(name, TRAIN) == split]
        for split in SPLITS
    }


def position(name: str) -> float:
    """Returns where a name lies in [0, 1), evenly spread over many names."""
    digest = hashlib.sha256(name.encode()).digest()[:HASH_BYTES]
    return int.from_bytes(digest, "big") / 2 ** (8 * HASH_BYTES)
