"""What OPN and its consistency network minimise.

`published` is the loss of the code's lineage [2], of each pass:

    100 · L1 of the peel + L1 of what was visible, both over all pixels
    + 0.05 · content + 120 · style + 0.01 · total variation, of the peel within the truth

The authors have published no training code; the weights are those of [2] with a heavier
peel, to be taken as a start. Pixels are in [0, 1] here, as there.

`by_area`, ours, asks for what the whole hole looks like behind the last pass:

    L1 over the hole by its area + 0.1 · L1 over what was visible by its area
    + content and style of the finished frame
    + L1 of the pixels that were read: of each peel, and half as much of what is visible

The last term teaches attention, which else learns from what comes of its values alone. What
is visible teaches it, too: it need not be painted, but could have been read.

The consistency network's training was never published at all; ours follows [3]:

    what it makes must look like its own frame before, carried by the scene's motion, where
    the scene is seen in both; like the frame that it was given; and like the truth

References:
  [1] Oh et al., Onion-Peel Networks for Deep Video Completion, ICCV 2019, section 3.4.
  [2] Liu et al., Image Inpainting for Irregular Holes Using Partial Convolutions, ECCV
      2018, section 3.3.
  [3] Lai et al., Learning Blind Video Temporal Consistency, ECCV 2018, section 3.3.
"""

import dataclasses
from collections.abc import Sequence

import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.losses import motion, perceptual, pixels
from tfvideogan.models.opn import peeling
from tfvideogan.ops import warp

FORMS = PUBLISHED, BY_AREA = ("published", "by_area")
CONTENT_LAYER = "relu4_2"
STYLE_LAYERS = perceptual.INPAINTING_LAYERS
# Frames in [-1, 1] differ by twice as much as frames in [0, 1].
UNIT = 0.5
# Of what is visible among the pixels that are read.
VISIBLE_SHARE = 0.5


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """Weights of the losses; the defaults are the published ones.

    Attributes:
      peel: of the L1 of what is painted: each peel, or the hole of `by_area`.
      valid: of the L1 of what was visible.
      perceptual: of the L1 of VGG16's relu4_2.
      style: of the L1 of Gram matrices of pool1 to pool3.
      variation: of the total variation; not used by `by_area`.
      temporal: of the consistency network's own frame before, brought along.
      fidelity: of the frame that the consistency network was given.
      truth: of the true frame, likewise.
      read: of the pixels that were read, `by_area` with `Options.reads_pixels` alone.

    Raises:
      UserError: a number is negative.
    """

    peel: float = 100.0
    valid: float = 1.0
    perceptual: float = 0.05
    style: float = 120.0
    variation: float = 0.01
    temporal: float = 10.0
    fidelity: float = 1.0
    truth: float = 1.0
    read: float = 0.0

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if value < 0:
                raise errors.UserError(
                    f"`LossWeights.{name}` ({value:g}) must not be negative."
                )

    @property
    def needs_features(self) -> bool:
        """Whether VGG16 is looked at."""
        return bool(self.perceptual or self.style)


def features(weights_of: LossWeights) -> perceptual.Features | None:
    """Returns VGG16 where a loss wants it and its weights are there."""
    if not weights_of.needs_features:
        return None
    return perceptual.features_if_fetched((*STYLE_LAYERS, CONTENT_LAYER))


def published(
    truth: tf.Tensor,
    holes: tf.Tensor,
    passes: Sequence[peeling.Pass],
    weights_of: LossWeights,
    vgg: perceptual.Features | None,
) -> dict[str, tf.Tensor]:
    """Sums the losses of all passes.

    Args:
      truth: [N, H, W, 3] in [-1, 1].
      holes: [N, H, W, 1], those before the first pass.
      passes: what was painted.
      weights_of: of the losses.
      vgg: see `features`.

    Returns:
      Weighted float32 scalars by name.
    """
    count = len(passes)
    truth, visible = (tf.tile(one, [count, 1, 1, 1]) for one in (truth, 1.0 - holes))
    predicted = tf.concat([one.predicted for one in passes], axis=0)  # [P·N, H, W, 3]
    is_peel = tf.concat([one.peel for one in passes], axis=0)
    pasted = tf.where(is_peel, predicted, truth)
    # Means over the passes become sums.
    apart = UNIT * tf.abs(predicted - truth)
    losses = {
        "peel": weights_of.peel
        * tf.reduce_mean(tf.where(is_peel, apart, tf.zeros_like(apart))),
        "valid": weights_of.valid * tf.reduce_mean(visible * apart),
        "variation": weights_of.variation * total_variation(pasted, is_peel),
    }
    losses |= _seen(truth, pasted, weights_of, vgg)
    return {name: count * loss for name, loss in losses.items()}


