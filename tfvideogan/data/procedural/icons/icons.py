"""Icons that move as a sentence says: "the red disc is moving left and right".

One or two icons make one of the six motions of `bouncing.periodic` each, on black; the
second one is painted over the first. Captions of two icons are joined by "and". The icons
are drawn (twelve shapes in eight colours) or those of a folder:

    source = Icons(bank.draw_icons(), frames=10)
    source = Icons(bank.read_icons("/data/my_icons"), frames=10)
    source.caption("test", 3)

The splits are compositional: which (icon, colour, motion) triples are for training, for
validation and for testing is settled by `combinations.py`, about a tenth for each of the
latter two. Every colour, shape and motion is trained, and what is tested was never seen
together. Within a split every triple is equally frequent.

What a clip shows is known, so that captions have an exact score:

    elements = source.elements("test", 3)  # ((icon, motion), ...)
    source.paths("test", 3).positions
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from tfvideogan.core import errors
from tfvideogan.data import captions, source
from tfvideogan.data.procedural import (
    bouncing,
    combinations,
    compositing,
    procedural,
)
from tfvideogan.data.procedural.icons import bank

MAX_ICONS = 2
HELD_OUT = 10  # one in so many icons per motion is for testing, another for validation
# In the order of the bank neighbours are alike (one shape, all colours). Steps of so many
# icons make the clips of any few numbers differ.
STRIDE = 11
JOINT = " and the "


@dataclasses.dataclass(kw_only=True, eq=False)
class Icons(procedural.Procedural):
    """Clips of icons with captions, in colour; a `source.ClipSource`.

    Settings are those of `procedural.Procedural` and these:

    Attributes:
      name: "icons", after the bank.
      is_procedural: whether the icons are drawn; their motion is always made up.
      vocabulary: of the captions.
      icons: what moves: `bank.draw_icons()` or `read_icons(root)`.
      num_icons: 1 or 2 per clip.
      icon_size: sides of an icon in pixels.
      periods: fewest and most frames per cycle of a motion.
    """

    icons: bank.IconBank = dataclasses.field(kw_only=False)
    frames: int = 10
    num_icons: int = 1
    icon_size: int = 24
    periods: tuple[int, int] = bouncing.PERIODS

    def __post_init__(self) -> None:
        self.name = self.icons.name
        self.is_procedural = self.icons.is_procedural
        super().__post_init__()
        if not 1 <= self.num_icons <= MAX_ICONS:
            raise errors.UserError(
                f"`num_icons` ({self.num_icons}) must be 1 or {MAX_ICONS}."
            )
        bouncing.check_periods(self.periods)
        canvas = (self.width, self.height)
        compositing.check_size("icon_size", self.icon_size, canvas)
        meanings = [
            sentence(self.icons.names, [pair]) for pair in _all_pairs(self.icons)
        ]
        self.vocabulary = captions.Vocabulary(
            word for said in ["and", *meanings] for word in said.split()
        )
        longest = max(len(said.split()) for said in meanings)
        self.spec = self.make_spec(
            caption_length=(longest + 1) * self.num_icons - 1,
            words=self.vocabulary.words,
        )
        self._pictures = self.icons.sized(self.icon_size)
        self._pairs = _split_pairs(len(self.icons.names))
        self._stage = bouncing.Stage(
            canvas, np.full((self.num_icons, 2), self.icon_size)
        )

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        return (
            f"{self.icons.description}, generator {self.version}; {self.num_icons} per "
            f"clip with captions, {self.extent()}"
        )

    def elements(self, split: str, index: int) -> tuple[combinations.Pair, ...]:
        """Returns the numbers of the icon and of the motion of each element of a clip."""
        source.check_split(self, split)
        return combinations.pairs_of(self._pairs[split], index, self.num_icons)

    def caption(self, split: str, index: int) -> str:
        """Returns what is said of a clip."""
        return sentence(self.icons.names, self.elements(split, index))

    def parsed(self, caption: str) -> tuple[combinations.Pair, ...]:
        """Returns the numbers of icon and motion that a caption speaks of.

        Raises:
          UserError: it is no sentence about these icons and motions.
        """
        meanings = {
            sentence(self.icons.names, [pair]): pair for pair in _all_pairs(self.icons)
        }
        first, *others = caption.split(JOINT)
        parts = [first, *(f"the {other}" for other in others)]
        for part in parts:
            if part not in meanings:
                raise errors.UserError(
                    f"{part!r} is no sentence about these icons; say for example "
                    f"{next(iter(meanings))!r}."
                )
        return tuple(meanings[part] for part in parts)

    def paths(self, split: str, index: int) -> bouncing.Paths:
        """Returns where the icons of a clip are, for all its frames."""
        motions = [motion for _, motion in self.elements(split, index)]
        return bouncing.periodic(
            self._stage,
            self.generator(split, index),
            num_frames=self.clip_frames,
            motions=np.asarray(motions),
            periods=self.periods,
        )

    def render(
        self, split: str, index: int, start: int = 0, frames: int | None = None
    ) -> dict[str, np.ndarray]:
        """Draws a window of a clip: frames and caption."""
        window = self.paths(split, index).at(self.times(start, frames))
        pictures = [self._pictures[icon] for icon, _ in self.elements(split, index)]
        drawn = compositing.draw_over(pictures, window, (self.width, self.height))
        caption = self.caption(split, index)
        words = self.vocabulary.raw(caption, self.spec.caption_length)
        return {"frames": drawn, **words}


def sentence(names: Sequence[str], elements: Sequence[combinations.Pair]) -> str:
    """Returns the caption of icons, by number in `names`, and their motions."""
    return " and ".join(
        f"the {names[icon]} is {bouncing.MOTIONS[motion]}" for icon, motion in elements
    )


def _all_pairs(icons: bank.IconBank) -> list[combinations.Pair]:
    motions = range(len(bouncing.MOTIONS))
    return [(icon, motion) for icon in range(len(icons.names)) for motion in motions]


def _split_pairs(count: int) -> dict[str, tuple[combinations.Pair, ...]]:
    """Returns the (icon, motion) pairs of the splits, for `count` icons."""
    stride = next(
        step for step in range(STRIDE, STRIDE + count) if math.gcd(step, count) == 1
    )
    pairs = combinations.split_pairs(
        count, len(bouncing.MOTIONS), held_out=max(1, count // HELD_OUT)
    )
    return {
        split: tuple((place * stride % count, motion) for place, motion in chosen)
        for split, chosen in pairs.items()
    }
