"""What the generators of ForeGAN minimise, besides their critics' terms.

Every function returns named, weighted float32 scalars, means over everything, so that
neither T nor the number of pixels changes a balance.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from tfvideogan.losses import motion, pixels
from tfvideogan.models.foregan import rollout
from tfvideogan.ops import frames, masks


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """Weights of the generators' losses; each loss is a mean, whatever T is.

    Attributes:
      reconstruction: L1 of the composite against the frame.
      layers: L1 of the foreground inside, and of the background outside, the mask.
      foreground: adversarial term of the object before black.
      background: adversarial term of background patches.
      mask: adversarial term of the mask.
      temporal: adversarial term of triplets.
      cycle_mask: cross-entropy and Dice of the mask that came back.
      cycle_foreground: L1 of the object that came back.
      binarity: mean of m (1 - m).
      area: change of area beyond a half of the first area.
      smoothness: of the residual flow.
    """

    reconstruction: float = 1.0
    layers: float = 0.5
    foreground: float = 0.1
    background: float = 0.1
    mask: float = 0.05
    temporal: float = 0.1
    cycle_mask: float = 1.0
    cycle_foreground: float = 0.5
    binarity: float = 0.01
    area: float = 0.05
    smoothness: float = 0.05


def reconstruction(
    weights: LossWeights,
    batch: Mapping[str, tf.Tensor],
    rolled: Mapping[str, tf.Tensor],
) -> dict[str, tf.Tensor]:
    """Composite, object and scene against the frames [N, T-1, H, W, 3]."""
    inside = frames.fold_time(tf.stop_gradient(rolled["masks"]))
    outside = 1.0 - masks.dilate(inside, radius=rollout.GUARD_PIXELS)
    target = frames.fold_time(batch["frames"][:, 1:])
    flat = {
        key: frames.fold_time(rolled[key])
        for key in ("composites", "foregrounds", "backgrounds")
    }
    return {
        "generator/reconstruction": weights.reconstruction
        * pixels.l1(target, flat["composites"]),
        "generator/foreground": weights.layers
        * pixels.masked_l1(target, flat["foregrounds"], inside),
        "generator/background": weights.layers
        * pixels.masked_l1(target, flat["backgrounds"], outside),
    }


def cycles(
    weights: LossWeights,
    frame: tf.Tensor,
    mask: tf.Tensor,
    returned: list[tuple[tf.Tensor, tf.Tensor]],
) -> dict[str, tf.Tensor]:
    """Compares what came back with the first frame and mask, both exactly known.

    Args:
      weights: of the losses.
      frame: [N, H, W, 3], the first frame.
      mask: [N, H, W, 1], its mask.
      returned: mask [N, H, W, 1] and object [N, H, W, 3] of every cycle.
    """
    if not returned:
        return {}
    shapes = [
        pixels.binary_cross_entropy(one, mask) + pixels.dice_loss(one, mask)
        for one, _ in returned
    ]
    looks = [pixels.masked_l1(frame, one, mask) for _, one in returned]
    share = 1.0 / len(returned)
    return {
        "generator/cycle_mask": weights.cycle_mask * share * tf.add_n(shapes),
        "generator/cycle_foreground": weights.cycle_foreground
        * share
        * tf.add_n(looks),
    }


def priors(
    weights: LossWeights,
    batch: Mapping[str, tf.Tensor],
    rolled: Mapping[str, tf.Tensor],
) -> dict[str, tf.Tensor]:
    """Area against the first mask, binarity, and smoothness of the residual flow."""
    soft = rolled["masks"]
    given = batch["foreground_masks"][:, 0]
    smoothness = motion.smoothness(
        frames.fold_time(rolled["residual_flow"]),
        frames.fold_time(batch["frames"][:, 1:]),
    )
    return {
        "generator/area": weights.area * pixels.area_hinge(soft, given),
        "generator/binarity": weights.binarity * pixels.binarity(soft),
        "generator/smoothness": weights.smoothness * smoothness,
    }