def by_area(
    truth: tf.Tensor,
    holes: tf.Tensor,
    passes: Sequence[peeling.Pass],
    weights_of: LossWeights,
    vgg: perceptual.Features | None,
) -> dict[str, tf.Tensor]:
    """Judges the finished frame; arguments and result are those of `published`."""
    finished = passes[-1].frames
    visible = 1.0 - holes
    valid = [pixels.masked_l1(truth, one.predicted, visible) for one in passes]
    losses = {
        "peel": weights_of.peel * UNIT * pixels.masked_l1(truth, finished, holes),
        "valid": weights_of.valid * UNIT * tf.add_n(valid) / len(valid),
    }
    if weights_of.read:
        losses["read"] = weights_of.read * UNIT * _misread(truth, visible, passes)
    return losses | _seen(truth, finished, weights_of, vgg)


def _misread(
    truth: tf.Tensor, visible: tf.Tensor, passes: Sequence[peeling.Pass]
) -> tf.Tensor:
    """L1 of the pixels that places read in each pass, the mean over passes."""
    inside = [
        pixels.masked_l1(truth, one.copied, tf.cast(one.peel, tf.float32))
        for one in passes
    ]
    outside = [pixels.masked_l1(truth, one.copied, visible) for one in passes]
    return tf.add_n(inside) / len(passes) + VISIBLE_SHARE * tf.add_n(outside) / len(
        passes
    )


def total_variation(frames: tf.Tensor, is_inside: tf.Tensor) -> tf.Tensor:
    """Computes the mean absolute step between neighbours of which one is inside.

    Args:
      frames: [N, H, W, C] in [-1, 1].
      is_inside: [N, H, W, 1] bool.

    Returns:
      A float32 scalar: means over all steps along rows and along columns, added.
    """
    total = tf.zeros([])
    for first, second in (
        ((slice(None), slice(1, None)), (slice(None), slice(None, -1))),
        (
            (slice(None), slice(None), slice(1, None)),
            (slice(None), slice(None), slice(None, -1)),
        ),
    ):
        steps = UNIT * tf.abs(frames[first] - frames[second])
        counts = is_inside[first] | is_inside[second]
        total += tf.reduce_mean(tf.where(counts, steps, tf.zeros_like(steps)))
    return total


def consistency(
    made: tf.Tensor,
    given: tf.Tensor,
    batch: dict[str, tf.Tensor],
    weights_of: LossWeights,
) -> dict[str, tf.Tensor]:
    """Judges what the consistency network made of completed frames.

    Args:
      made: [N, T, H, W, 3] in [-1, 1]; T 2 or more.
      given: the same shape, the frames that it was given.
      batch: `frames`, `holes`, `forward_flow` and `backward_flow`, see `core.clip`.
      weights_of: of the losses.

    Returns:
      Weighted float32 scalars by name.
    """
    truth, holes = batch["frames"][:, 1:], batch["holes"][:, 1:]
    before, after = (_folded(one) for one in (made[:, :-1], made[:, 1:]))
    backward, forward = (
        _folded(batch[key]) for key in ("backward_flow", "forward_flow")
    )
    seen = 1.0 - warp.occlusion(backward, forward)
    temporal = motion.warp(before, after, backward, seen * _folded(holes))
    return {
        "temporal": weights_of.temporal * UNIT * temporal,
        "fidelity": weights_of.fidelity
        * UNIT
        * pixels.masked_l1(given[:, 1:], made[:, 1:], holes),
        "truth": weights_of.truth * UNIT * pixels.masked_l1(truth, made[:, 1:], holes),
    }


def _seen(
    truth: tf.Tensor,
    made: tf.Tensor,
    weights_of: LossWeights,
    vgg: perceptual.Features | None,
) -> dict[str, tf.Tensor]:
    """Content and style, where there is something to see them with."""
    if vgg is None:
        return {}
    real, fake = vgg(truth), vgg(made)
    content, style = (
        [{layer: one[layer] for layer in layers} for one in (real, fake)]
        for layers in ((CONTENT_LAYER,), STYLE_LAYERS)
    )
    return {
        "perceptual": weights_of.perceptual * perceptual.content_l1(*content),
        "style": weights_of.style * perceptual.style_l1(*style),
    }


def _folded(clips: tf.Tensor) -> tf.Tensor:
    return tf.reshape(clips, [-1, *clips.shape[2:]])  # [N·T, ...]
