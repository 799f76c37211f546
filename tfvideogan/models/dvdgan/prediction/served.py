"""Signatures of DVD-GAN's predictions: frames and a seed in, videos of any length out.

    predict           context, seed [, label]     -> the frames that follow
    predict_start     context, seed [, label]     -> the same, and the memory
    predict_next      memory [, label]            -> those that follow on these, and so on

The memory is the last C frames and the seed of the next latent code: frames in portions
are those of one long prediction.
"""

import functools
from typing import NamedTuple, Protocol

import tensorflow as tf

from tfvideogan.core import clip, pixels, signatures
from tfvideogan.models import noise, prediction, sampling

ABOUT_MEMORY = {
    "frames": "[N, C, H, W, 1 or 3] float32, the last frames",
    "seed": "[N] int64, of what follows on them",
}
MEMORISED = prediction.VIDEO | {
    signatures.NEXT_STATE + name: about for name, about in ABOUT_MEMORY.items()
}


class Memory(NamedTuple):
    """What a prediction goes on from.

    Attributes:
      frames: [N, C, H, W, 1 or 3] in [-1, 1], the last frames.
      clip_seeds: [N] int64, of the latent codes of what follows.
    """

    frames: tf.Tensor
    clip_seeds: tf.Tensor

    def behind(self, made: tf.Tensor) -> "Memory":
        """Returns the memory behind frames [N, F, H, W, 1 or 3], with other seeds."""
        count = self.frames.shape[1]
        frames = tf.concat([self.frames, made], axis=1)[:, -count:]
        return Memory(frames, noise.seeds_of_parts(self.clip_seeds, 2)[:, 1])


class Predicts(Protocol):
    """What this room needs of a model."""

    spec: clip.ClipSpec
    categories: int
    horizon: int

    def remember(self, context: tf.Tensor, clip_seeds: tf.Tensor) -> Memory:
        """Returns what a prediction starts from."""
        ...

    def continue_from(
        self, memory: Memory, labels: tf.Tensor
    ) -> tuple[tf.Tensor, Memory]:
        """Predicts frames; returns them and what to go on from."""
        ...


def serving_functions(model: Predicts) -> dict[str, signatures.ServingFunction]:
    """Returns the signatures; an answer depends on its own request alone."""
    spec, count = model.spec, model.spec.frames - model.horizon
    labels = sampling.label_inputs(model.categories)
    frames = f"{count} frame{'s' * (count > 1)} or more; the last {count} count"
    inputs = [
        signatures.video(signatures.CONTEXT, spec, axis="K", about=frames),
        signatures.seed(),
        *labels,
    ]

    def follow(
        memory: Memory, label: tf.Tensor | None
    ) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        unlabelled = tf.zeros_like(memory.clip_seeds, tf.int32)
        made, memory = model.continue_from(
            memory, unlabelled if label is None else label
        )
        named = zip(ABOUT_MEMORY, memory, strict=True)
        states = {signatures.NEXT_STATE + name: value for name, value in named}
        return sampling.video(made), states

    def predict_start(
        *, context: tf.Tensor, seed: tf.Tensor, label: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        memory = model.remember(pixels.to_float(context), seed)
        video, states = follow(memory, label)
        return video | states

    def predict(
        *, context: tf.Tensor, seed: tf.Tensor, label: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        return follow(model.remember(pixels.to_float(context), seed), label)[0]

    def predict_next(
        *,
        state_frames: tf.Tensor,
        state_seed: tf.Tensor,
        label: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        video, states = follow(Memory(state_frames, state_seed), label)
        return video | states

    of = functools.partial(
        signatures.ServingFunction.of, tolerance=prediction.TOLERANCE
    )
    about = "what follows on the frames, one course for each seed"
    shared = {"about": about, "at_least": {"K": count}}
    verb = signatures.PREDICT
    return {
        verb: of(predict, inputs, prediction.VIDEO, **shared),
        verb + signatures.START: of(predict_start, inputs, MEMORISED, **shared),
        verb + signatures.NEXT: of(
            predict_next,
            [*_memory_inputs(spec, count), *labels],
            MEMORISED,
            about="what follows then",
        ),
    }


def _memory_inputs(spec: clip.ClipSpec, count: int) -> list[signatures.Input]:
    tensors = {
        "frames": ([count, spec.height, spec.width, spec.channels], tf.float32),
        "seed": ([], tf.int64),
    }
    return [
        signatures.Input(
            tf.TensorSpec([None, *shape], dtype, signatures.STATE + name),
            signatures.InputRule(about=ABOUT_MEMORY[name]),
        )
        for name, (shape, dtype) in tensors.items()
    ]
