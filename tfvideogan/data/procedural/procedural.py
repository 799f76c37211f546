"""What procedural sources share: clips that are a function of their number alone.

Clip i of a split is a function of (name, generator version, seed, split, i): not of batch
size, order, number of workers or of the window that is read. Splits share no random
numbers. A subclass says what a clip is, `render`, and draws from `generator`.

    class Stars(procedural.Procedural):
        name, version = "stars", 1

        def render(self, split, index, start=0, frames=None):
            drawn = self.generator(split, index)
            times = self.times(start, frames)
            return {"frames": ...}
"""

import zlib
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from tfvideogan.core import clip, errors
from tfvideogan.data import numpy_calls, source


class Procedural:
    """Base of procedural sources; a `source.ClipSource`.

    Attributes:
      name: of the generator.
      version: of the generator, part of the identity of every clip; raise it on any
        change of a pixel.
      is_procedural: True.
      spec: of one training window.
      splits: those with a number of clips.
      seed: of the clips; not the seed of a run.
      clip_frames: frames of every clip.
    """

    name: str
    version: int
    is_procedural = True

    def __init__(
        self,
        spec: clip.ClipSpec,
        num_clips: Mapping[str, int],
        *,
        clip_frames: int,
        seed: int,
    ) -> None:
        """Creates the source; nothing is drawn yet.

        Args:
          spec: of one training window of at most `clip_frames`.
          num_clips: of each split, in the order of `splits`.
          clip_frames: frames of every clip.
          seed: of the clips.

        Raises:
          UserError: a value is out of its range.
        """
        for split, count in num_clips.items():
            if count < 1:
                raise errors.UserError(
                    f"The number of clips of {self.name}/{split} ({count}) must be at "
                    "least 1."
                )
        if seed < 0:
            raise errors.UserError(f"`seed` ({seed}) must not be negative.")
        if spec.frames > clip_frames:
            raise errors.UserError(
                f"`frames` ({spec.frames}) must be at most `clip_frames` "
                f"({clip_frames})."
            )
        self.spec = spec
        self.splits = tuple(num_clips)
        self.seed = seed
        self.clip_frames = clip_frames
        self._num_clips = dict(num_clips)

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        return (
            f"procedural {self.name}, generator {self.version}, seed {self.seed}, "
            f"{self._num_clips['train']} training clips of {self.clip_frames} frames at "
            f"{self.spec.height}x{self.spec.width}"
        )

    def num_clips(self, split: str) -> int:
        """Returns the number of clips of a split."""
        source.check_split(self, split)
        return self._num_clips[split]

    def num_frames(self, split: str) -> int:
        """Returns the length of every clip in frames."""
        source.check_split(self, split)
        return self.clip_frames

    def clips(self, split: str) -> Iterator[dict[str, np.ndarray]]:
        """Yields the whole clips of a split in order, raw."""
        for index in range(self.num_clips(split)):
            yield self.render(split, index)

    def read(
        self,
        split: str,
        index: tf.Tensor,
        *,
        frames: int,
        seed: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        """Draws a window inside `Dataset.map`; see `source.ClipSource.read`."""
        source.check_window(self, split, frames)
        start = source.window_start(self.clip_frames, frames, seed)
        shapes = self.spec.with_frames(frames).shapes()

        def rendered(index: np.ndarray, start: np.ndarray) -> list[np.ndarray]:
            window = self.render(split, int(index), int(start), frames)
            return [window[key] for key in shapes]

        window = numpy_calls.call(
            rendered, [index, start], [source.raw_dtype(key) for key in shapes]
        )
        named = dict(zip(shapes, window, strict=True))
        return {key: tf.ensure_shape(named[key], shapes[key]) for key in shapes}

    def render(
        self, split: str, index: int, start: int = 0, frames: int | None = None
    ) -> dict[str, np.ndarray]:
        """Draws a window of a clip, raw, with the keys of the spec.

        Args:
          split: one of `splits`.
          index: of the clip.
          start: first frame of the window.
          frames: its length; to the end of the clip by default.
        """
        raise NotImplementedError

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
