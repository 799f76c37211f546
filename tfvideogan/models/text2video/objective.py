"""What a prediction from a caption minimises, and when what counts.

References:
  [1] Mathieu, Couprie, LeCun, Deep multi-scale video prediction beyond mean square error,
      ICLR 2016 (gradient difference).
  [2] Reed et al., Generative Adversarial Text to Image Synthesis, ICML 2016, section 4.1
      (matching-aware discriminator: a real sample with a wrong caption is a fake).
  [3] Lim, Ye, Geometric GAN, 2017 (hinge).
"""

import dataclasses

import tensorflow as tf

from tfvideogan.losses import pixels
from tfvideogan.models import ramp
from tfvideogan.ops import frames, masks

# Fakes and mismatched samples together weigh as much as the real ones, [2].
HALF = 0.5
# Sides in pixels of what `LossWeights.coarse` compares.
BLOCK = 8


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """Weights of the losses, and when discriminators count.

    Attributes:
      l1: of the mean absolute difference of colours in [-1, 1].
      coarse: of the mean squared difference of means over blocks of `BLOCK` pixels, which
        keeps objects from vanishing where their place is uncertain.
      gradient: of the gradient difference [1].
      copy: of the mean absolute difference of what is copied, without paint, so that paint
        does not make good what a flow can do.
      frame: of the discriminator of frames.
      clip: of the discriminator of clips.
      adversarial_start: step from which there are discriminators.
      adversarial_delay: steps that they train alone.
      adversarial_ramp: steps until they count in full for the generator.
      r1: gamma of the R1 penalty of the discriminator of frames, 0 for none.
      r1_every: R1 is computed on steps that divide by it, times this number.
    """

    l1: float = 10.0
    coarse: float = 4.0
    gradient: float = 1.0
    copy: float = 2.0
    frame: float = 0.005
    clip: float = 0.01
    adversarial_start: int = 2000
    adversarial_delay: int = 200
    adversarial_ramp: int = 500
    r1: float = 0.1
    r1_every: int = 16

    def adversarial_share(self, step: tf.Tensor) -> tf.Tensor:
        """What discriminators count for the generator in a step, in [0, 1]."""
        start = self.adversarial_start + self.adversarial_delay
        return ramp.linear(step, start=start, length=self.adversarial_ramp)


def likeness(weights: LossWeights, made: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Compares predictions with the clips, see `rollout.train`.

    Args:
      weights: of the losses.
      made: `fakes` and `real` [N, K, H, W, C] in [-1, 1]; `copies`, if it copies.
    """
    real, fake = frames.fold_time(made["real"]), frames.fold_time(made["fakes"])
    edges = pixels.gradient_difference(real, fake)
    losses = {
        "generator/l1": weights.l1 * pixels.l1(real, fake),
        "generator/coarse": weights.coarse * pixels.coarse_l2(real, fake, block=BLOCK),
        "generator/gradient": weights.gradient * edges,
    }
    if "copies" in made:
        difference = pixels.l1(made["real"], made["copies"])
        losses["generator/copy"] = weights.copy * difference
    return losses


def critic_loss(
    real: tf.Tensor, fake: tf.Tensor, wrong: tf.Tensor, is_wrong: tf.Tensor
) -> tf.Tensor:
    """Computes the hinge loss [3] of a discriminator that is aware of captions [2].

    mean relu(1 - real) + (mean relu(1 + fake) + mean relu(1 + wrong)) / 2

    Args:
      real: [N, 1] logits of real samples with their captions.
      fake: [M, 1], of generated samples with the captions that they were made from.
      wrong: [N, 1], of real samples with captions of others.
      is_wrong: [N] bool, whether that caption says something else; the others do not
        count.

    Returns:
      A float32 scalar: 2 when all logits are 0.
    """
    each = tf.nn.relu(1.0 + tf.cast(wrong, tf.float32))
    mismatched = masks.masked_mean(each, is_wrong[:, tf.newaxis])
    of_real = tf.reduce_mean(tf.nn.relu(1.0 - tf.cast(real, tf.float32)))
    of_fake = tf.reduce_mean(tf.nn.relu(1.0 + tf.cast(fake, tf.float32)))
    return of_real + HALF * (of_fake + mismatched)
