"""What a prediction minimises, besides the terms of its discriminators."""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from tfvideogan.losses import pixels, variational
from tfvideogan.models import ramp
from tfvideogan.ops import frames

# Of each number of a latent, for nothing; share of the divergence that moves the prior.
FREE_NATS, PRIOR_SHARE = 0.1, 0.8


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """Weights of the losses, and when discriminators count.

    Attributes:
      l1: of the mean absolute difference of colours in [-1, 1].
      gradient: of the gradient difference.
      kl: of the divergence, a sum over Z in nats.
      video: of the discriminators of clips.
      image: of the discriminator of frames.
      adversarial_start: step from which discriminators count for the generator.
      adversarial_ramp: steps until they count in full.
      r1: gamma of the R1 penalty of the discriminator of frames.
      r1_every: R1 is computed on steps that divide by it, times this number.
    """

    l1: float = 10.0
    gradient: float = 1.0
    kl: float = 1e-3
    video: float = 0.01
    image: float = 0.005
    adversarial_start: int = 400
    adversarial_ramp: int = 300
    r1: float = 0.1
    r1_every: int = 16

    def adversarial_share(self, step: tf.Tensor) -> tf.Tensor:
        """What discriminators count for the generator in a step, in [0, 1]."""
        return ramp.linear(
            step, start=self.adversarial_start, length=self.adversarial_ramp
        )


def likeness(
    weights: LossWeights, rollout: str, real: tf.Tensor, fake: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Colours and edges of predicted clips [N, F, H, W, C] against the real future.

    Args:
      weights: of the losses.
      rollout: "prior" or "posterior", for the names.
      real: in [-1, 1].
      fake: likewise.
    """
    flat = (frames.fold_time(real), frames.fold_time(fake))
    edges = pixels.gradient_difference(*flat)
    return {
        f"generator/{rollout}_l1": weights.l1 * pixels.l1(*flat),
        f"generator/{rollout}_gradient": weights.gradient * edges,
    }


def divergence(
    weights: LossWeights, moments: Mapping[str, tf.Tensor]
) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
    """Kullback-Leibler divergence of the posterior of the latents from their prior.

    Args:
      weights: of the losses.
      moments: `posterior_mean`, `posterior_log_scale` and the prior's, [N, F, Z].

    Returns:
      The loss; and nats of a frame, and how many of its Z numbers are active.
    """
    pair = [
        (moments[f"{name}_mean"], moments[f"{name}_log_scale"])
        for name in ("posterior", "prior")
    ]
    balanced = variational.balanced_kl(
        *pair, free_nats=FREE_NATS, prior_share=PRIOR_SHARE
    )
    of_each = tf.reduce_mean(variational.kl(*pair), axis=[0, 1])  # [Z]
    active = tf.reduce_sum(tf.cast(of_each > FREE_NATS, tf.float32))
    monitors = {"kl/nats": tf.reduce_sum(of_each), "kl/active_units": active}
    return {"generator/kl": weights.kl * balanced}, monitors
