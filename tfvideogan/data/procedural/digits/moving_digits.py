"""Digits that bounce over a black square, made as one goes: Moving MNIST and its kin.

The digits are given; what is made up is their motion. Clip i of a split is a function of
(name, seed, split, i) and of the digits.

| `motion`     | rule                                                     | digits are |
|--------------|----------------------------------------------------------|------------|
| "bounce"     | straight on at a tenth of the free way per frame, [1]    | 28 x 28    |
| "stochastic" | whole steps, a new velocity at each wall, sums, [2]      | 32 x 32    |

    source = MovingDigits(mnist.read_digits("/data/mnist"), frames=20)

With `test_file` the test clips are those of `mnist_test_seq.npy`, untouched, as the
protocol mmnist/10-10@64 wants them.

A clip of a larger `clip_frames` begins like that of a smaller one, so that long
predictions can be judged on the same clips.

References: [1], [2] of `bouncing.py`.
"""

import dataclasses

import numpy as np

from tfvideogan.core import errors
from tfvideogan.data import glyphs
from tfvideogan.data.procedural import bouncing, compositing, procedural
from tfvideogan.data.procedural.digits import moving_mnist_file

MOTIONS = ("bounce", "stochastic")
# Size of the digits and way of combining them in the two papers, at 64 x 64.
DIGIT_SIZES = {"bounce": 28, "stochastic": 32}
COMBINE = {"bounce": "max", "stochastic": "sum"}
FPS = 10.0


@dataclasses.dataclass(kw_only=True, eq=False)
class MovingDigits(procedural.Procedural):
    """Clips of bouncing digits, grey; a `source.ClipSource`.

    Settings are those of `procedural.Procedural` and these:

    Attributes:
      name: "moving_mnist", after the digits.
      is_procedural: whether the digits are drawn; their motion is always made up.
      digits: what moves, such as `mnist.read_digits(...)`.
      motion: "bounce" or "stochastic".
      num_digits: how many there are in a clip.
      digit_size: sides of a digit in pixels; 28 or, stochastic, 32 by default.
      combine: where digits overlap, "max" or "sum"; "max" or, stochastic, "sum" by
        default.
      step: distance per frame as a share of the free way, for "bounce".
      test_file: `mnist_test_seq.npy`, or its folder, if that is what to test on.

    Raises:
      UserError: a value is out of its range, or `test_file` does not fit.
    """

    digits: glyphs.GlyphBank = dataclasses.field(kw_only=False)
    frames: int = 20
    num_test_clips: int = 10000
    clip_frames: int = 20
    fps: float = FPS
    motion: str = "bounce"
    num_digits: int = 2
    digit_size: int | None = None
    combine: str | None = None
    step: float = bouncing.STEP
    test_file: str | None = None

    def __post_init__(self) -> None:
        self.name = f"moving_{self.digits.name}"
        self.is_procedural = self.digits.is_procedural
        super().__post_init__()
        if self.motion not in MOTIONS:
            raise errors.UserError(
                f"`motion` ({self.motion!r}) must be one of {', '.join(MOTIONS)}."
            )
        if self.num_digits < 1:
            raise errors.UserError(
                f"`num_digits` ({self.num_digits}) must be at least 1."
            )
        if self.digit_size is None:
            self.digit_size = DIGIT_SIZES[self.motion]
        if self.combine is None:
            self.combine = COMBINE[self.motion]
        canvas = (self.width, self.height)
        compositing.check_size("digit_size", self.digit_size, canvas)
        compositing.check_combine(self.combine)
        self.spec = self.make_spec(channels=1)
        self._official = self._opened(self.test_file) if self.test_file else None
        self._stage = bouncing.Stage(
            canvas, np.full((self.num_digits, 2), self.digit_size)
        )

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        tested = f"; {self._official.describe()}" if self._official else ""
        return (
            f"{self.digits.description}; {self.num_digits} per clip, motion "
            f"{self.motion}, {self.extent()}{tested}"
        )

    def num_clips(self, split: str) -> int:
        """Returns the number of clips of a split."""
        file = self._file(split)
        return file.num_clips(split) if file else super().num_clips(split)

    def num_frames(self, split: str) -> int:
        """Returns the length of every clip in frames."""
        file = self._file(split)
        return file.num_frames(split) if file else super().num_frames(split)

    def paths(self, split: str, index: int) -> bouncing.Paths:
        """Returns where the digits of a clip are, for all its frames."""
        return self._cast(split, index)[1]

    def labels(self, split: str, index: int) -> np.ndarray:
        """Returns which digits a clip shows, [n] int64."""
        return self.digits.splits[split].labels[self._cast(split, index)[0]]

    def render(
        self, split: str, index: int, start: int = 0, frames: int | None = None
    ) -> dict[str, np.ndarray]:
        """Draws a window of a clip; see `Procedural.render`."""
        if file := self._file(split):
            return file.render(split, index, start, frames)
        chosen, paths = self._cast(split, index)
        pictures = [
            compositing.resized(picture[..., None], self.digit_size)
            for picture in self.digits.splits[split].pictures[chosen]
        ]
        window = paths.at(self.times(start, frames))
        drawn = compositing.draw(
            pictures, window, (self.width, self.height), combine=self.combine
        )
        return {"frames": drawn}

    def _file(self, split: str) -> moving_mnist_file.MovingMnistFile | None:
        """Returns the official clips where a split is made of them."""
        return self._official if split in moving_mnist_file.SPLITS else None

    def _opened(self, test_file: str) -> moving_mnist_file.MovingMnistFile:
        file = moving_mnist_file.MovingMnistFile(test_file, frames=self.spec.frames)
        theirs, ours = file.spec, self.spec
        if (theirs.height, theirs.width) != (ours.height, ours.width):
            raise errors.UserError(
                f"The clips of {file.path} are {theirs.height}x{theirs.width}; `height` "
                f"({ours.height}) and `width` ({ours.width}) must be the same."
            )
        return file

    def _cast(self, split: str, index: int) -> tuple[np.ndarray, bouncing.Paths]:
        """Draws which digits a clip shows [n] and how they move."""
        drawn = self.generator(split, index)
        count = len(self._stage.sizes)
        chosen = drawn.integers(len(self.digits.splits[split].labels), size=count)
        if self.motion == "bounce":
            paths = bouncing.bounce(
                self._stage, drawn, num_frames=self.clip_frames, step=self.step
            )
        else:
            paths = bouncing.stochastic(self._stage, drawn, num_frames=self.clip_frames)
        return chosen, paths
