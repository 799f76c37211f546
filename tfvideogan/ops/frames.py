"""Folds time into the batch, and unfolds it, so that image networks see videos.

Both only reshape: frame t of clip n is flat frame n·T + t.

    flat_frames = frames.fold_time(clips)  # [N, T, ...] -> [N·T, ...]
    clips = frames.unfold_time(flat_frames, num_frames=8)
"""

import tensorflow as tf

_BATCH_AND_TIME = 2


def fold_time(clips: tf.Tensor) -> tf.Tensor:
    """Puts the frames of all clips one after another.

    Args:
      clips: [N, T, ...], any dtype.

    Returns:
      [N·T, ...]; frame t of clip n is at n·T + t.

    Raises:
      ValueError: there is no time axis.
    """
    if clips.shape.rank is None or clips.shape.rank < _BATCH_AND_TIME:
        raise ValueError(
            f"`clips` has shape {clips.shape}, it must be [N, T, ...]; add the axes of "
            "batch and time first."
        )
    shape = tf.concat([[-1], tf.shape(clips)[_BATCH_AND_TIME:]], axis=0)
    return tf.reshape(clips, shape)  # [N·T, ...]


def unfold_time(flat_frames: tf.Tensor, *, num_frames: int) -> tf.Tensor:
    """Undoes `fold_time`.

    Args:
      flat_frames: [N·T, ...], any dtype.
      num_frames: T.

    Returns:
      [N, T, ...].

    Raises:
      ValueError: `num_frames` is not positive or does not divide the leading axis.
    """
    length = flat_frames.shape[0]
    if num_frames < 1:
        raise ValueError(f"`num_frames` ({num_frames}) must be 1 or more.")
    if length is not None and length % num_frames:
        raise ValueError(
            f"`num_frames` ({num_frames}) must divide the leading axis of "
            f"`flat_frames` ({length}); pass the T that fold_time saw."
        )
    shape = tf.concat([[-1, num_frames], tf.shape(flat_frames)[1:]], axis=0)
    return tf.reshape(flat_frames, shape)  # [N, T, ...]


def differences(clips: tf.Tensor) -> tf.Tensor:
    """Returns what changes from frame to frame, as long as the clip.

    Args:
      clips: [N, T, H, W, C].

    Returns:
      [N, T, H, W, C]; nothing before the first frame.
    """
    changes = clips[:, 1:] - clips[:, :-1]
    return tf.pad(changes, [[0, 0], [1, 0], [0, 0], [0, 0], [0, 0]])


def halve_plane(clips: tf.Tensor) -> tf.Tensor:
    """Returns means of 2x2 pixels, [N, T, H/2, W/2, C] of clips [N, T, H, W, C]."""
    _, length, *size = clips.shape
    flat = tf.nn.avg_pool2d(tf.reshape(clips, [-1, *size]), 2, 2, "VALID")
    return tf.reshape(flat, [-1, length, *flat.shape[1:]])


def halve_time(clips: tf.Tensor) -> tf.Tensor:
    """Returns means of pairs of frames; an odd last one stays as it is.

    Args:
      clips: [N, T, H, W, C]; all but N are static.

    Returns:
      [N, ceil(T/2), H, W, C].
    """
    pairs, is_odd = divmod(clips.shape[1], 2)
    if not pairs:
        return clips
    shape = [-1, pairs, 2, *clips.shape[2:]]  # [N, T/2, 2, H, W, C]
    halved = tf.reduce_mean(tf.reshape(clips[:, : 2 * pairs], shape), axis=2)
    return tf.concat([halved, clips[:, -1:]], axis=1) if is_odd else halved
