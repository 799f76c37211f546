"""The history of a clip as channels of one image: where each frame is put.

    image = volume.channels(history, align="right")      # [N, H, W, D·C]

Channels without a frame are black, as published; `align` says which ones they are:

    "right"    the first ones: the newest frame is always in the last one
    "left"     the released code: the last ones, so that three frames of history fill the
               first three. Trained on clips of D frames the network has never had
               anything in the last channel, where step D of a rollout puts the newest
               frame; the others are as in the step before, and prediction D is nearly
               the same again.

The released code ends there: its next step writes outside the volume. Here the oldest frame
is dropped from then on, whatever the alignment.
"""

import tensorflow as tf

from tfvideogan.models.text2video import history as histories

ALIGNMENTS = ("right", "left")


def channels(history: histories.History, *, align: str) -> tf.Tensor:
    """Returns the volume that the generator sees, [N, H, W, D·C] in [0, 1].

    Args:
      history: of D frames of H x W with C channels.
      align: one of `ALIGNMENTS`.
    """
    depth = len(history.frames)
    volume = tf.stack(history.frames, axis=-2)  # [N, H, W, D, C]
    is_valid = history.valid[:, None, None, :, None] > 0
    volume = tf.where(is_valid, unit(volume), 0.0)
    if align == "left":
        missing = tf.reduce_sum(tf.cast(history.valid == 0, tf.int32), axis=1)
        places = (tf.range(depth) + missing[:, tf.newaxis]) % depth  # [N, D]
        volume = _in_order(volume, places)
    _, height, width, _, colours = volume.shape
    return tf.reshape(volume, [-1, height, width, depth * colours])


def unit(frames: tf.Tensor) -> tf.Tensor:
    """Returns frames of [-1, 1] in the range of the network, [0, 1]."""
    return (frames + 1.0) * 0.5


def signed(frames: tf.Tensor) -> tf.Tensor:
    """Returns frames of [0, 1] in [-1, 1]."""
    return 2.0 * frames - 1.0


def _in_order(volume: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
    """Takes the frames of [N, H, W, D, C] in the order `places` [N, D]."""
    by_time = tf.transpose(volume, [0, 3, 1, 2, 4])  # [N, D, H, W, C]
    return tf.transpose(tf.gather(by_time, places, batch_dims=1), [0, 2, 3, 1, 4])
