"""What procedural sources share: clips that are a function of their number alone.

Clip i of a split is a function of (name, generator version, seed, split, i): not of batch
size, order, number of workers or of the window that is read. Splits share no random
numbers. A subclass says what a clip holds, `spec`, and what it is, `render`, and draws
from `generator`.

    @dataclasses.dataclass(kw_only=True, eq=False)
    class Stars(procedural.Procedural):
        name, version = "stars", 1
        brightness: float = 0.5

        def __post_init__(self):
            super().__post_init__()
            self.spec = self.make_spec(num_classes=2)

        def render(self, split, index, start=0, frames=None):
            drawn = self.generator(split, index)
            times = self.times(start, frames)
            return {"frames": ..., "labels": ...}
"""

import dataclasses
import zlib
from typing import Any

import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data import rendered, source, splitting


@dataclasses.dataclass(kw_only=True, eq=False)
class Procedural(rendered.RenderedSource):
    """Base of procedural sources; a `source.ClipSource`.

    Subclasses have these settings, some with another default, and their own.

    Attributes:
      name: of the generator.
      version: of the generator, part of the identity of every clip; raise it on any
        change of a pixel.
      is_procedural: True.
      splits: train, validation and test.
      spec: of one training window; a subclass sets it.
      frames: T of one training window, at most `clip_frames`.
      height: of the picture in pixels.
      width: of the picture in pixels.
      num_train_clips: clips of the training split.
      num_validation_clips: clips of the validation split.
      num_test_clips: clips of the test split.
      clip_frames: frames of every clip.
      fps: frames per second of written videos.
      seed: of the clips; not the seed of a run.

    Raises:
      UserError: a value is out of its range.
    """

    name = "procedural"
    version = 1
    is_procedural = True
    splits = splitting.SPLITS

    frames: int = 16
    height: int = 64
    width: int = 64
    num_train_clips: int = 10000
    num_validation_clips: int = 1000
    num_test_clips: int = 1000
    clip_frames: int = 16
    fps: float = 8.0
    seed: int = 0

    def __post_init__(self) -> None:
        for split, count in self._num_clips.items():
            if count < 1:
                raise errors.UserError(
                    f"The number of clips of {self.name}/{split} ({count}) must be at "
                    "least 1."
                )
        if self.seed < 0:
            raise errors.UserError(f"`seed` ({self.seed}) must not be negative.")
        if self.frames > self.clip_frames:
            raise errors.UserError(
                f"`frames` ({self.frames}) must be at most `clip_frames` "
                f"({self.clip_frames})."
            )

    def make_spec(self, **contents: Any) -> clip.ClipSpec:
        """Returns the spec of a training window.

        Args:
          **contents: what else a `clip.ClipSpec` tells, such as `num_classes`.
        """
        return clip.ClipSpec(
            self.frames, self.height, self.width, fps=self.fps, **contents
        )

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        return f"procedural {self.name}, generator {self.version}, {self.extent()}"

    def extent(self) -> str:
        """Returns the part of a description that every source has: seed and sizes."""
        return (
            f"seed {self.seed}, {self.num_train_clips} training clips of "
            f"{self.clip_frames} frames at {self.height}x{self.width}"
        )

    def num_clips(self, split: str) -> int:
        """Returns the number of clips of a split."""
        source.check_split(self, split)
        return self._num_clips[split]

    def num_frames(self, split: str) -> int:
        """Returns the length of every clip in frames."""
        source.check_split(self, split)
        return self.clip_frames

    def times(self, start: int, frames: int | None) -> np.ndarray:
        """Returns the moments of a window of a clip, [T] int64."""
        stop = self.clip_frames if frames is None else start + frames
        return np.arange(start, stop)

    def generator(self, split: str, index: int) -> np.random.Generator:
        """Returns the random numbers of a clip, always the same.

        Raises:
          UserError: there is no such split.
        """
        source.check_split(self, split)
        # The counter's low words count the draws, its highest word is the clip.
        key = [self.seed, zlib.crc32(self.stream(split).encode())]
        bits = np.random.Philox(key=key, counter=[0, 0, 0, index])
        return np.random.Generator(bits)

    def stream(self, split: str) -> str:
        """Returns the name of a split's random numbers; no two splits share one."""
        return f"{self.name}/{self.version}/{split}"

    @property
    def _num_clips(self) -> dict[str, int]:
        counts = (self.num_train_clips, self.num_validation_clips, self.num_test_clips)
        return dict(zip(self.splits, counts, strict=True))
