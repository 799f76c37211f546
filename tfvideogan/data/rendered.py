"""Sources whose windows are made by NumPy rather than read from records.

A subclass says what the frames of a clip from `start` on are, `render`; whole clips and
windows inside `Dataset.map` follow from it.

    class Stars(rendered.RenderedSource):
        def render(self, split, index, start=0, frames=None):
            return {"frames": ...}
"""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from tfvideogan.data import numpy_calls, source


class RenderedSource:
    """The reading half of a `source.ClipSource`; a subclass adds the rest of it."""

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
        """Makes a window inside `Dataset.map`; see `source.ClipSource.read`."""
        source.check_window(self, split, frames)
        start = source.window_start(self.num_frames(split), frames, seed)
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
        """Makes a window of a clip, raw, with the keys of the spec.

        Args:
          split: one of `splits`.
          index: of the clip.
          start: first frame of the window.
          frames: its length; to the end of the clip by default.
        """
        raise NotImplementedError
