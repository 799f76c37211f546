"""What the better deblurring model minimises.

References:
  [1] Lai et al., Learning Blind Video Temporal Consistency, ECCV 2018, section 3.3 (the
      short-term temporal loss).
"""

import dataclasses

import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.losses import pixels
from tfvideogan.ops import warp


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """Weights of the losses, and when the adversarial one begins.

    Attributes:
      charbonnier: of the smooth L1 of pixels.
      perceptual: of the squared difference of VGG16's relu3_3; 0 needs no weights of it.
      adversarial: of the critic's logits; 0 for no critic.
      adversarial_start: step from which the critic trains.
      adversarial_delay: steps that it trains alone.
      alignment: of the distance of sharp neighbours that the aligner brings to a frame.
      temporal: of `temporal_loss`; above 0 needs clips with flow.

    Raises:
      UserError: a number is negative.
    """

    charbonnier: float = 1.0
    perceptual: float = 0.0
    adversarial: float = 1e-3
    adversarial_start: int = 0
    adversarial_delay: int = 0
    alignment: float = 0.1
    temporal: float = 0.0

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if value < 0:
                raise errors.UserError(
                    f"`LossWeights.{name}` ({value:g}) must not be negative."
                )


def temporal_loss(
    restored: tf.Tensor, forward_flow: tf.Tensor, backward_flow: tf.Tensor
) -> tf.Tensor:
    """Compares each restored frame with the one before, carried by the scene's motion.

    Source: [1], equation 4, with a hard mask of what is seen in both.

    Args:
      restored: [N, T, H, W, C], T 2 or more.
      forward_flow: [N, T-1, H, W, 2] pixels, on frame t, to t + 1.
      backward_flow: [N, T-1, H, W, 2] pixels, on frame t + 1, to t.

    Returns:
      A float32 scalar, the mean of |frame t + 1 - frame t carried there| over pixels
      that are not occluded.
    """
    restored = tf.cast(restored, tf.float32)
    before, behind, forward, backward = (
        tf.reshape(one, [-1, *one.shape[2:]])
        for one in (restored[:, :-1], restored[:, 1:], forward_flow, backward_flow)
    )
    visible = 1.0 - warp.occlusion(backward, forward)
    return pixels.masked_l1(behind, warp.backward(before, backward), visible)
