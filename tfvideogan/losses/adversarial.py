"""Adversarial losses in pairs, on logits: what the critic minimises, and the generator.

    critic_loss = adversarial.hinge_critic_loss(real_logits, fake_logits)
    generator_loss = adversarial.hinge_generator_loss(fake_logits)

Every function takes logits of any shape ([N, K], or the score map [N, h, w, 1] of a
patch critic), averages over everything in float32 and returns a scalar. Minimising a
generator loss always *raises* the critic's score of the fakes, whichever pair it is.

References:
  [1] Lim, Ye, "Geometric GAN", 2017; hinge form as in Miyato et al., "Spectral
      normalization for generative adversarial networks", ICLR 2018, equations 16-17.
  [2] Arjovsky, Chintala, Bottou, "Wasserstein GAN", ICML 2017, equation 2.
  [3] Goodfellow et al., "Generative adversarial nets", NIPS 2014, section 3 (the
      non-saturating form).
"""

import tensorflow as tf


def hinge_critic_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """Computes mean relu(1 - real) + mean relu(1 + fake), [1].

    Args:
      real_logits: any shape; scores of real samples.
      fake_logits: any shape; scores of generated samples.

    Returns:
      A float32 scalar: 2 when all logits are 0, 0 when both sides pass the margin 1.
    """
    real = tf.reduce_mean(tf.nn.relu(1.0 - _float32(real_logits)))
    fake = tf.reduce_mean(tf.nn.relu(1.0 + _float32(fake_logits)))
    return real + fake


def hinge_generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """Computes -mean fake, [1]: unbounded, unlike its critic.

    Args:
      fake_logits: any shape; scores of generated samples.

    Returns:
      A float32 scalar.
    """
    return -tf.reduce_mean(_float32(fake_logits))


def wgan_critic_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """Computes mean fake - mean real, [2]: minus the estimated Wasserstein distance.

    It means something only for a critic of bounded slope: see `losses/penalties.py`.

    Args:
      real_logits: any shape; scores of real samples.
      fake_logits: any shape; scores of generated samples.

    Returns:
      A float32 scalar.
    """
    return tf.reduce_mean(_float32(fake_logits)) - tf.reduce_mean(_float32(real_logits))


def wgan_generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """Computes -mean fake, [2].

    Args:
      fake_logits: any shape; scores of generated samples.

    Returns:
      A float32 scalar.
    """
    return -tf.reduce_mean(_float32(fake_logits))


def logistic_critic_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """Computes mean softplus(-real) + mean softplus(fake), [3].

    Args:
      real_logits: any shape; scores of real samples.
      fake_logits: any shape; scores of generated samples.

    Returns:
      A float32 scalar: 2 log 2 = 1.386 when all logits are 0.
    """
    real = tf.reduce_mean(tf.nn.softplus(-_float32(real_logits)))
    fake = tf.reduce_mean(tf.nn.softplus(_float32(fake_logits)))
    return real + fake


def logistic_generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """Computes mean softplus(-fake), the non-saturating form of [3].

    Args:
      fake_logits: any shape; scores of generated samples.

    Returns:
      A float32 scalar: log 2 = 0.693 when all logits are 0.
    """
    return tf.reduce_mean(tf.nn.softplus(-_float32(fake_logits)))


def _float32(logits: tf.Tensor) -> tf.Tensor:
    # Before reducing: a float16 mean of 3000 scores has three digits.
    return tf.cast(logits, tf.float32)
