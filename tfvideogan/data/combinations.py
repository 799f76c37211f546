"""Which element makes which motion in which split: what is tested was never trained on.

The digit 7 may be trained moving up and down, and the digit 3 orbiting; whether a model
can make the 7 orbit is the question of the test. Of the pairs (element, motion) one
element per motion (or more, where there are many) is for testing and another one for
validation, always the same, whatever the seed; every element and every motion is trained.

    pairs = split_pairs(10, 6)
    pairs["test"]  # ((0, 0), (1, 1), ... (5, 5))
    pairs_of(pairs["train"], index, 2)  # of a clip with two elements
"""

import functools

Pair = tuple[int, int]


def split_pairs(
    num_elements: int, num_motions: int, *, held_out: int = 1
) -> dict[str, tuple[Pair, ...]]:
    """Returns the pairs (element, motion) of train, validation and test.

    Args:
      num_elements: at least three times `held_out`.
      num_motions: numbered from 0.
      held_out: how many elements per motion are for testing, and as many others for
        validation.
    """
    # Evenly spaced, so that no element is held out of more motions than it must be.
    spacing = num_elements // held_out
    splits = {}
    for first in range(0, held_out * spacing, spacing):
        splits[first] = "test"
        splits[first + spacing // 2] = "validation"
    pairs: dict[str, list[Pair]] = {"train": [], "validation": [], "test": []}
    # Motion by motion, so that also the first few clips show all of them.
    for distance in range(num_elements):
        for motion in range(num_motions):
            element = (motion + distance) % num_elements
            pairs[splits.get(distance, "train")].append((element, motion))
    return {split: tuple(chosen) for split, chosen in pairs.items()}


def pairs_of(
    pairs: tuple[Pair, ...], index: int, count: int, *, is_distinct: bool = False
) -> tuple[Pair, ...]:
    """Returns the pair of each of the `count` elements of a clip; see `pair_of`.

    Args:
      pairs: of the split.
      index: of the clip.
      count: 1 or more.
      is_distinct: whether the second pair is of another element than the first.
    """
    return tuple(
        pair_of(pairs, index, slot, is_distinct=is_distinct) for slot in range(count)
    )


def pair_of(
    pairs: tuple[Pair, ...], index: int, slot: int, *, is_distinct: bool = False
) -> Pair:
    """Returns the pair of an element of a clip; all pairs are equally frequent.

    Args:
      pairs: of the split.
      index: of the clip. Any len(pairs) clips from a multiple of that number on have each
        pair once in each slot.
      slot: 0 for the first element of a clip, 1 for the second.
      is_distinct: whether the second element is another one than the first.
    """
    count = len(pairs)
    # The second slot moves on by one with every round, so that all meet all.
    rounds = index // count + slot
    shift = slot * rounds
    if is_distinct and slot:
        shifts = _distinct_shifts(pairs)
        shift = shifts[rounds % len(shifts)]
    return pairs[(index + shift) % count]


@functools.cache
def _distinct_shifts(pairs: tuple[Pair, ...]) -> tuple[int, ...]:
    """Returns how far two slots may be apart without ever showing one element twice."""
    elements = [element for element, _ in pairs]
    count = len(pairs)
    return tuple(
        shift
        for shift in range(1, count)
        if all(elements[i] != elements[i - shift] for i in range(count))
    )
