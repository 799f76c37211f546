"""A source for tests whose pixels say which clip and which moment they are."""

import numpy as np
import tensorflow as tf

from tfvideogan.core import clip
from tfvideogan.data import numpy_calls, source


class ToySource:
    """Clips of constant frames: red is the clip, green the moment."""

    name = "toy"
    is_procedural = True
    splits = ("train", "test")

    def __init__(self, num_clips: int = 6, clip_frames: int = 5, frames: int = 2):
        self.spec = clip.ClipSpec(frames=frames, height=4, width=6, has_masks=True)
        self.clip_frames = clip_frames
        self._num_clips = num_clips

    def describe(self) -> str:
        return "procedural toy"

    def num_clips(self, split: str) -> int:
        source.check_split(self, split)
        return self._num_clips

    def num_frames(self, split: str) -> int:
        return self.clip_frames

    def clips(self, split: str):
        for index in range(self.num_clips(split)):
            frames, masks = self.render(index, 0, self.clip_frames)
            yield {"frames": frames, "foreground_masks": masks}

    def read(self, split: str, index, *, frames: int, seed=None):
        start = source.window_start(self.clip_frames, frames, seed)
        pictures, masks = numpy_calls.call(
            lambda index, start: self.render(int(index), int(start), frames),
            [index, start],
            [tf.uint8, tf.uint8],
        )
        shapes = self.spec.with_frames(frames).shapes()
        return {
            "frames": tf.ensure_shape(pictures, shapes["frames"]),
            "foreground_masks": tf.ensure_shape(masks, shapes["foreground_masks"]),
        }

    def render(self, index: int, start: int, frames: int):
        shape = (frames, self.spec.height, self.spec.width)
        pictures = np.zeros((*shape, 3), np.uint8)
        pictures[..., 0] = index
        pictures[..., 1] = np.arange(start, start + frames)[:, None, None]
        pictures[..., 2] = np.arange(self.spec.width)
        return pictures, np.ones((*shape, 1), np.uint8)


def clip_numbers(batch) -> list[int]:
    """The clips of a batch, read from the pixels."""
    return [round(float(red + 1) * 127.5) for red in batch["frames"][:, 0, 0, 0, 0]]


def starts(batch) -> list[int]:
    """The first moments of a batch's windows."""
    return [round(float(red + 1) * 127.5) for red in batch["frames"][:, 0, 0, 0, 1]]
