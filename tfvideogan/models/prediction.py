"""What a model that predicts what follows on frames shows: to metrics and to people.

    outputs = prediction.evaluation_outputs(
        model.predict_frames, real, context=3, num_samples=5, long_frames=208
    )
    columns = prediction.sample_clips(model.predict_frames, real, context=3)

A prediction depends on its own context and seed alone, not on what else is in the batch;
see `noise.py`.
"""

from collections.abc import Callable

import tensorflow as tf

from tfvideogan.core import signatures
from tfvideogan.models import noise

VIDEO = {
    signatures.VIDEO: "[N, F, H, W, C] uint8, the frames that follow",
    signatures.VIDEO_FLOAT: "[N, F, H, W, C] float32 in [-1, 1]",
}
# By how much exports may differ: frames go on from each other, and rounding grows from one
# to the next, of trained weights more than of fresh ones.
TOLERANCE = 1e-3
# Predictions of a clip that people are shown.
NUM_SHOWN = 2
# (context [N, K, H, W, C], clip_seeds [N] int64, frames=F, temperature=1.0) ->
# [N, F, H, W, C] in [-1, 1]. F is any length, and a longer prediction begins like a shorter
# one; the temperature is a factor of the noise.
Predict = Callable[..., tf.Tensor]


def evaluation_outputs(
    predict: Predict,
    frames: tf.Tensor,
    *,
    context: int,
    num_samples: int,
    long_frames: int,
) -> dict[str, tf.Tensor]:
    """Predicts every clip from its first frames; its pixels are its seed.

    Args:
      predict: of the model.
      frames: [N, T, H, W, C] in [-1, 1].
      context: K, how many frames are given.
      num_samples: S, how many predictions with noise.
      long_frames: L, of the long predictions.

    Returns:
      `frames` [N, T, H, W, C]: the context, then the prediction without noise;
      `samples` [N, S, T - K, H, W, C], with noise; `long_frames` [N, L, H, W, C],
      likewise, without the context.
    """
    given = frames[:, :context]
    horizon = frames.shape[1] - context
    clip_seeds = noise.seeds_of_clips(frames)
    mean = predict(given, clip_seeds, frames=horizon, temperature=0.0)
    sample_seeds = clip_seeds[:, tf.newaxis] + tf.range(num_samples, dtype=tf.int64)
    samples = predict(
        tf.repeat(given, num_samples, axis=0),
        tf.reshape(sample_seeds, [-1]),
        frames=horizon,
    )
    return {
        "frames": tf.concat([given, mean], axis=1),
        "samples": tf.reshape(samples, [-1, num_samples, horizon, *frames.shape[2:]]),
        "long_frames": predict(given, clip_seeds, frames=long_frames),
    }


def sample_clips(
    predict: Predict, frames: tf.Tensor, *, context: int
) -> dict[str, tf.Tensor]:
    """Shows clips [N, T, H, W, C] and predictions behind their first `context` frames.

    Returns:
      Columns like the clips: `real`; `predicted`, without noise; `drawn_1`, ... with it,
      of the same seeds each time.
    """
    given = frames[:, :context]
    horizon = frames.shape[1] - context
    own = tf.range(tf.shape(frames)[0], dtype=tf.int64)

    def predicted(clip_seeds: tf.Tensor, temperature: float) -> tf.Tensor:
        made = predict(given, clip_seeds, frames=horizon, temperature=temperature)
        return tf.concat([given, made], axis=1)

    columns = {"real": frames, "predicted": predicted(own, 0.0)}
    for index in range(NUM_SHOWN):
        clip_seeds = own + index * tf.shape(frames, out_type=tf.int64)[0]
        columns[f"drawn_{index + 1}"] = predicted(clip_seeds, 1.0)
    return columns
