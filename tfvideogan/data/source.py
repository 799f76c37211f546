"""The promise of a dataset: whole clips for tools, windows of T frames for training.

A source knows its files or its generator and nothing of batches, shuffling or
augmentation (that is `data/pipeline.py`, which in turn knows no dataset). A raw clip is a
dictionary of

| key                | numpy layout           | meaning                                   |
|--------------------|------------------------|-------------------------------------------|
| `frames`           | uint8 [T, H, W, C]     | 0..255                                    |
| `foreground_masks` | uint8 [T, H, W, 1]     | 1 = object, 0 = background                |
| `forward_flow`     | float32 [T-1, H, W, 2] | pixels (dx, dy) on frame t, to t + 1      |
| `backward_flow`    | float32 [T-1, H, W, 2] | pixels (dx, dy) on frame t + 1, to t      |
| `found_forward_flow`, `found_backward_flow` | likewise, as it is found around holes |
| `backgrounds`      | uint8 [T, H, W, C]     | the same scene without the object         |
| `blurred_frames`   | uint8 [T, H, W, C]     | the same frames of a shaking camera       |
| `holes`            | uint8 [T, H, W, 1]     | 1 = missing in what a model is given      |
| `labels`           | int32 []               | the class                                 |
| `caption_tokens`   | int32 [L]              | words by number, 0 behind the last one    |
| `caption_lengths`  | int32 []               | number of words                           |

where the spec says which but `frames` there are (names as in a batch, `core/clip.py`).

    source = sprites.Sprites(frames=8, height=64, width=64)
    for clip in source.clips("test"):
        writer.write_video("clip.mp4", clip["frames"], fps=source.spec.fps)
"""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import numpy as np
import tensorflow as tf

from tfvideogan.core import clip, errors


@runtime_checkable
class ClipSource(Protocol):
    """Clips of one dataset.

    Attributes:
      name: short name, such as "sprites".
      is_procedural: whether the pixels are made up rather than read.
      has_plain_ground: where there is such an attribute and it is False, clips show any
        scene, not one object before a plain ground.
      has_all_masks: where there is such an attribute and it is False, only the first mask
        of a window is known, and the others are zeros.
      spec: of one training window.
      splits: such as ("train", "validation", "test").

    One with captions also has `vocabulary`, a `captions.Vocabulary`: the engine saves its
    words with every checkpoint.
    """

    name: str
    is_procedural: bool
    spec: clip.ClipSpec
    splits: tuple[str, ...]

    def describe(self) -> str:
        """Returns one line for logs and cards: "procedural", or the folder read."""
        ...

    def num_clips(self, split: str) -> int:
        """Returns the number of clips of a split."""
        ...

    def num_frames(self, split: str) -> int:
        """Returns the length of the shortest clip of a split, in frames."""
        ...

    def clips(self, split: str) -> Iterator[dict[str, np.ndarray]]:
        """Yields the whole clips of a split in order, raw as described above."""
        ...

    def read(
        self,
        split: str,
        index: tf.Tensor,
        *,
        frames: int,
        seed: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        """Reads a window of a clip; called inside `Dataset.map`.

        Args:
          split: one of `splits`.
          index: scalar int64, the clip.
          frames: length of the window.
          seed: [2] int32 draws the first frame; without it the window starts at 0.

        Returns:
          A raw window with static shapes, keys and dtypes as in the module docstring.
        """
        ...


# dtypes of the keys of a raw clip; those not listed are uint8.
RAW_DTYPES = {
    **dict.fromkeys(clip.FLOW_KEYS, tf.float32),
    **dict.fromkeys(clip.WHOLE_CLIP_KEYS, tf.int32),
}


def raw_dtype(key: str) -> tf.DType:
    """Returns the dtype that a key of a raw clip has."""
    return RAW_DTYPES.get(key, tf.uint8)


def check_split(source: ClipSource, split: str) -> None:
    """Raises UserError when a source has no such split; the message lists them."""
    if split not in source.splits:
        raise errors.UserError(
            f"`split` ({split!r}) is not a split of {source.name}; choose one of "
            f"{', '.join(source.splits)}."
        )


def check_window(source: ClipSource, split: str, frames: int) -> None:
    """Raises UserError when the shortest clip of a split has fewer than `frames`."""
    length = source.num_frames(split)
    if not 1 <= frames <= length:
        raise errors.UserError(
            f"`frames` ({frames}) must be between 1 and {length}, the length of the "
            f"shortest clip of {source.name}/{split}."
        )


def window_start(
    num_frames: tf.Tensor | int, frames: int, seed: tf.Tensor | None
) -> tf.Tensor:
    """Returns the first frame of a window: drawn from `seed`, or 0 without one.

    Args:
      num_frames: length of the clip.
      frames: length of the window, at most `num_frames`.
      seed: [2] int32 or None.

    Returns:
      Scalar int64 in [0, num_frames - frames].
    """
    if seed is None:
        return tf.constant(0, tf.int64)
    choices = tf.cast(num_frames, tf.int64) - frames + 1
    return tf.random.stateless_uniform(
        [], seed, minval=0, maxval=choices, dtype=tf.int64, alg="philox"
    )
