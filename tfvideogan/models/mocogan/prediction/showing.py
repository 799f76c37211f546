"""What a prediction shows of itself: to metrics, to people, and behind signatures."""

from collections.abc import Callable, Mapping
from typing import Protocol

import tensorflow as tf

from tfvideogan.core import clip, pixels, signatures
from tfvideogan.models import noise, sampling
from tfvideogan.models.mocogan.prediction import predictor

VIDEO = {
    "video": "[N, F, H, W, C] uint8, the frames that follow",
    "video_float": "[N, F, H, W, C] float32 in [-1, 1]",
}
CODES = {
    "content_code": "[N, D] float32, of the look of the last three frames",
    "motion_codes": "[N, T-1, Z] float32, of each transition",
    "clip_code": "[N, E] float32, of the motion as a whole",
}
# Predictions of a clip that people are shown.
NUM_SHOWN = 2


class Predicts(Protocol):
    """What this room needs of a model."""

    spec: clip.ClipSpec
    predictor: predictor.Predictor
    predict_frames: Callable[..., tf.Tensor]


def evaluation_outputs(
    model: Predicts,
    batch: Mapping[str, tf.Tensor],
    *,
    context: int,
    num_samples: int,
    long_frames: int,
) -> dict[str, tf.Tensor]:
    """Predicts every clip from its first frames; its pixels are its seed.

    Args:
      model: at work.
      batch: see `core.clip`.
      context: K, how many frames are given.
      num_samples: S, how many sampled predictions.
      long_frames: L, of the long predictions.

    Returns:
      `frames` as long as the batch's: the context, then the prediction of mean latents;
      `samples` [N, S, F, H, W, C], of sampled latents; `long_frames` [N, L, H, W, C],
      likewise, without the context.
    """
    frames = batch["frames"]
    given = frames[:, :context]
    horizon = frames.shape[1] - context
    clip_seeds = noise.seeds_of_clips(frames)
    mean = model.predict_frames(given, clip_seeds, frames=horizon, temperature=0.0)
    sample_seeds = clip_seeds[:, tf.newaxis] + tf.range(num_samples, dtype=tf.int64)
    samples = model.predict_frames(
        tf.repeat(given, num_samples, axis=0),
        tf.reshape(sample_seeds, [-1]),
        frames=horizon,
    )
    return {
        "frames": tf.concat([given, mean], axis=1),
        "samples": tf.reshape(samples, [-1, num_samples, horizon, *frames.shape[2:]]),
        "long_frames": model.predict_frames(given, clip_seeds, frames=long_frames),
    }


def sample_clips(
    model: Predicts, batch: Mapping[str, tf.Tensor]
) -> dict[str, tf.Tensor]:
    """Shows clips of training length; predictions begin with their context.

    Returns:
      Columns [N, T, H, W, C]: `real`; `predicted`, of mean latents; `drawn_1`, ... of
      sampled ones; and, with a posterior, `redrawn`, each clip from its own latents, and
      `moved`, the first clip's content with the motion of each.
    """
    frames = batch["frames"]
    context = frames[:, : predictor.MAX_CONTEXT]
    horizon = frames.shape[1] - predictor.MAX_CONTEXT
    own = tf.range(tf.shape(frames)[0], dtype=tf.int64)

    def shown(clips: tf.Tensor, before: tf.Tensor = context) -> tf.Tensor:
        return tf.concat([before, clips], axis=1)

    def predicted(clip_seeds: tf.Tensor, temperature: float) -> tf.Tensor:
        return shown(
            model.predict_frames(
                context, clip_seeds, frames=horizon, temperature=temperature
            )
        )

    columns = {"real": frames, "predicted": predicted(own, 0.0)}
    for index in range(NUM_SHOWN):
        clip_seeds = own + index * tf.shape(frames, out_type=tf.int64)[0]
        columns[f"drawn_{index + 1}"] = predicted(clip_seeds, 1.0)
    if model.predictor.has_posterior:
        columns["redrawn"] = shown(model.predictor.swap(context, frames))
        first = tf.repeat(context[:1], tf.shape(frames)[0], axis=0)
        still = tf.repeat(first[:, -1:], predictor.MAX_CONTEXT, axis=1)
        columns["moved"] = shown(model.predictor.swap(first, frames), still)
    return columns


def serving_functions(model: Predicts) -> dict[str, signatures.ServingFunction]:
    """Returns `predict` and, with a posterior, `swap` and `encode`.

    An answer depends on its own request alone, not on what else the server has put into
    the batch: several predictions of a clip are the clip several times, with other seeds.
    """
    spec = model.spec

    def predict(*, context: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        return sampling.video(model.predict_frames(pixels.to_float(context), seed))

    def swap(*, content: tf.Tensor, motion: tf.Tensor) -> dict[str, tf.Tensor]:
        moved = model.predictor.swap(pixels.to_float(content), pixels.to_float(motion))
        return sampling.video(moved)

    def encode(*, clip: tf.Tensor) -> dict[str, tf.Tensor]:
        return model.predictor.encode(pixels.to_float(clip))

    few = "1 to 3 frames; of more the last three count"
    whole = {"num_frames": spec.frames}
    made = {
        signatures.PREDICT: signatures.ServingFunction.of(
            predict,
            [
                signatures.video(signatures.CONTEXT, spec, axis="K", about=few),
                signatures.seed(),
            ],
            VIDEO,
            about="what follows on the frames, one course for each seed",
        )
    }
    if not model.predictor.has_posterior:
        return made
    moving = "the clip that moves"
    return made | {
        signatures.SWAP: signatures.ServingFunction.of(
            swap,
            [
                signatures.video(signatures.CONTENT, spec, axis="K", about=few),
                signatures.video(signatures.MOTION, spec, about=moving, **whole),
            ],
            VIDEO,
            about="the content of one clip with the motion of another, from its 4th frame",
        ),
        signatures.ENCODE: signatures.ServingFunction.of(
            encode,
            [signatures.video(signatures.CLIP, spec, about="a clip", **whole)],
            CODES,
            about="codes of content and motion",
        ),
    }
