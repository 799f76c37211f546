"""What is said of a person who walks, jogs, runs, boxes, waves or claps.

The six actions of KTH, for real clips and for drawn walkers alike. A caption names the
action and, where there is one, its direction, so that a mirror turns it
(`captions.mirrored`):

    caption("walking", RIGHT)  # "a person is walking to the right"
    parsed("a person is boxing facing left")  # ("boxing", LEFT)
"""

from collections.abc import Sequence

from tfvideogan.core import errors
from tfvideogan.data import captions

# In the order of the alphabet, as their folders come; the number is the label.
ACTIONS = ("boxing", "handclapping", "handwaving", "jogging", "running", "walking")
LEFT, NOWHERE, RIGHT = -1, 0, 1
# What is said of an action, and what is added where its direction is known.
SENTENCES = {
    "boxing": ("a person is boxing", " facing {}"),
    "handclapping": ("a person is clapping hands", ""),
    "handwaving": ("a person is waving both hands", ""),
    "jogging": ("a person is jogging", " to the {}"),
    "running": ("a person is running", " to the {}"),
    "walking": ("a person is walking", " to the {}"),
}
WORDS = {LEFT: "left", RIGHT: "right"}


def check_actions(actions: Sequence[str]) -> None:
    """Raises UserError when these are not some of the six actions."""
    if not actions or not set(actions) <= set(ACTIONS):
        raise errors.UserError(
            f"`actions` {actions!r} must be a tuple of some of {', '.join(ACTIONS)}."
        )


def directions(action: str) -> tuple[int, ...]:
    """Returns the directions that an action can have; NOWHERE if it has none."""
    return (LEFT, RIGHT) if SENTENCES[action][1] else (NOWHERE,)


def caption(action: str, direction: int) -> str:
    """Returns what is said of a clip; NOWHERE says nothing of the direction."""
    said, added = SENTENCES[action]
    return said + added.format(WORDS[direction]) if direction else said


# Everything that can be said, by what it means.
MEANINGS = {
    caption(action, direction): (action, direction)
    for action in ACTIONS
    for direction in sorted({NOWHERE, *directions(action)})
}
VOCABULARY = captions.Vocabulary(word for said in MEANINGS for word in said.split())
MAX_WORDS = max(len(said.split()) for said in MEANINGS)


def parsed(said: str) -> tuple[str, int]:
    """Returns the action and the direction of a caption.

    Raises:
      UserError: it is none of the captions; the message lists them.
    """
    if said not in MEANINGS:
        raise errors.UserError(
            f"{said!r} is no caption of an action; choose one of: {'; '.join(MEANINGS)}."
        )
    return MEANINGS[said]
