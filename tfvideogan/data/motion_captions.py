"""What is said of digits and icons that move: a clause for each, joined by "and".

| `says`   | a clause                                                    | determines    |
|----------|-------------------------------------------------------------|---------------|
| "motion" | the digit 7 is moving left and right                        | the motion    |
| "all"    | the digit 7 is moving left and right starting left quickly  | what follows  |

A motion to and fro begins in one of two directions, which "all" names; an element of
middling pace has no word for it. With these words a single frame and its sentence leave
nothing open: position, direction and period of every element are known.

    clause = Clause("digit 7", 0, heading=LEFT, pace=QUICK)
    sentence([clause])  # "the digit 7 is moving left and right starting left quickly"
    parsed("the red disc is rotating clockwise")  # (Clause("red disc", 2),)
"""

import dataclasses
import re
from collections.abc import Sequence

from tfvideogan.core import errors

SAYS = ("motion", "all")
# The motions by number, in the words of the published data.
MOTIONS = (
    "moving left and right",
    "moving up and down",
    "rotating clockwise",
    "rotating counterclockwise",
    "rotating inplace clockwise",
    "rotating inplace counterclockwise",
)
# Of each motion to and fro, by its number: the words of both directions.
LEFT = UP = -1
RIGHT = DOWN = 1
HEADINGS = ({LEFT: "left", RIGHT: "right"}, {UP: "up", DOWN: "down"})
SLOW, MIDDLING, QUICK = -1, 0, 1
PACES = {SLOW: "slowly", QUICK: "quickly"}
# What "all" adds to the words of the motions.
ADDED_WORDS = ("starting", *PACES.values())
JOINT = " and "
CLAUSE = re.compile(
    rf"the (?P<element>.+) is (?P<motion>{'|'.join(MOTIONS)})"
    rf"(?: starting (?P<heading>\w+))?(?: (?P<pace>{'|'.join(PACES.values())}))?"
)


@dataclasses.dataclass(frozen=True)
class Clause:
    """What one element does.

    Attributes:
      element: its name, such as "digit 7" or "red disc".
      motion: number in `MOTIONS`.
      heading: -1 to the left or up, 1 to the right or down; 0 where nothing is said of it.
      pace: -1 slow, 0 middling or not said, 1 quick.
    """

    element: str
    motion: int
    heading: int = 0
    pace: int = MIDDLING

    def __str__(self) -> str:
        words = [f"the {self.element} is {MOTIONS[self.motion]}"]
        if self.heading:
            words.append(f"starting {HEADINGS[self.motion][self.heading]}")
        if self.pace:
            words.append(PACES[self.pace])
        return " ".join(words)


def check_says(says: str) -> None:
    """Raises UserError when there is no such manner of captions."""
    if says not in SAYS:
        raise errors.UserError(f"`says` ({says!r}) must be one of {', '.join(SAYS)}.")


def sentence(clauses: Sequence[Clause]) -> str:
    """Returns the caption of a clip."""
    return JOINT.join(map(str, clauses))


def parsed(caption: str) -> tuple[Clause, ...]:
    """Returns the clauses of a caption.

    Raises:
      UserError: it is no such sentence.
    """
    # "and the" joins clauses: no motion has these words.
    first, *others = caption.split(f"{JOINT}the ")
    return tuple(map(_clause, [first, *(f"the {other}" for other in others)]))


def _clause(text: str) -> Clause:
    found = CLAUSE.fullmatch(text)
    if found:
        motion = MOTIONS.index(found["motion"])
        headings = HEADINGS[motion] if motion < len(HEADINGS) else {}
        numbers = {None: 0} | {word: sign for sign, word in headings.items()}
        paces = {None: MIDDLING} | {word: pace for pace, word in PACES.items()}
        if found["heading"] in numbers:
            heading, pace = numbers[found["heading"]], paces[found["pace"]]
            return Clause(found["element"], motion, heading, pace)
    raise errors.UserError(
        f"{text!r} says of no element how it moves; say for example "
        f"{str(Clause('digit 7', 0))!r}."
    )
