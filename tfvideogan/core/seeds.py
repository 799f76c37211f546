"""Stateless seeds: run -> step -> replica -> phase -> use.

A seed is an int32 tensor of shape [2]. Seeds are derived and never reused, so that a run
can be repeated and resumed without saving any generator state: the step is part of the
seed. Everything draws with `alg="philox"`: "auto_select" takes another algorithm under
XLA. Integers are then the same with and without XLA; floats agree between eager mode and
graphs, but XLA on a CPU makes other floats of the same bits (TensorFlow 2.21).

    seed = seeds.fold(seeds.from_int(7), step, replica)
    noise = seeds.normal([4, 16], seed)
"""

import re
import zlib
from collections.abc import Sequence

import tensorflow as tf

ALGORITHM = "philox"
# The constant of a use is called so in a graph; plain exports name their inputs by it.
_USE = "use_"


def from_int(seed: int) -> tf.Tensor:
    """Returns the root seed [2] int32 of an integer of at most 64 bits."""
    low = int(seed) & 0x7FFFFFFF
    high = (int(seed) >> 31) & 0x7FFFFFFF
    return tf.constant([low, high], tf.int32)


def fold(seed: tf.Tensor, *values: int | str | tf.Tensor) -> tf.Tensor:
    """Derives a new seed [2] int32 from a seed and numbers, names or scalar tensors.

    Args:
      seed: [2] int32.
      *values: integers, strings (hashed by CRC-32) or scalar integer tensors.
    """
    for value in values:
        if isinstance(value, str):
            number = zlib.crc32(value.encode()) & 0x7FFFFFFF
            name = _USE + re.sub(r"\W", "_", value)
            folded = tf.constant(number, tf.int32, name=name)
        else:
            folded = tf.cast(value, tf.int32)
        seed = tf.random.experimental.stateless_fold_in(seed, folded, alg=ALGORITHM)
    return seed


def use_of(node: str) -> str | None:
    """Returns the use that a constant of a graph stands for, by the constant's name.

    Args:
      node: its name, a path; "while/use_noise_1" stands for "noise".
    """
    last = node.rsplit("/", 1)[-1]
    found = re.fullmatch(rf"{_USE}(.+?)(_\d+)?", last)
    return found[1] if found else None


def normal(shape: Sequence[int] | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Draws float32 standard normal numbers of `shape` from a seed [2] int32."""
    return tf.random.stateless_normal(shape, seed, alg=ALGORITHM)


def uniform(
    shape: Sequence[int] | tf.Tensor,
    seed: tf.Tensor,
    minval: float = 0.0,
    maxval: float = 1.0,
) -> tf.Tensor:
    """Draws float32 numbers uniform in [minval, maxval) from a seed [2] int32."""
    return tf.random.stateless_uniform(
        shape, seed, minval=minval, maxval=maxval, alg=ALGORITHM
    )


def integers(
    shape: Sequence[int] | tf.Tensor, seed: tf.Tensor, maxval: int | tf.Tensor
) -> tf.Tensor:
    """Draws int32 numbers uniform in [0, maxval) from a seed [2] int32."""
    return tf.random.stateless_uniform(
        shape,
        seed,
        minval=0,
        maxval=tf.cast(maxval, tf.int32),
        dtype=tf.int32,
        alg=ALGORITHM,
    )
