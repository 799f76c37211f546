"""The order of files by their names: as a person reads them, numbers by value.

ordered = naming.ordered(paths)  # frame2_v1.png before frame10_v1.png
"""

import itertools
import pathlib
import re
from collections.abc import Sequence

from tfvideogan.media import damage

NUMBER = re.compile(r"([0-9]+)")
DECIMAL = re.compile(r"([0-9]+\.[0-9]+|[0-9]+)")
HEXADECIMAL = re.compile(r"[0-9a-f]+")
# Names without numbers that differ in more letters than this are words.
MAX_LETTERS = 2

Key = tuple[tuple[int, float, str], ...]


def natural(name: str, number: re.Pattern[str] = NUMBER) -> Key:
    """Returns a key that sorts numbers within names by value: clip2 before clip10.

    Args:
      name: small and capital letters are the same.
      number: what counts as one, in a group.
    """
    parts = number.split(name.casefold())
    return tuple(
        (0, float(part), "") if place % 2 else (1, 0.0, part)
        for place, part in enumerate(parts)
        if part
    )


def numbers(name: str) -> tuple[int, ...]:
    """Returns the numbers in a name."""
    return tuple(int(digits) for digits in NUMBER.findall(name))


def strays(paths: Sequence[pathlib.Path]) -> list[pathlib.Path]:
    """Returns files without a number among numbered ones: cover.jpg beside 0001.jpg.

    What the names of others go on from belongs to them: "a" to "a (1)".
    """
    numbered = [path.stem.casefold() for path in paths if numbers(path.stem)]
    if not numbered:
        return []
    return [
        path
        for path in paths
        if not numbers(path.stem)
        and not any(stem.startswith(path.stem.casefold()) for stem in numbered)
    ]


def ordered(paths: Sequence[pathlib.Path]) -> list[pathlib.Path]:
    """Returns files of one folder in the natural order of their names.

    Raises:
      DamagedClip: the names are no order: two are equal but for zeros or capitals, carry
        the same number behind different words, or mean another order as decimal or
        hexadecimal numbers; or they are words.
    """
    found = sorted(paths, key=lambda path: natural(path.stem))
    for path, following in itertools.pairwise(found):
        if natural(path.stem) == natural(following.stem):
            _complain(path, following, "are the same number")
    by_numbers: dict[tuple[int, ...], pathlib.Path] = {}
    for path in found:
        other = by_numbers.setdefault(numbers(path.stem), path)
        if other is path:
            continue
        if numbers(path.stem):
            _complain(other, path, "carry the same number")
        if _differ_in(other.stem, path.stem) > MAX_LETTERS:
            _complain(other, path, "carry no number")
    stems = [path.stem.casefold() for path in found]
    if stems != sorted(stems, key=lambda stem: natural(stem, DECIMAL)):
        _complain(found[0], found[-1], "have decimals of different lengths")
    are_hexadecimal = all(HEXADECIMAL.fullmatch(stem) for stem in stems)
    if are_hexadecimal and stems != sorted(stems, key=lambda stem: int(stem, 16)):
        _complain(found[0], found[-1], "may be hexadecimal numbers")
    return found


def _differ_in(one: str, other: str) -> int:
    """Returns in how many letters two names differ; all, where their lengths do."""
    if len(one) != len(other):
        return max(len(one), len(other))
    return sum(a != b for a, b in zip(one, other, strict=True))


def _complain(one: pathlib.Path, other: pathlib.Path, why: str) -> None:
    raise damage.DamagedClip(
        f"The names of the pictures in {one.parent} are no order: {one.name} and "
        f"{other.name} {why}; number them with equally many digits."
    )
