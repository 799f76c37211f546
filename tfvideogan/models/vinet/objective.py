"""What VINet minimises.

    L = image losses + 10 · flow losses + 1 · warping losses, [1], equation 3

The teacher of the flow was FlowNet2; here it is the flow that comes with a batch, exact of
drawn clips or estimated (DIS) on whole ones.

References:
  [1] Kim et al., Deep Video Inpainting, CVPR 2019, section 3.3.
"""

import dataclasses
from collections.abc import Sequence

import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.losses import motion, pixels, similarity
from tfvideogan.ops import masks, resizing, warp

# The squared distance of colours in [-1, 1] below which the teacher is believed.
CONFIDENT = 0.02
# M = exp(-50 e) of [1], for the squared distance e.
SHARPNESS = 50.0


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """Weights of the losses; the defaults are the paper's.

    Attributes:
      reconstruction: of the L1 of whole frames.
      similarity: of 1 - SSIM.
      hole: of the L1 within holes.
      raw: factor of these three for frames before the previous output is blended in.
      flow: of the flow to the previous frame: its distance from the teacher, and what it
        does to frames and outputs.
      warping: of the change from the frame before and from the first one, carried by the
        teacher.
      alignment: of true sources brought to the true frame by the flow at half of the
        size, where they show it; ours, 0 in [1], where those flows have no teacher.
      guidance: of the distance of the same flows, pixels, from that of the batch, followed
        from frame to frame, where it is believed; ours, 0 in [1]. Holes are no exception.
      by_area: L1 in holes is divided by their area, not by that of the frame.

    Raises:
      UserError: a number is negative.
    """

    reconstruction: float = 1.0
    similarity: float = 1.0
    hole: float = 5.0
    raw: float = 1.0
    flow: float = 10.0
    warping: float = 1.0
    alignment: float = 0.0
    guidance: float = 0.0
    by_area: bool = False

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if value < 0:
                raise errors.UserError(
                    f"`LossWeights.{name}` ({value:g}) must not be negative."
                )

    @property
    def need_flow(self) -> bool:
        """Whether clips must have flow."""
        return bool(self.flow or self.warping)


def image_losses(
    real: tf.Tensor, fake: tf.Tensor, holes: tf.Tensor, weights: LossWeights
) -> dict[str, tf.Tensor]:
    """Compares frames.

    Args:
      real: [N, H, W, C] in [-1, 1].
      fake: the same shape.
      holes: [N, H, W, 1].
      weights: of the terms.

    Returns:
      `reconstruction`, `similarity` and `hole`, weighted.
    """
    if weights.by_area:
        hole = pixels.masked_l1(real, fake, holes)
    else:
        hole = pixels.l1(real * holes, fake * holes)
    return {
        "reconstruction": weights.reconstruction * pixels.l1(real, fake),
        "similarity": weights.similarity * similarity.ssim_loss(real, fake),
        "hole": weights.hole * hole,
    }


def flow_loss(
    frame: tf.Tensor,
    before: tf.Tensor,
    outputs: tuple[tf.Tensor, tf.Tensor],
    flow: tf.Tensor,
    teacher: tf.Tensor,
) -> tf.Tensor:
    """Judges the flow that carries the previous output.

    Args:
      frame: [N, H, W, C] in [-1, 1], the true one.
      before: the true one before it.
      outputs: both as they were made, the later one first.
      flow: [N, H, W, 2] pixels, from the frame to the one before.
      teacher: the same of the true frames.

    Returns:
      A float32 scalar: three L1 distances where the teacher is believed.
    """
    made, made_before = outputs
    believed = _believed(frame, before, teacher)
    carried = tf.stop_gradient(warp.backward(made_before, flow))
    pairs = [
        (teacher, flow),
        (frame, warp.backward(before, flow)),
        (made, carried),
    ]
    return tf.add_n([pixels.l1(one * believed, two * believed) for one, two in pairs])


def warping_loss(
    frame: tf.Tensor,
    earlier: tf.Tensor,
    made: tf.Tensor,
    teacher: tf.Tensor,
    *,
    squares_sum: bool = False,
) -> tf.Tensor:
    """Compares an output with a true earlier frame that the teacher carries there.

    Args:
      frame: [N, H, W, C] in [-1, 1], the true one.
      earlier: the true one it is compared with.
      made: the output.
      teacher: [N, H, W, 2] pixels, from the frame to the earlier one.
      squares_sum: see `options.Release.squared_sum`.

    Returns:
      A float32 scalar, the mean of |made - carried| · M.
    """
    carried = warp.backward(earlier, teacher)
    weight = tf.exp(
        -SHARPNESS * squared_distance(frame, carried, squares_sum=squares_sum)
    )
    return pixels.l1(made * weight, carried * weight)


def squared_distance(
    one: tf.Tensor, other: tf.Tensor, *, squares_sum: bool = False
) -> tf.Tensor:
    """Returns [..., 1]: squared differences summed over channels.

    Args:
      one: [..., C].
      other: the same shape.
      squares_sum: squares the sum of the differences instead, as the released code.
    """
    apart = tf.cast(one, tf.float32) - tf.cast(other, tf.float32)
    if squares_sum:
        return tf.square(tf.reduce_sum(apart, axis=-1, keepdims=True))
    return tf.reduce_sum(tf.square(apart), axis=-1, keepdims=True)


def misalignment(
    frame: tf.Tensor, sources: Sequence[tf.Tensor], flows: Sequence[tf.Tensor]
) -> tf.Tensor:
    """Compares true sources, brought to the true frame, with it.

    Args:
      frame: [N, H, W, C] in [-1, 1].
      sources: of the same shape.
      flows: [N, h, w, 2] pixels of their grid, from the frame to each of them; a power of
        two smaller than it.

    Returns:
      A float32 scalar, the mean Charbonnier distance where samples lie inside.
    """
    distances = [
        motion.warp(source, frame, _at_full_size(flow, frame))
        for source, flow in zip(sources, flows, strict=True)
    ]
    return tf.add_n(distances) / len(distances)


def misguidance(
    frame: tf.Tensor,
    sources: Sequence[tf.Tensor],
    flows: Sequence[tf.Tensor],
    teachers: Sequence[tf.Tensor],
) -> tf.Tensor:
    """Compares flows with those that they should be.

    Args:
      frame: see `misalignment`.
      sources: likewise.
      flows: likewise.
      teachers: [N, H, W, 2] pixels, from the frame to each of the sources.

    Returns:
      A float32 scalar, the mean distance of end points in pixels where the teachers bring
      sources to the frame; 0 if they nowhere do.
    """
    distances = []
    for source, flow, teacher in zip(sources, flows, teachers, strict=True):
        apart = motion.end_point_distances(_at_full_size(flow, frame), teacher)
        believed = _believed(frame, source, teacher)
        distances.append(masks.masked_mean(apart, believed))
    return tf.add_n(distances) / len(distances)


def _at_full_size(flow: tf.Tensor, frame: tf.Tensor) -> tf.Tensor:
    while flow.shape[1] < frame.shape[1]:
        flow = resizing.larger_flow(flow)
    return flow


def _believed(frame: tf.Tensor, other: tf.Tensor, teacher: tf.Tensor) -> tf.Tensor:
    """1 where a teacher brings another frame's colours to the frame, [N, H, W, 1]."""
    error = squared_distance(frame, warp.backward(other, teacher))
    return tf.cast(error < CONFIDENT, tf.float32)
