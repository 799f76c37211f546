"""Windows of frames: each frame with the R before and the R behind it.

    known = padded(clips, reach=1)                 # [N, T + 2, H, W, C]
    sharp = restored_bytes(known, restore, reach=1, tile=256, overlap=32)
    folded(clips, reach=1)                         # [N·T, 3, H, W, C]

The first and the last frame stand in for those that are not there. A video that comes in
pieces needs the last 2 R frames of the piece before, and answers R frames late.
"""

from collections.abc import Callable

import tensorflow as tf

from tfvideogan.core import pixels
from tfvideogan.ops import frames, tiles

# [N, 2 R + 1, H, W, C] in [-1, 1] -> the middle one restored, [N, H, W, C].
Restore = Callable[[tf.Tensor], tf.Tensor]


def padded(clips: tf.Tensor, *, reach: int) -> tf.Tensor:
    """Repeats the first and the last frame of [N, T, H, W, C], R times each."""
    if not reach:
        return clips
    return tf.concat(
        [before(clips, reach=reach), clips, behind(clips, reach=reach)], axis=1
    )


def before(clips: tf.Tensor, *, reach: int) -> tf.Tensor:
    """Returns the first frame of [N, T, H, W, C], R times."""
    return tf.repeat(clips[:, :1], reach, axis=1)


def behind(clips: tf.Tensor, *, reach: int) -> tf.Tensor:
    """Returns the last frame of [N, T, H, W, C], R times."""
    return tf.repeat(clips[:, -1:], reach, axis=1)


def restored_bytes(
    clips: tf.Tensor, restore: Restore, *, reach: int, tile: int, overlap: int
) -> tf.Tensor:
    """Restores one frame after the other, tile by tile.

    Memory beside what goes in and comes out is that of one tile, whatever the length and
    the size of the video.

    Args:
      clips: [N, M, H, W, C] uint8, with the frames around.
      restore: of a window.
      reach: R.
      tile: largest side of what is restored at a time.
      overlap: see `tiles.blended`.

    Returns:
      [N, M - 2 R, H, W, C] uint8.
    """
    channels = clips.shape[-1]
    length = 2 * reach + 1

    def one_tile(folded: tf.Tensor) -> tf.Tensor:
        """Restores [N, h, w, (2 R + 1)·C]."""
        parts = tf.stack(tf.split(folded, length, axis=-1), axis=1)
        return tf.clip_by_value(restore(parts), -1.0, 1.0)

    def one_frame(start: tf.Tensor) -> tf.Tensor:
        window = [pixels.to_float(clips[:, start + place]) for place in range(length)]
        made = tiles.blended(
            one_tile,
            tf.concat(window, axis=-1),
            tile=tile,
            overlap=overlap,
            channels=channels,
        )
        return pixels.to_uint8(made)

    made = tf.map_fn(
        one_frame,
        tf.range(tf.shape(clips)[1] - 2 * reach),
        fn_output_signature=tf.TensorSpec([None, None, None, channels], tf.uint8),
        parallel_iterations=1,
    )  # [T, N, H, W, C]
    return tf.transpose(made, [1, 0, 2, 3, 4])


def folded(clips: tf.Tensor, *, reach: int) -> tf.Tensor:
    """Returns the window of every frame of clips.

    Args:
      clips: [N, T, H, W, C]; T is static.
      reach: R.

    Returns:
      [N·T, 2 R + 1, H, W, C]; the window of frame t of clip n is at n·T + t.
    """
    length = clips.shape[1]
    known = padded(clips, reach=reach)
    shifted = [known[:, place : place + length] for place in range(2 * reach + 1)]
    return frames.fold_time(tf.stack(shifted, axis=2))
