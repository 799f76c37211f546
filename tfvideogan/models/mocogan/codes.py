"""The latent codes of a clip of MoCoGAN: content, category and motion.

    codes = draw(sizes, num_clips=8, num_frames=16, seed=seed)      # in training
    codes = draw_each(sizes, clip_seeds, num_frames=16)             # one seed per clip

One content code and one category hold for a whole clip; the motion has a start, the
initial hidden state of the recurrent network, and noise for every frame. All are standard
normal, categories uniform; see section 3.1 of Tulyakov et al., MoCoGAN: Decomposing Motion
and Content for Video Generation, CVPR 2018.
"""

import dataclasses
from typing import NamedTuple

import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models import noise as noise_lib


@dataclasses.dataclass(frozen=True)
class Sizes:
    """The sizes of the codes.

    Attributes:
      content: numbers in the content code.
      noise: numbers in the motion noise of a frame.
      state: numbers in the hidden state of the motion network.
      categories: number of categories, 0 for none.
    """

    content: int
    noise: int
    state: int
    categories: int


class Codes(NamedTuple):
    """Codes of N clips of T frames.

    Attributes:
      content: [N, D].
      labels: [N] int32, zeros where there are no categories.
      start: [N, S], initial hidden state of the motion.
      noise: [N, T, Z], of the motion.
    """

    content: tf.Tensor
    labels: tf.Tensor
    start: tf.Tensor
    noise: tf.Tensor


def draw(
    sizes: Sizes, *, num_clips: int | tf.Tensor, num_frames: int, seed: tf.Tensor
) -> Codes:
    """Samples the codes of a batch from one seed [2] int32."""
    return Codes(
        content=seeds.normal([num_clips, sizes.content], seeds.fold(seed, "content")),
        labels=seeds.integers(
            [num_clips], seeds.fold(seed, "labels"), max(sizes.categories, 1)
        ),
        start=seeds.normal([num_clips, sizes.state], seeds.fold(seed, "start")),
        noise=seeds.normal(
            [num_clips, num_frames, sizes.noise], seeds.fold(seed, "noise")
        ),
    )


def draw_each(
    sizes: Sizes,
    clip_seeds: tf.Tensor,
    *,
    num_frames: int,
    labels: tf.Tensor | None = None,
) -> Codes:
    """Samples the codes of every clip from its own seed, whatever else is in the batch.

    A longer clip of the same seed begins like the shorter one.

    Args:
      sizes: of the codes.
      clip_seeds: [N] int64.
      num_frames: T.
      labels: [N] int32, or None to draw them.
    """

    def draw_one(seed: tf.Tensor) -> Codes:
        # Philox counts: the first numbers of a longer draw are those of a shorter one.
        drawn = draw(sizes, num_clips=1, num_frames=num_frames, seed=seed)
        return Codes(*(part[0] for part in drawn))

    dtypes = Codes(tf.float32, tf.int32, tf.float32, tf.float32)
    drawn = noise_lib.draw_each(clip_seeds, draw_one, dtypes)
    content, drawn_labels, start, noise = drawn
    return Codes(
        content=tf.ensure_shape(content, [None, sizes.content]),
        labels=drawn_labels if labels is None else labels,
        start=tf.ensure_shape(start, [None, sizes.state]),
        noise=tf.ensure_shape(noise, [None, num_frames, sizes.noise]),
    )


def one_hot(labels: tf.Tensor, sizes: Sizes) -> tf.Tensor:
    """Returns labels [N] as [N, categories] float32."""
    return tf.one_hot(labels, sizes.categories)
