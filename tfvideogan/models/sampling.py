"""What a model that generates clips of seeds shows: to metrics, people and clients.

    outputs = sampling.evaluation_outputs(model.generate, real, labels=None, long_frames=64)
    columns = sampling.sample_clips(model.generate, real, categories=6)
    served = sampling.serving_functions(model.generate, categories=6)

A clip depends on its own seed alone, not on what else is in the batch; see `noise.py`.
"""

from collections.abc import Callable

import tensorflow as tf

from tfvideogan.core import pixels, signatures
from tfvideogan.models import noise

VIDEO = {
    signatures.VIDEO: "[N, T, H, W, C] uint8",
    signatures.VIDEO_FLOAT: "[N, T, H, W, C] float32 in [-1, 1]",
}
# (clip_seeds [N] int64, labels [N] int32 or None, frames=T, truncation=[N] float32) ->
# [N, T, H, W, C] in [-1, 1]. Without labels they are drawn; T is any length, that of
# training by default, and a longer clip begins like a shorter one; truncation in [0, 1] is
# a factor of the latent code: towards 0 clips are more typical and more alike.
Generate = Callable[..., tf.Tensor]


def evaluation_outputs(
    generate: Generate,
    real: tf.Tensor,
    *,
    labels: tf.Tensor | None,
    long_frames: int,
) -> dict[str, tf.Tensor]:
    """Generates a clip for each real one, whose pixels are its seed.

    Args:
      generate: of the model.
      real: [N, T, H, W, C] in [-1, 1].
      labels: [N] int32 categories, or None to draw them.
      long_frames: L, length of the long videos.

    Returns:
      `frames` [N, T, H, W, C] and `long_frames` [N, L, H, W, C], which begin alike.
    """
    length = real.shape[1]
    whole = generate(
        noise.seeds_of_clips(real), labels, frames=max(length, long_frames)
    )
    return {"frames": whole[:, :length], "long_frames": whole[:, :long_frames]}


def sample_clips(
    generate: Generate, real: tf.Tensor, *, categories: int
) -> dict[str, tf.Tensor]:
    """Shows real clips [N, T, H, W, C] and, each time, the same seeds.

    Returns:
      Columns [N, T, H, W, C]: `real`, and `generated`, where row n has seed n and, of the
      `categories`, the n-th one.
    """
    number = tf.shape(real)[0]
    labels = tf.range(number) % max(categories, 1)
    clip_seeds = tf.range(number, dtype=tf.int64)
    generated = generate(clip_seeds, labels, frames=real.shape[1])
    return {"real": real, "generated": generated}


def serving_functions(
    generate: Generate, *, categories: int
) -> dict[str, signatures.ServingFunction]:
    """Returns `generate` and `generate_truncated`; clips are as long as in training.

    Args:
      generate: of the model.
      categories: number of categories; with 0 there is no input for them.
    """
    inputs = [signatures.seed(), *label_inputs(categories)]

    def answer(
        *,
        seed: tf.Tensor,
        label: tf.Tensor | None = None,
        truncation: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        return video(generate(seed, label, truncation=truncation))

    return {
        signatures.GENERATE: signatures.ServingFunction.of(
            answer, inputs, VIDEO, about="a video for each seed"
        ),
        "generate_truncated": signatures.ServingFunction.of(
            answer,
            [*inputs, signatures.truncation()],
            VIDEO,
            about="a more typical video for each seed",
        ),
    }


def label_inputs(
    categories: int, name: str = signatures.LABEL
) -> list[signatures.Input]:
    """Returns the input `label`, or none without categories."""
    return [signatures.label(categories, name)] if categories else []


def video(frames: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns the outputs `VIDEO` of a signature for frames [N, T, H, W, C]."""
    return {
        signatures.VIDEO: pixels.to_uint8(frames),
        signatures.VIDEO_FLOAT: frames,
    }
