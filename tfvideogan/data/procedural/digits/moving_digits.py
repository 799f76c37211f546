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

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from tfvideogan.core import clip, errors
from tfvideogan.data import glyphs
from tfvideogan.data.procedural import bouncing, compositing, procedural
from tfvideogan.data.procedural.digits import moving_mnist_file

MOTIONS = ("bounce", "stochastic")
# Size of the digits and way of combining them in the two papers, at 64 x 64.
DIGIT_SIZES = {"bounce": 28, "stochastic": 32}
COMBINE = {"bounce": "max", "stochastic": "sum"}
FPS = 10.0


class MovingDigits(procedural.Procedural):
    """Clips of bouncing digits, grey; a `source.ClipSource`.

    Attributes:
      name: "moving_mnist", after the digits.
      is_procedural: whether the digits are drawn; their motion is always made up.
      splits: train, validation, test.
    """

    version = 1

    def __init__(
        self,
        digits: glyphs.GlyphBank,
        *,
        frames: int = 20,
        height: int = 64,
        width: int = 64,
        motion: str = "bounce",
        num_digits: int = 2,
        digit_size: int | None = None,
        combine: str | None = None,
        step: float = bouncing.STEP,
        clip_frames: int = 20,
        num_clips: int = 10000,
        num_validation_clips: int = 1000,
        num_test_clips: int = 10000,
        test_file: str | None = None,
        fps: float = FPS,
        seed: int = 0,
    ) -> None:
        """Creates the source; nothing is drawn yet.

        Args:
          digits: what moves, such as `mnist.read_digits(...)`.
          frames: T of one training window, at most `clip_frames`.
          height: of the canvas in pixels.
          width: of the canvas in pixels.
          motion: "bounce" or "stochastic".
          num_digits: how many there are in a clip.
          digit_size: sides of a digit in pixels; 28 or, stochastic, 32 by default.
          combine: where digits overlap, "max" or "sum"; "max" or, stochastic, "sum" by
            default.
          step: distance per frame as a share of the free way, for "bounce".
          clip_frames: frames of every clip.
          num_clips: clips of the training split.
          num_validation_clips: clips of the validation split.
          num_test_clips: clips of the test split.
          test_file: `mnist_test_seq.npy`, or its folder, if that is what to test on.
          fps: frames per second of written videos.
          seed: of the clips; not the seed of a run.

        Raises:
          UserError: a value is out of its range, or `test_file` does not fit.
        """
        self.name = f"moving_{digits.name}"
        self.is_procedural = digits.is_procedural
        if motion not in MOTIONS:
            raise errors.UserError(
                f"`motion` ({motion!r}) must be one of {', '.join(MOTIONS)}."
            )
        if num_digits < 1:
            raise errors.UserError(f"`num_digits` ({num_digits}) must be at least 1.")
        digit_size = DIGIT_SIZES[motion] if digit_size is None else digit_size
        check_size(digit_size, height, width)
        self._combine = COMBINE[motion] if combine is None else combine
        compositing.check_combine(self._combine)
        super().__init__(
            clip.ClipSpec(frames, height, width, channels=1, fps=fps),
            {
                "train": num_clips,
                "validation": num_validation_clips,
                "test": num_test_clips,
            },
            clip_frames=clip_frames,
            seed=seed,
        )
        self.motion = motion
        self._digits = digits
        self._official = self._opened(test_file) if test_file else None
        self._digit_size = digit_size
        self._step = step
        self._stage = bouncing.Stage(
            (width, height), np.full((num_digits, 2), digit_size)
        )

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        tested = f"; {self._official.describe()}" if self._official else ""
        return (
            f"{self._digits.description}; {len(self._stage.sizes)} per clip, motion "
            f"{self.motion}, seed {self.seed}, {self.num_clips('train')} training clips "
            f"of {self.clip_frames} frames at {self.spec.height}x{self.spec.width}{tested}"
        )

    def num_clips(self, split: str) -> int:
        """Returns the number of clips of a split."""
        file = self._file(split)
        return file.num_clips(split) if file else super().num_clips(split)

    def num_frames(self, split: str) -> int:
        """Returns the length of every clip in frames."""
        file = self._file(split)
        return file.num_frames(split) if file else super().num_frames(split)

    def clips(self, split: str) -> Iterator[dict[str, np.ndarray]]:
        """Yields the whole clips of a split in order, raw."""
        file = self._file(split)
        return file.clips(split) if file else super().clips(split)

    def read(
        self,
        split: str,
        index: tf.Tensor,
        *,
        frames: int,
        seed: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        """Draws a window inside `Dataset.map`; see `source.ClipSource.read`."""
        read = self._file(split).read if self._file(split) else super().read
        return read(split, index, frames=frames, seed=seed)

    def paths(self, split: str, index: int) -> bouncing.Paths:
        """Returns where the digits of a clip are, for all its frames."""
        return self._cast(split, index)[1]

    def labels(self, split: str, index: int) -> np.ndarray:
        """Returns which digits a clip shows, [n] int64."""
        return self._digits.splits[split].labels[self._cast(split, index)[0]]

    def render(
        self, split: str, index: int, start: int = 0, frames: int | None = None
    ) -> dict[str, np.ndarray]:
        """Draws a window of a clip; see `Procedural.render`."""
        chosen, paths = self._cast(split, index)
        times = self.times(start, frames)
        pictures = [
            compositing.resized(picture[..., None], self._digit_size)
            for picture in self._digits.splits[split].pictures[chosen]
        ]
        window = bouncing.Paths(paths.positions[times], paths.rotations[times])
        canvas = (self.spec.width, self.spec.height)
        frames_ = compositing.draw(pictures, window, canvas, combine=self._combine)
        return {"frames": frames_}

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
        chosen = drawn.integers(len(self._digits.splits[split].labels), size=count)
        if self.motion == "bounce":
            paths = bouncing.bounce(
                self._stage, drawn, num_frames=self.clip_frames, step=self._step
            )
        else:
            paths = bouncing.stochastic(self._stage, drawn, num_frames=self.clip_frames)
        return chosen, paths


def check_size(digit_size: int, height: int, width: int) -> None:
    """Raises UserError when digits are larger than the canvas."""
    if not 1 <= digit_size <= min(height, width):
        raise errors.UserError(
            f"`digit_size` ({digit_size}) must be between 1 and the canvas's shorter side "
            f"({min(height, width)})."
        )
