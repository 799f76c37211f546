"""What CPNet minimises.

Distances of pixels are those of colours in [0, 1], for which the weights were published,
and each is a mean over the area of its mask. Source: Lee et al., ICCV 2019, section 3.4;
the weights are those that an independent replication confirms.
"""

import dataclasses

import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.losses import perceptual, pixels
from tfvideogan.models.cpnet import alignment, filling

# From [-1, 1] to [0, 1].
HALF = 0.5


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """Weights of the losses; the defaults are the published ones.

    Attributes:
      alignment: of references that were brought to the target, where both are visible.
      seen: of the hole where some reference shows it.
      unseen: of the hole where none does.
      known: of what is no hole.
      perceptual: of VGG16's features of the composite; taken where its weights have been
        fetched (`get_weights vgg16`), and left out where not.
      style: of their Gram matrices, likewise.
      variation: of the composite's differences between neighbours.

    Raises:
      UserError: a number is negative.
    """

    alignment: float = 2.0
    seen: float = 10.0
    unseen: float = 20.0
    known: float = 6.0
    perceptual: float = 0.01
    style: float = 24.0
    variation: float = 0.1

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if value < 0:
                raise errors.UserError(
                    f"`LossWeights.{name}` ({value:g}) must not be negative."
                )


def features(given: LossWeights) -> perceptual.Features | None:
    """Returns VGG16 where a loss wants it and its weights are there."""
    if not (given.perceptual or given.style):
        return None
    return perceptual.features_if_fetched()


def misalignment(target: filling.Target, aligned: alignment.Aligned) -> tf.Tensor:
    """Compares aligned references with the target where both are visible.

    Pixels at the edge of a reference or of its hole, which are mixed with what lies beyond,
    do not count: they would pull transforms inwards.

    Returns:
      A float32 scalar: the mean over these pixels, in [0, 1]; 0 without any.
    """
    visible = (1.0 - target.holes)[:, tf.newaxis] * aligned.is_whole
    return HALF * pixels.masked_l1(
        target.frames[:, tf.newaxis], aligned.frames, visible
    )


def of_pixels(
    truth: tf.Tensor, holes: tf.Tensor, filled: filling.Filled
) -> dict[str, tf.Tensor]:
    """Compares a painted frame with the true one, [N, H, W, C] both, in three areas.

    Returns:
      "seen", "unseen" and "known": float32 scalars.
    """
    areas = {
        "seen": holes * (1.0 - filled.never_seen),
        "unseen": holes * filled.never_seen,
        "known": 1.0 - holes,
    }
    return {
        name: HALF * pixels.masked_l1(truth, filled.painted, area)
        for name, area in areas.items()
    }


def variation(frames: tf.Tensor) -> tf.Tensor:
    """Measures mean differences of neighbours in a row, plus those in a column.

    Args:
      frames: [N, H, W, C] in [-1, 1], H and W 2 or more.

    Returns:
      A float32 scalar.
    """
    frames = tf.cast(frames, tf.float32)
    down = tf.abs(frames[:, 1:] - frames[:, :-1])
    right = tf.abs(frames[:, :, 1:] - frames[:, :, :-1])
    return HALF * (tf.reduce_mean(down) + tf.reduce_mean(right))
