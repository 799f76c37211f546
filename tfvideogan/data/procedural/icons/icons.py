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

With `says = "all"` captions also tell the direction in which a motion to and fro begins,
and its pace (`motion_captions.py`); the two icons of a clip are then different ones. One
frame and its caption determine all that follows.
"""

import dataclasses
import math

import numpy as np

from tfvideogan.core import errors
from tfvideogan.data import captions, combinations, motion_captions, source
from tfvideogan.data.procedural import bouncing, captioning, compositing, procedural
from tfvideogan.data.procedural.icons import bank

MAX_ICONS = 2
HELD_OUT = 10  # one in so many icons per motion is for testing, another for validation
# In the order of the bank neighbours are alike (one shape, all colours). Steps of so many
# icons make the clips of any few numbers differ.
STRIDE = 11


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
      says: "motion", or "all": also the first direction and the pace.
    """

    icons: bank.IconBank = dataclasses.field(kw_only=False)
    frames: int = 10
    num_icons: int = 1
    icon_size: int = 24
    periods: tuple[int, int] = bouncing.PERIODS
    says: str = "motion"

    def __post_init__(self) -> None:
        self.name = self.icons.name
        self.is_procedural = self.icons.is_procedural
        super().__post_init__()
        if not 1 <= self.num_icons <= MAX_ICONS:
            raise errors.UserError(
                f"`num_icons` ({self.num_icons}) must be 1 or {MAX_ICONS}."
            )
        captioning.check(self.periods, self.says)
        canvas = (self.width, self.height)
        compositing.check_size("icon_size", self.icon_size, canvas)
        names = self.icons.names
        said = [
            str(motion_captions.Clause(name, motion))
            for name in names
            for motion in range(len(motion_captions.MOTIONS))
        ]
        added = motion_captions.ADDED_WORDS if self.says == captioning.ALL else ()
        self.vocabulary = captions.Vocabulary(["and", *" ".join(said).split(), *added])
        longest = captioning.longest(names, self.says)
        self.spec = self.make_spec(
            caption_length=(longest + 1) * self.num_icons - 1,
            words=self.vocabulary.words,
        )
        self._pictures = self.icons.sized(self.icon_size)
        self._periods = captioning.periods(self.periods, self.says)
        self._pairs = _split_pairs(len(self.icons.names))
        self._stage = bouncing.Stage(
            canvas, np.full((self.num_icons, 2), self.icon_size)
        )

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        return (
            f"{self.icons.description}, generator {self.version}; {self.num_icons} per "
            f"clip with captions of {self.says}, {self.extent()}"
        )

    def elements(self, split: str, index: int) -> tuple[combinations.Pair, ...]:
        """Returns the numbers of the icon and of the motion of each element of a clip."""
        source.check_split(self, split)
        return combinations.pairs_of(
            self._pairs[split],
            index,
            self.num_icons,
            is_distinct=self.says == captioning.ALL,
        )

    def caption(self, split: str, index: int, start: int = 0) -> str:
        """Returns what is said of a clip from frame `start` on."""
        return self._caption(split, index, self.paths(split, index), start)

    def parsed(self, caption: str) -> tuple[combinations.Pair, ...]:
        """Returns the numbers of icon and motion that a caption speaks of.

        Raises:
          UserError: it is no sentence about these icons and motions.
        """
        pairs = []
        for clause in motion_captions.parsed(caption):
            if clause.element not in self.icons.names:
                raise errors.UserError(
                    f"There is no icon {clause.element!r} here, but for example "
                    f"{self.icons.names[0]!r}."
                )
            pairs.append((self.icons.names.index(clause.element), clause.motion))
        return tuple(pairs)

    def paths(self, split: str, index: int) -> bouncing.Cycles:
        """Returns where the icons of a clip are, for all its frames."""
        motions = [motion for _, motion in self.elements(split, index)]
        return bouncing.periodic(
            self._stage,
            self.generator(split, index),
            num_frames=self.clip_frames,
            motions=np.asarray(motions),
            periods=self._periods,
        )

    def render(
        self, split: str, index: int, start: int = 0, frames: int | None = None
    ) -> dict[str, np.ndarray]:
        """Draws a window of a clip: frames and caption."""
        paths = self.paths(split, index)
        window = paths.at(self.times(start, frames))
        pictures = [self._pictures[icon] for icon, _ in self.elements(split, index)]
        drawn = compositing.draw_over(pictures, window, (self.width, self.height))
        caption = self._caption(split, index, paths, start)
        words = self.vocabulary.raw(caption, self.spec.caption_length)
        return {"frames": drawn, **words}

    def _caption(
        self, split: str, index: int, paths: bouncing.Cycles, start: int
    ) -> str:
        names, pairs = self.icons.names, self.elements(split, index)
        elements = [(names[icon], motion) for icon, motion in pairs]
        return captioning.caption(
            elements, paths, start, says=self.says, periods=self._periods
        )


def _split_pairs(count: int) -> dict[str, tuple[combinations.Pair, ...]]:
    """Returns the (icon, motion) pairs of the splits, for `count` icons."""
    stride = next(
        step for step in range(STRIDE, STRIDE + count) if math.gcd(step, count) == 1
    )
    pairs = combinations.split_pairs(
        count, len(motion_captions.MOTIONS), held_out=max(1, count // HELD_OUT)
    )
    return {
        split: tuple((place * stride % count, motion) for place, motion in chosen)
        for split, chosen in pairs.items()
    }
