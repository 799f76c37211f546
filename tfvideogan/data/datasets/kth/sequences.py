"""The list `00sequences.txt` of KTH: where in each film something happens.

After some lines of free text, one line per film; blanks and tabs are mixed. Frames are
counted from 1, and the last one belongs to the range:

    person01_boxing_d1    frames  1-95, 96-185, 186-245, 246-360
    person13_handclapping_d3      *missing*

Between the ranges of those who walk, jog or run, the picture is empty. Most films
have four ranges, some three.
"""

import dataclasses
import pathlib
import re

from tfvideogan.core import errors

FILE = "00sequences.txt"
LINE = re.compile(r"^\s*person(\d+)_([a-z]+)_d(\d+)\b(.*)$")
RANGE = re.compile(r"^(\d+)\s*-\s*(\d+)$")
MISSING = "*missing*"
PREFIX = "frames"


@dataclasses.dataclass(frozen=True)
class Film:
    """A film and its ranges.

    Attributes:
      person: 1..25.
      action: such as "walking".
      scenario: 1 outdoors, 2 outdoors with changing scale, 3 outdoors in other clothes,
        4 indoors.
      ranges: (start, stop) of each, counted from 0, without the stop; none if the list
        says that the film is missing.
    """

    person: int
    action: str
    scenario: int
    ranges: tuple[tuple[int, int], ...]

    @property
    def name(self) -> str:
        """Such as "person01_walking_d1"."""
        return f"person{self.person:02d}_{self.action}_d{self.scenario}"


def read_films(root: pathlib.Path) -> tuple[Film, ...]:
    """Reads the list of a KTH folder; it lies in the folder or beside it.

    Raises:
      UserError: there is none, or a line of it cannot be understood.
    """
    for path in (root / FILE, root.parent / FILE):
        if path.is_file():
            return parse(path.read_text(encoding="utf-8", errors="replace"), path)
    raise errors.UserError(
        f"Neither {root} nor the folder above it has the list {FILE}, which says where in "
        "each film something happens; it is on the page of the KTH data set."
    )


def parse(text: str, path: pathlib.Path) -> tuple[Film, ...]:
    """Returns the films of a list; `path` is named in errors.

    Raises:
      UserError: no line names a film, or the ranges of a line cannot be understood.
    """
    films = []
    for number, line in enumerate(text.splitlines(), 1):
        found = LINE.match(line)
        if found:
            person, action, scenario, rest = found.groups()
            ranges = _ranges(rest, f"Line {number} of {path}")
            films.append(Film(int(person), action, int(scenario), ranges))
    if not films:
        raise errors.UserError(
            f"{path} names no film; expected lines such as "
            "'person01_boxing_d1    frames  1-95, 96-185, 186-245, 246-360'."
        )
    return tuple(films)


def _ranges(text: str, place: str) -> tuple[tuple[int, int], ...]:
    """Reads what stands behind the name of a film."""
    text = text.strip()
    if text == MISSING:
        return ()
    ranges = []
    for part in text.removeprefix(PREFIX).strip().rstrip(",").split(","):
        found = RANGE.match(part.strip())
        first, last = map(int, found.groups()) if found else (0, 0)
        if not 1 <= first <= last:
            raise errors.UserError(
                f"{place} has {part.strip()!r}, which is no range of frames such as 1-95."
            )
        ranges.append((first - 1, last))
    return tuple(ranges)
