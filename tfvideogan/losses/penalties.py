"""Penalties on the slope of a critic with respect to its input.

    penalty = penalties.gradient_penalty(critic, real, fake, seed)   # every step
    penalty = penalties.r1_penalty(critic, real)                     # lazily, every 16

`critic` is any function of one batch that returns logits [N, ...]; close over
conditions, `training`, and whatever else it takes. An example's score is the *mean* of
its logits, so that a patch critic is penalised alike whatever the size of its map. (The
sum, which some WGAN-GP code takes, makes the target slope 1 / number of patches.) For
one logit per example both are the same.

The penalties differentiate twice: call them inside the tape of the critic's variables.

References:
  [1] Gulrajani et al., "Improved training of Wasserstein GANs", NIPS 2017, equation 3
      and algorithm 1.
  [2] Mescheder, Geiger, Nowozin, "Which training methods for GANs do actually
      converge?", ICML 2018, equation 9.
"""

from collections.abc import Callable

import tensorflow as tf

from tfvideogan.core import seeds

# Inside the root: the slope of sqrt is infinite at 0, where a fresh critic may start.
_EPSILON = 1e-12


def gradient_penalty(
    critic: Callable[[tf.Tensor], tf.Tensor],
    real: tf.Tensor,
    fake: tf.Tensor,
    seed: tf.Tensor,
) -> tf.Tensor:
    """Computes mean (|d score / d x| - 1)^2 between real and fake samples, [1].

    One point per pair, x = fake + u (real - fake) with u uniform in [0, 1).

    Args:
      critic: maps samples to logits [N, ...].
      real: [N, ...] float samples; no gradient flows into them.
      fake: the same shape; no gradient flows into them.
      seed: [2] int32.

    Returns:
      A float32 scalar, without weight (10 in [1]).

    Raises:
      ValueError: the shapes of `real` and `fake` differ.
    """
    if not real.shape.is_compatible_with(fake.shape):
        raise ValueError(
            f"`fake` has shape {fake.shape} and `real` has {real.shape}; they must be "
            "equal, one fake for each real sample."
        )
    real = tf.stop_gradient(tf.cast(real, tf.float32))
    fake = tf.stop_gradient(tf.cast(fake, tf.float32))
    ones = tf.ones([tf.rank(real) - 1], tf.int32)
    share = seeds.uniform(tf.concat([tf.shape(real)[:1], ones], axis=0), seed)
    samples = fake + share * (real - fake)
    lengths = tf.sqrt(_squared_slopes(critic, samples) + _EPSILON)  # [N]
    return tf.reduce_mean(tf.square(lengths - 1.0))


def r1_penalty(critic: Callable[[tf.Tensor], tf.Tensor], real: tf.Tensor) -> tf.Tensor:
    """Computes half of mean |d score / d x|^2 on real samples, equation 9 of [2].

    The half belongs to it: the weight is the gamma of [2] and of its followers. When
    it runs only every k-th step, multiply the weight by k.

    Args:
      critic: maps samples to logits [N, ...].
      real: [N, ...] float samples; no gradient flows into them.

    Returns:
      A float32 scalar, without weight.
    """
    samples = tf.stop_gradient(tf.cast(real, tf.float32))
    return 0.5 * tf.reduce_mean(_squared_slopes(critic, samples))


def _squared_slopes(
    critic: Callable[[tf.Tensor], tf.Tensor], samples: tf.Tensor
) -> tf.Tensor:
    """Squared length of each example's input gradient, [N] float32."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(samples)
        logits = tf.cast(critic(samples), tf.float32)
        scores = tf.reduce_mean(logits, axis=tf.range(1, tf.rank(logits)))  # [N]
        # Examples do not meet in a critic, so the sum's gradient is each one's own.
        total = tf.reduce_sum(scores)
    slopes = tape.gradient(total, samples)
    axes = tf.range(1, tf.rank(slopes))
    return tf.reduce_sum(tf.square(slopes), axis=axes)
