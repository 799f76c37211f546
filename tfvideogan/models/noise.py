"""Latent noise of clips that have a seed each, whatever else is in the batch.

    z = noise.normal_each(clip_seeds, [num_frames, 16])        # [N, T, 16]
    codes = noise.draw_each(clip_seeds, draw_codes, signature)  # of any structure
    clip_seeds = noise.seeds_of_clips(real_frames)             # evaluation: a fake a clip

An answer of a server then does not depend on the other requests of its batch, nor an
evaluation on the size of its batches. A clip's seed is one int64, as clients send it;
`core/seeds.py` wants two int32.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import tensorflow as tf

from tfvideogan.core import pixels, seeds

# Knuth's multiplicative hash: the golden ratio of 2 ** 32.
HASH_FACTOR = 2654435761
SEED_BITS = 31
SEED_MASK = 2**SEED_BITS - 1

Structure = TypeVar("Structure")


def draw_each(
    clip_seeds: tf.Tensor,
    draw: Callable[[tf.Tensor], Structure],
    signature: Structure,
) -> Structure:
    """Draws of every clip from its own seed.

    Args:
      clip_seeds: [N] int64.
      draw: takes a seed [2] int32, returns the tensors [...] of one clip.
      signature: dtypes or specs of what it returns.

    Returns:
      The same structure, [N, ...].
    """
    return tf.map_fn(draw, _to_pairs(clip_seeds), fn_output_signature=signature)


def normal_each(clip_seeds: tf.Tensor, shape: Sequence[int]) -> tf.Tensor:
    """Draws standard normal noise [N, *shape], of every clip from its own seed.

    That of a longer first axis of `shape` begins like that of a shorter one.

    Args:
      clip_seeds: [N] int64.
      shape: static.
    """

    def draw(seed: tf.Tensor) -> tf.Tensor:
        return seeds.normal(shape, seeds.fold(seed, "noise"))

    return draw_each(clip_seeds, draw, tf.TensorSpec(shape, tf.float32))


def seeds_of_parts(clip_seeds: tf.Tensor, count: int) -> tf.Tensor:
    """Returns seeds [N, count] int64 of parts of clips; the first is the clip's own."""
    # Products and sums wrap around, which is all right for a hash.
    parts = tf.range(count, dtype=tf.int64) * HASH_FACTOR
    return clip_seeds[:, tf.newaxis] + parts  # [N, count]


def seeds_of_clips(frames: tf.Tensor) -> tf.Tensor:
    """Returns a seed [N] int64 for each clip [N, T, H, W, C], a hash of its pixels."""
    digits = tf.cast(pixels.to_uint8(frames), tf.int64)
    flat = tf.reshape(digits, [tf.shape(frames)[0], -1])  # [N, T·H·W·C]
    places = tf.range(1, tf.shape(flat)[1] + 1, dtype=tf.int64)
    # Products and sums wrap around, which is all right for a hash.
    return tf.reduce_sum(flat * (places * HASH_FACTOR), axis=1)


def _to_pairs(clip_seeds: tf.Tensor) -> tf.Tensor:
    """Splits seeds [N] int64 into the [N, 2] int32 of `core/seeds.py`."""
    low = tf.bitwise.bitwise_and(clip_seeds, SEED_MASK)
    high = tf.bitwise.right_shift(clip_seeds, tf.constant(SEED_BITS, tf.int64))
    high = tf.bitwise.bitwise_and(high, SEED_MASK)
    return tf.cast(tf.stack([low, high], axis=1), tf.int32)  # [N, 2]
