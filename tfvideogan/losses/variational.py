"""Divergence of a posterior from a learnt prior, both normal and independent per number.

    loss = variational.balanced_kl(posterior, prior, free_nats=0.1, prior_share=0.8)

References:
  [1] Kingma, Welling, Auto-Encoding Variational Bayes, ICLR 2014, appendix B.
  [2] Kingma et al., Improving Variational Inference with Inverse Autoregressive Flow,
      NeurIPS 2016, section C.8 (free bits).
  [3] Hafner et al., Mastering Atari with Discrete World Models, ICLR 2021, section 2.2
      (balancing).
"""

import tensorflow as tf

Moments = tuple[tf.Tensor, tf.Tensor]


def kl(posterior: Moments, prior: Moments) -> tf.Tensor:
    """Computes KL(posterior || prior) of each number, [1].

    Args:
      posterior: mean and logarithm of the standard deviation, any shape.
      prior: likewise, of the same shape.

    Returns:
      That shape, float32 nats; 0 where the two are alike.
    """
    mean, log_scale = (tf.cast(one, tf.float32) for one in posterior)
    other_mean, other_log_scale = (tf.cast(one, tf.float32) for one in prior)
    ratio = tf.exp(2.0 * (log_scale - other_log_scale))
    gap = tf.square((mean - other_mean) * tf.exp(-other_log_scale))
    return 0.5 * (ratio + gap - 1.0) + other_log_scale - log_scale


def balanced_kl(
    posterior: Moments, prior: Moments, *, free_nats: float, prior_share: float
) -> tf.Tensor:
    """Computes the divergence with most of the slope on the prior, [3].

    Each number's mean over everything but the last axis is charged from `free_nats` on,
    [2]; these are summed.

    Args:
      posterior: mean and logarithm of the standard deviation [..., Z].
      prior: likewise.
      free_nats: of each of the Z numbers, for nothing.
      prior_share: of the slope that moves the prior to the posterior, in [0, 1]; the rest
        moves the posterior.

    Returns:
      A float32 scalar.
    """
    fixed_posterior = tuple(tf.stop_gradient(one) for one in posterior)
    fixed_prior = tuple(tf.stop_gradient(one) for one in prior)
    parts = (
        (prior_share, kl(fixed_posterior, prior)),
        (1.0 - prior_share, kl(posterior, fixed_prior)),
    )
    total = 0.0
    for share, values in parts:
        axes = list(range(values.shape.rank - 1))
        means = tf.reduce_mean(values, axis=axes)  # [Z]
        total += share * tf.reduce_sum(tf.maximum(means, free_nats))
    return total
