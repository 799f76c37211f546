"""What a prediction shows of itself: to metrics, to people, and behind signatures."""

from collections.abc import Callable, Mapping
from typing import Protocol

import tensorflow as tf

from tfvideogan.core import clip, pixels, signatures
from tfvideogan.models import prediction, sampling
from tfvideogan.models.mocogan.prediction import predictor

CODES = {
    "content_code": "[N, D] float32, of the look of the last three frames",
    "motion_codes": "[N, T-1, Z] float32, of each transition",
    "clip_code": "[N, E] float32, of the motion as a whole",
}


class Predicts(Protocol):
    """What this room needs of a model."""

    spec: clip.ClipSpec
    predictor: predictor.Predictor
    predict_frames: Callable[..., tf.Tensor]
    temperature: float


def sample_clips(
    model: Predicts, batch: Mapping[str, tf.Tensor]
) -> dict[str, tf.Tensor]:
    """Shows clips of training length; predictions begin with their context.

    Returns:
      Columns [N, T, H, W, C]: those of `prediction.sample_clips`, of which `predicted` is
      of mean latents and the drawn ones of sampled ones; and, with a posterior, `redrawn`,
      each clip from its own latents, and `moved`, the first clip's content with the motion
      of each.
    """
    frames = batch["frames"]
    context = frames[:, : predictor.MAX_CONTEXT]
    columns = prediction.sample_clips(
        model.predict_frames, frames, context=predictor.MAX_CONTEXT
    )
    if model.predictor.has_posterior:
        made = model.predictor.swap(context, frames)
        columns["redrawn"] = tf.concat([context, made], axis=1)
        first = tf.repeat(context[:1], tf.shape(frames)[0], axis=0)
        still = tf.repeat(first[:, -1:], predictor.MAX_CONTEXT, axis=1)
        made = model.predictor.swap(first, frames)
        columns["moved"] = tf.concat([still, made], axis=1)
    return columns


def serving_functions(model: Predicts) -> dict[str, signatures.ServingFunction]:
    """Returns `predict` and, with a posterior, `swap` and `encode`.

    An answer depends on its own request alone, not on what else the server has put into
    the batch: several predictions of a clip are the clip several times, with other seeds.
    """
    spec = model.spec

    def predict(*, context: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        made = model.predict_frames(
            pixels.to_float(context), seed, temperature=model.temperature
        )
        return sampling.video(made)

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
            prediction.VIDEO,
            about="what follows on the frames, one course for each seed",
            tolerance=prediction.TOLERANCE,
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
            prediction.VIDEO,
            about="the content of one clip with the motion of another, from its 4th frame",
        ),
        signatures.ENCODE: signatures.ServingFunction.of(
            encode,
            [signatures.video(signatures.CLIP, spec, about="a clip", **whole)],
            CODES,
            about="codes of content and motion",
        ),
    }
