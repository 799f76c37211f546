"""Windows of long videos, as models that complete holes get them."""

import tensorflow as tf

from tfvideogan.models import completion_windows


def window(
    frames: tf.Tensor, holes: tf.Tensor, *, before: int, block: int
) -> completion_windows.Window:
    """Cuts a clip into the frames before, a block and what is behind.

    Args:
      frames: [N, T, H, W, C], 0 in the holes of block and what is behind.
      holes: [N, T, H, W, 1].
      before: number of frames that are done.
      block: number of frames to be completed.
    """
    ends = [0, 0, before, before + block, frames.shape[1]]
    parts = [
        completion_windows.Part(frames[:, start:stop], holes[:, start:stop])
        for start, stop in zip(ends[:-1], ends[1:], strict=True)
    ]
    return completion_windows.Window(*parts, tf.constant(0))
