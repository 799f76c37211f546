"""Digits that move as a sentence says: "the digit 7 is moving left and right".

| `motions` | what moves how                                                            |
|-----------|---------------------------------------------------------------------------|
| "six"     | the six motions of `bouncing.periodic`, 8 to 12 frames per cycle [1]      |
| "axis"    | left and right or up and down, mirrored at the walls, as in [2]           |

Captions of two digits are joined by "and"; a caption has at most 17 words and is padded
to 18. With `says = "all"` it also tells the direction in which a motion to and fro begins,
and its pace (`motion_captions.py`), in at most 23 words, and the two digits of a clip are
different ones: one frame and its caption determine all that follows. The axis motions
have one pace.

Clips are balanced exactly: of every round of clips each digit makes each motion once.
Train, validation and test share no pair of digit and motion (`combinations.py`) and no
picture of a digit (`glyphs.py`). A clip of a larger `clip_frames` begins like that of a
smaller one, so that long predictions can be judged on the same clips.

    source = CaptionedDigits(mnist.read_digits("/data/mnist"), frames=10)
    clip = next(source.clips("train"))
    source.vocabulary.decode(clip["caption_tokens"])

References:
  [1] The synthetic data of the project "Videogeneration" (text and image to video with a
      U-Net). Corrected: digits that turn in place keep to their period, clockwise is
      meant on the screen, and to and fro may begin in either direction. Captions have no
      full stop.
  [2] Mittal et al., Sync-DRAW, 2017.
"""

import dataclasses

import numpy as np

from tfvideogan.core import errors
from tfvideogan.data import captions, combinations, glyphs, motion_captions
from tfvideogan.data.procedural import bouncing, captioning, compositing, procedural
from tfvideogan.data.procedural.digits import moving_digits

MANNERS = ("six", "axis")
# The length of the published captions, and of the longest that say all.
CAPTION_LENGTHS = {"motion": 18, "all": 23}
MAX_DIGITS = 2
NUM_DIGITS = 10
WORDS = (
    *map(str, range(NUM_DIGITS)),
    *"the digit and is moving rotating up down inplace".split(),
)


@dataclasses.dataclass(kw_only=True, eq=False)
class CaptionedDigits(procedural.Procedural):
    """Clips of digits with captions, grey; a `source.ClipSource`.

    Settings are those of `procedural.Procedural` and these:

    Attributes:
      name: "captioned_mnist", after the digits.
      is_procedural: whether the digits are drawn; their motion is always made up.
      vocabulary: of the captions.
      digits: what moves, such as `mnist.read_digits(...)`.
      motions: "six" or "axis".
      num_digits: 1 or 2.
      digit_size: sides of a digit in pixels.
      periods: fewest and most frames per cycle of the six motions.
      says: "motion", or "all": also the first direction and the pace.
    """

    digits: glyphs.GlyphBank = dataclasses.field(kw_only=False)
    frames: int = 10
    clip_frames: int = 10
    fps: float = moving_digits.FPS
    motions: str = "six"
    num_digits: int = 1
    digit_size: int = 28
    periods: tuple[int, int] = bouncing.PERIODS
    says: str = "motion"

    def __post_init__(self) -> None:
        self.name = f"captioned_{self.digits.name}"
        self.is_procedural = self.digits.is_procedural
        super().__post_init__()
        if self.motions not in MANNERS:
            raise errors.UserError(
                f"`motions` ({self.motions!r}) must be one of {', '.join(MANNERS)}."
            )
        if not 1 <= self.num_digits <= MAX_DIGITS:
            raise errors.UserError(
                f"`num_digits` ({self.num_digits}) must be 1 or {MAX_DIGITS}."
            )
        captioning.check(self.periods, self.says)
        canvas = (self.width, self.height)
        compositing.check_size("digit_size", self.digit_size, canvas)
        added = motion_captions.ADDED_WORDS if self.says == captioning.ALL else ()
        self.vocabulary = captions.Vocabulary([*WORDS, *added])
        self.spec = self.make_spec(
            channels=1,
            caption_length=CAPTION_LENGTHS[self.says],
            words=self.vocabulary.words,
        )
        if self.motions == "six":
            count = len(motion_captions.MOTIONS)
            self._periods = captioning.periods(self.periods, self.says)
        else:
            count, self._periods = bouncing.NUM_AXES, ()
        self._pairs = combinations.split_pairs(NUM_DIGITS, count)
        self._stage = bouncing.Stage(
            canvas, np.full((self.num_digits, 2), self.digit_size)
        )

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        return (
            f"{self.digits.description}; {self.num_digits} per clip with captions "
            f"of {self.says}, {self.motions} motions, {self.extent()}"
        )

    def pairs(self, split: str, index: int) -> tuple[combinations.Pair, ...]:
        """Returns the digit and the number of the motion of each element of a clip."""
        return combinations.pairs_of(
            self._pairs[split],
            index,
            self.num_digits,
            is_distinct=self.says == captioning.ALL,
        )

    def caption(self, split: str, index: int, start: int = 0) -> str:
        """Returns the caption of a clip from frame `start` on."""
        return self._caption(split, index, self.paths(split, index), start)

    def paths(self, split: str, index: int) -> bouncing.Cycles:
        """Returns where the digits of a clip are, for all its frames."""
        return self._cast(split, index)[1]

    def render(
        self, split: str, index: int, start: int = 0, frames: int | None = None
    ) -> dict[str, np.ndarray]:
        """Draws a window of a clip; see `Procedural.render`."""
        pictures, paths = self._cast(split, index)
        window = paths.at(self.times(start, frames))
        drawn = compositing.draw(pictures, window, (self.width, self.height))
        caption = self._caption(split, index, paths, start)
        words = self.vocabulary.raw(caption, self.spec.caption_length)
        return {"frames": drawn, **words}

    def _caption(
        self, split: str, index: int, paths: bouncing.Cycles, start: int
    ) -> str:
        pairs = self.pairs(split, index)
        elements = [(f"digit {digit}", motion) for digit, motion in pairs]
        return captioning.caption(
            elements, paths, start, says=self.says, periods=self._periods
        )

    def _cast(self, split: str, index: int) -> tuple[list[np.ndarray], bouncing.Cycles]:
        """Draws the pictures of the digits and how they move."""
        drawn = self.generator(split, index)
        labels, motions = zip(*self.pairs(split, index), strict=True)
        digits = self.digits.splits[split]
        numbers = [drawn.choice(digits.places[label]) for label in labels]
        pictures = [
            compositing.resized(digits.pictures[number][..., None], self.digit_size)
            for number in numbers
        ]
        options = {"num_frames": self.clip_frames, "motions": motions}
        if self.motions == "axis":
            return pictures, bouncing.axis(self._stage, drawn, **options)
        paths = bouncing.periodic(self._stage, drawn, periods=self._periods, **options)
        return pictures, paths
