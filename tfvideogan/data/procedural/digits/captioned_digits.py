"""Digits that move as a sentence says: "the digit 7 is moving left and right".

| `motions` | what moves how                                                            |
|-----------|---------------------------------------------------------------------------|
| "six"     | the six motions of `bouncing.periodic`, 8 to 12 frames per cycle [1]      |
| "axis"    | left and right or up and down, mirrored at the walls, as in [2]           |

Captions of two digits are joined by "and"; a caption has at most 17 words and is padded
to 18. Clips are balanced exactly: of every round of clips each digit makes each motion
once. Train, validation and test share no pair of digit and motion (`combinations.py`)
and no picture of a digit (`glyphs.py`).

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

from collections.abc import Sequence

import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data import captions, glyphs
from tfvideogan.data.procedural import (
    bouncing,
    combinations,
    compositing,
    procedural,
)
from tfvideogan.data.procedural.digits import moving_digits

MANNERS = ("six", "axis")
CAPTION_LENGTH = 18
MAX_DIGITS = 2
NUM_DIGITS = 10
WORDS = (
    *map(str, range(NUM_DIGITS)),
    *"the digit and is moving rotating up down inplace".split(),
)


class CaptionedDigits(procedural.Procedural):
    """Clips of digits with captions, grey; a `source.ClipSource`.

    Attributes:
      name: "captioned_mnist", after the digits.
      is_procedural: whether the digits are drawn; their motion is always made up.
      splits: train, validation, test.
      vocabulary: of the captions.
    """

    version = 1

    def __init__(
        self,
        digits: glyphs.GlyphBank,
        *,
        frames: int = 10,
        height: int = 64,
        width: int = 64,
        motions: str = "six",
        num_digits: int = 1,
        digit_size: int = 28,
        periods: tuple[int, int] = bouncing.PERIODS,
        clip_frames: int = 10,
        num_clips: int = 10000,
        num_validation_clips: int = 1000,
        num_test_clips: int = 1000,
        fps: float = moving_digits.FPS,
        seed: int = 0,
    ) -> None:
        """Creates the source; nothing is drawn yet.

        Args:
          digits: what moves, such as `mnist.read_digits(...)`.
          frames: T of one training window, at most `clip_frames`.
          height: of the canvas in pixels.
          width: of the canvas in pixels.
          motions: "six" or "axis".
          num_digits: 1 or 2.
          digit_size: sides of a digit in pixels.
          periods: fewest and most frames per cycle of the six motions.
          clip_frames: frames of every clip.
          num_clips: clips of the training split.
          num_validation_clips: clips of the validation split.
          num_test_clips: clips of the test split.
          fps: frames per second of written videos.
          seed: of the clips; not the seed of a run.

        Raises:
          UserError: a value is out of its range.
        """
        self.name = f"captioned_{digits.name}"
        self.is_procedural = digits.is_procedural
        if motions not in MANNERS:
            raise errors.UserError(
                f"`motions` ({motions!r}) must be one of {', '.join(MANNERS)}."
            )
        if not 1 <= num_digits <= MAX_DIGITS:
            raise errors.UserError(
                f"`num_digits` ({num_digits}) must be 1 or {MAX_DIGITS}."
            )
        if not 1 < periods[0] <= periods[1]:
            raise errors.UserError(
                f"`periods` {tuple(periods)} must be two numbers of frames from 2 on, the "
                "smaller one first."
            )
        moving_digits.check_size(digit_size, height, width)
        self.vocabulary = captions.Vocabulary(WORDS)
        super().__init__(
            clip.ClipSpec(
                frames,
                height,
                width,
                channels=1,
                caption_length=CAPTION_LENGTH,
                vocabulary_size=self.vocabulary.size,
                fps=fps,
            ),
            {
                "train": num_clips,
                "validation": num_validation_clips,
                "test": num_test_clips,
            },
            clip_frames=clip_frames,
            seed=seed,
        )
        self.motions = motions
        self._digits = digits
        self._digit_size = digit_size
        self._periods = tuple(periods)
        count = len(bouncing.MOTIONS) if motions == "six" else bouncing.NUM_AXES
        self._pairs = combinations.split_pairs(NUM_DIGITS, count)
        self._stage = bouncing.Stage(
            (width, height), np.full((num_digits, 2), digit_size)
        )

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        return (
            f"{self._digits.description}; {len(self._stage.sizes)} per clip with "
            f"captions, {self.motions} motions, seed {self.seed}, "
            f"{self.num_clips('train')} training clips of {self.clip_frames} frames at "
            f"{self.spec.height}x{self.spec.width}"
        )

    def pairs(self, split: str, index: int) -> tuple[combinations.Pair, ...]:
        """Returns the digit and the number of the motion of each element of a clip."""
        slots = range(len(self._stage.sizes))
        return tuple(
            combinations.pair_of(self._pairs[split], index, slot) for slot in slots
        )

    def caption(self, split: str, index: int) -> str:
        """Returns the caption of a clip."""
        return sentence(self.pairs(split, index))

    def paths(self, split: str, index: int) -> bouncing.Paths:
        """Returns where the digits of a clip are, for all its frames."""
        return self._cast(split, index)[1]

    def render(
        self, split: str, index: int, start: int = 0, frames: int | None = None
    ) -> dict[str, np.ndarray]:
        """Draws a window of a clip; see `Procedural.render`."""
        pictures, paths = self._cast(split, index)
        times = self.times(start, frames)
        window = bouncing.Paths(paths.positions[times], paths.rotations[times])
        canvas = (self.spec.width, self.spec.height)
        caption = self.caption(split, index)
        tokens, length = self.vocabulary.encode(caption, CAPTION_LENGTH)
        return {
            "frames": compositing.draw(pictures, window, canvas),
            "caption_tokens": tokens,
            "caption_lengths": np.int32(length),
        }

    def _cast(self, split: str, index: int) -> tuple[list[np.ndarray], bouncing.Paths]:
        """Draws the pictures of the digits and how they move."""
        drawn = self.generator(split, index)
        labels, motions = zip(*self.pairs(split, index), strict=True)
        digits = self._digits.splits[split]
        numbers = [drawn.choice(digits.places[label]) for label in labels]
        pictures = [
            compositing.resized(digits.pictures[number][..., None], self._digit_size)
            for number in numbers
        ]
        options = {"num_frames": self.clip_frames, "motions": motions}
        if self.motions == "axis":
            return pictures, bouncing.axis(self._stage, drawn, **options)
        paths = bouncing.periodic(self._stage, drawn, periods=self._periods, **options)
        return pictures, paths


def sentence(pairs: Sequence[combinations.Pair]) -> str:
    """Returns the caption of digits and their motions."""
    return " and ".join(
        f"the digit {digit} is {bouncing.MOTIONS[motion]}" for digit, motion in pairs
    )
