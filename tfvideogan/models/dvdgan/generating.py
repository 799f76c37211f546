"""Clips of DVD-GAN for clients: a code for each seed, mixtures of two, clips of any length.

codes = codes_of(clip_seeds, labels, latent=120, categories=6)
made = clips(generator, codes, num_frames=48)
made = clips_between(generator, codes, others, share, num_frames=12)
"""

from typing import NamedTuple

import tensorflow as tf

from tfvideogan.core import seeds, signatures
from tfvideogan.models import noise, sampling
from tfvideogan.models.dvdgan import generator as generators
from tfvideogan.models.dvdgan import portions

# Frames of each clip that are made at a time, if the generator can go on with a clip.
PORTION = 16


class Codes(NamedTuple):
    """What N clips are made of.

    Attributes:
      latent: [N, D].
      labels: [N] int32; zeros without categories.
    """

    latent: tf.Tensor
    labels: tf.Tensor


def codes_of(
    clip_seeds: tf.Tensor,
    labels: tf.Tensor | None,
    *,
    latent: int,
    categories: int,
) -> Codes:
    """Draws a code for each seed [N] int64, and a label where none are given."""

    def draw(seed: tf.Tensor) -> Codes:
        return Codes(
            seeds.normal([latent], seeds.fold(seed, "latent")),
            seeds.integers([], seeds.fold(seed, "labels"), max(categories, 1)),
        )

    signature = Codes(tf.TensorSpec([latent], tf.float32), tf.TensorSpec([], tf.int32))
    codes = noise.draw_each(clip_seeds, draw, signature)
    return codes if labels is None else codes._replace(labels=labels)


def truncated(codes: Codes, truncation: tf.Tensor | None) -> Codes:
    """Multiplies latent codes by factors [N]: z ~ N(0, factor^2), more typical clips."""
    if truncation is None:
        return codes
    return codes._replace(latent=codes.latent * truncation[:, tf.newaxis])


def clips(
    generator: generators.Generator, codes: Codes, *, num_frames: int
) -> tf.Tensor:
    """Makes clips [N, T, H, W, C] in [-1, 1], in portions where that is possible."""
    condition = generator.condition(codes.latent, codes.labels)
    return _clips_of(generator, condition, num_frames)


def clips_between(
    generator: generators.Generator,
    codes: Codes,
    others: Codes,
    share: tf.Tensor,
    *,
    num_frames: int,
) -> tf.Tensor:
    """Makes clips between two codes and two classes.

    Latent codes are mixed so that their variance stays: ((1 - s) z + s z') over the root of
    (1 - s)^2 + s^2; the embeddings of the classes by (1 - s) e + s e'.

    Args:
      generator: of the clips.
      codes: of share 0.
      others: of share 1.
      share: [N] float32 in [0, 1], of the others.
      num_frames: T.

    Returns:
      [N, T, H, W, C] in [-1, 1].
    """
    share = share[:, tf.newaxis]
    rest = 1.0 - share
    size = tf.sqrt(tf.square(share) + tf.square(rest))
    latent = (rest * codes.latent + share * others.latent) / size
    ends = [generator.condition(latent, one.labels) for one in (codes, others)]
    share = tf.cast(share, ends[0].dtype)
    return _clips_of(generator, ends[0] + share * (ends[1] - ends[0]), num_frames)


def serve_between(
    generator: generators.Generator, *, latent: int, num_frames: int
) -> signatures.ServingFunction:
    """Returns the signature of clips between two seeds, and two labels if there are any."""
    categories = generator.categories
    inputs = [
        signatures.seed(),
        *sampling.label_inputs(categories),
        signatures.seed(signatures.OTHER_SEED),
        *sampling.label_inputs(categories, signatures.OTHER_LABEL),
        signatures.share(),
    ]

    def answer(
        *,
        seed: tf.Tensor,
        other_seed: tf.Tensor,
        share: tf.Tensor,
        label: tf.Tensor | None = None,
        other_label: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        codes, others = (
            codes_of(one, labels, latent=latent, categories=categories)
            for one, labels in ((seed, label), (other_seed, other_label))
        )
        made = clips_between(generator, codes, others, share, num_frames=num_frames)
        return sampling.video(made)

    return signatures.ServingFunction.of(
        answer, inputs, sampling.VIDEO, about="a video between two seeds and labels"
    )


def _clips_of(
    generator: generators.Generator, condition: tf.Tensor, num_frames: int
) -> tf.Tensor:
    """Makes frames of conditions [N, D]."""
    if num_frames <= PORTION or not generator.is_causal:
        return generator.frames(condition, num_frames)[0]

    def go_on(
        states: generators.States | None,
    ) -> tuple[tf.Tensor, generators.States]:
        made, states = generator.frames(condition, PORTION, states)
        return made, tuple(tf.cast(one, generator.compute_dtype) for one in states)

    return portions.joined(go_on, *go_on(None), num_frames=num_frames)
