"""Splits a collection that names no splits: by a hash of each clip's name.

Where a clip goes depends on its own name, whatever other clips there are: a folder that
grows keeps its splits. Of few clips a split gets its share at most and one at least, those
whose hashes are nearest; one at least is for training.

    splits = splitting.by_hash(["a.mp4", "b.mp4", ...])
    splits["train"]
"""

import hashlib
from collections.abc import Mapping, Sequence

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)
VALIDATION_SHARE = 0.1
TEST_SHARE = 0.1
HASH_BYTES = 8
# Of fewer clips, hashes alone would fill splits by chance: six films could be one for
# training, two and three.
FEW = 30
# A split with fewer clips says little.
SMALL = 5


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
        if len(names) < FEW:
            count = min(count, round(share * len(names)))
        # One at least, and one at least is left for training.
        count = min(max(count, int(share > 0)), len(rest) - 1)
        chosen |= dict.fromkeys(rest[:count], split)
    return {
        split: [name for name in names if chosen.get(name, TRAIN) == split]
        for split in SPLITS
    }


def warning(splits: Mapping[str, Sequence[object]]) -> str | None:
    """Returns a line when a split that is measured on has too few clips, or none."""
    small = {
        split: len(splits.get(split, ()))
        for split in (VALIDATION, TEST)
        if 0 < len(splits.get(split, ())) < SMALL
    }
    if not small:
        return None
    counts = " and ".join(f"{count} {split}" for split, count in small.items())
    return f"{counts} clips: what is measured on so few says little"


def position(name: str) -> float:
    """Returns where a name lies in [0, 1), evenly spread over many names."""
    digest = hashlib.sha256(name.encode()).digest()[:HASH_BYTES]
    return int.from_bytes(digest, "big") / 2 ** (8 * HASH_BYTES)
