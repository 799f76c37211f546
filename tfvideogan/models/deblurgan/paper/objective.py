"""The penalty on the critic's slope as the released code computes it.

As published, it is `losses.penalties.gradient_penalty`: one point between each real and
restored frame, and the slope of a frame's score with respect to all of its pixels.

References:
  [1] Gulrajani et al., Improved Training of Wasserstein GANs, NIPS 2017, algorithm 1.
"""

from collections.abc import Callable

import tensorflow as tf

from tfvideogan.core import seeds

# Inside the root, whose slope is infinite at 0.
EPSILON = 1e-12


def released_penalty(
    critic: Callable[[tf.Tensor], tf.Tensor],
    real: tf.Tensor,
    fake: tf.Tensor,
    seed: tf.Tensor,
) -> tf.Tensor:
    """Computes what the released code does, with its two faults.

    All frames of a batch lie at the same share of the way between real and fake; and each
    pixel's slope, over its channels alone, is to be 1, of the sum of all scores.

    Args:
      critic: maps frames to logits [N, ...].
      real: [N, H, W, C].
      fake: the same shape.
      seed: [2] int32.

    Returns:
      A float32 scalar, without weight.
    """
    share = seeds.uniform([], seed)
    samples = tf.stop_gradient(share * real + (1.0 - share) * fake)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(samples)
        total = tf.reduce_sum(critic(samples))
    slopes = tape.gradient(total, samples)
    lengths = tf.sqrt(tf.reduce_sum(tf.square(slopes), axis=-1) + EPSILON)  # [N, H, W]
    return tf.reduce_mean(tf.square(lengths - 1.0))
