"""The losses of DVD-GAN: a score for each clip, and the hinge on the critics' side only.

    score(clip) = sum of the logits of what is left of it          "mean" as an option
    critic        mean relu(1 - score(real)) + mean relu(1 + score(fake))
    generator     - mean score(fake)

The sum comes before the hinge: the margin of 1 is that of a clip, not of a frame [1]. With
k frames the scores are k times as large as one logit; "mean" makes the margin independent
of k.

References:
  [1] Clark et al., Adversarial Video Generation on Complex Datasets, 2019, section 3.1.
"""

import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.losses import adversarial

REDUCTIONS = {"sum": tf.reduce_sum, "mean": tf.reduce_mean}


def check_reduction(reduction: str) -> None:
    """Checks the name of a reduction.

    Raises:
      UserError: there is none of that name.
    """
    if reduction not in REDUCTIONS:
        raise errors.UserError(
            f"`score_reduction` ({reduction!r}) must be one of {', '.join(REDUCTIONS)}."
        )


def clip_scores(logits: tf.Tensor, reduction: str) -> tf.Tensor:
    """Returns scores [N] of logits [N, K]."""
    return REDUCTIONS[reduction](logits, axis=1)


def critic_loss(
    real_logits: tf.Tensor, fake_logits: tf.Tensor, reduction: str
) -> tf.Tensor:
    """Hinge loss of a discriminator's logits [N, K] each; a scalar."""
    return adversarial.hinge_critic_loss(
        clip_scores(real_logits, reduction), clip_scores(fake_logits, reduction)
    )


def generator_loss(fake_logits: tf.Tensor, reduction: str) -> tf.Tensor:
    """Minus the mean score of logits [N, K]; a scalar."""
    return adversarial.hinge_generator_loss(clip_scores(fake_logits, reduction))
