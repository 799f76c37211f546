"""Fills holes of a video with what other frames show there, without learning.

    flows = [complete_flow(one, holes) for one in (forward_flow, backward_flow)]
    frames, holes = propagate(frames, holes, *flows)      # the holes that are left

A pixel in a hole is carried over from the frame beside it where the flow leads to a known
pixel and back again. A sweep goes from the last frame to the first, the next one from the
first to the last and starts from what the one before has filled, so that a pixel comes
from any frame that an unbroken chain of steps leads to. What no chain reaches stays a hole.

With the true flow of a scene the holes that are left are those that no other frame shows
(`never_seen`), whatever a model makes of them.

References:
  [1] Zhou et al., ProPainter: Improving Propagation and Transformer for Video Inpainting,
      ICCV 2023, section 3.2.
"""

import tensorflow as tf

from tfvideogan.core import errors, shapes
from tfvideogan.ops import fill, warp
from tfvideogan.ops import frames as frame_ops

NEAREST, BILINEAR = "nearest", "bilinear"
SAMPLINGS = (NEAREST, BILINEAR)
# [1], in its code: the share of a bilinear sample that may lie in the source's hole.
MAX_HOLE_SHARE = 0.1


def propagate(
    frames: tf.Tensor,
    holes: tf.Tensor,
    forward_flow: tf.Tensor,
    backward_flow: tf.Tensor,
    *,
    sampling: str = NEAREST,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Sweeps over clips, backwards and forwards in time; section 3.2 of [1].

    A sweep holds one frame at a time besides clips and results.

    Args:
      frames: [N, T, H, W, C] float; anything, NaN too, in the holes.
      holes: [N, T, H, W, 1], above 0 = missing.
      forward_flow: [N, T-1, H, W, 2] pixels (dx, dy), on frame t, to t + 1, complete.
      backward_flow: [N, T-1, H, W, 2], on frame t + 1, to t, complete.
      sampling: "nearest" keeps colours as they are, "bilinear" follows parts of pixels
        and blurs a little with every step.

    Returns:
      The frames, [N, T, H, W, C], 0 in the holes that are left, and those holes,
      [N, T, H, W, 1] float32. Known pixels are those of `frames`, bit for bit.

    Raises:
      ValueError: a shape differs from the above.
      UserError: there is no such sampling.
    """
    _check(frames, holes, forward_flow, backward_flow)
    if sampling not in SAMPLINGS:
        raise errors.UserError(
            f"`sampling` ({sampling!r}) must be one of {', '.join(SAMPLINGS)}."
        )
    holes = tf.cast(holes > 0, tf.float32)
    frames = tf.where(holes > 0, tf.zeros([], frames.dtype), frames)
    for is_backward in (True, False):
        frames, holes = _sweep(
            frames,
            holes,
            forward_flow,
            backward_flow,
            is_backward=is_backward,
            sampling=sampling,
        )
    return frames, holes


def carry(
    frame: tf.Tensor,
    hole: tf.Tensor,
    source: tf.Tensor,
    source_hole: tf.Tensor,
    flow: tf.Tensor,
    reverse_flow: tf.Tensor,
    *,
    sampling: str = NEAREST,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Fills what it can of a frame's hole from another frame: one step of a sweep.

    Args:
      frame: [N, H, W, C], finite in the hole.
      hole: [N, H, W, 1] exactly 0 or 1.
      source: [N, H, W, C], finite in its hole.
      source_hole: [N, H, W, 1] exactly 0 or 1.
      flow: [N, H, W, 2] pixels (dx, dy), on the frame, to the source.
      reverse_flow: [N, H, W, 2], on the source, to the frame.
      sampling: see `propagate`.

    Returns:
      The frame [N, H, W, C] and the hole that is left, [N, H, W, 1].
    """
    is_wanted = (hole > 0) & (warp.occlusion(flow, reverse_flow) == 0)
    if sampling == NEAREST:
        colours = warp.nearest(source, flow)
        is_wanted &= warp.nearest(source_hole, flow) == 0
    else:
        known = 1.0 - source_hole
        share = warp.backward(known, flow)
        is_wanted &= share >= 1.0 - MAX_HOLE_SHARE
        # The hole's zeros are no colour: the known part of a sample weighs all.
        sample = warp.backward(source * tf.cast(known, source.dtype), flow)
        share = tf.where(is_wanted, share, 1.0)
        colours = sample / tf.cast(share, source.dtype)
    return tf.where(is_wanted, colours, frame), tf.where(is_wanted, 0.0, hole)


def never_seen(
    holes: tf.Tensor, forward_flow: tf.Tensor, backward_flow: tf.Tensor
) -> tf.Tensor:
    """Finds what of the holes no frame shows, by the flow of the whole scene.

    A pixel counts as seen where a chain of steps, each of which leads back, ends at a known
    pixel. What is covered on the way, by something that passes before it, is not reached.

    Args:
      holes: [N, T, H, W, 1], above 0 = missing.
      forward_flow: [N, T-1, H, W, 2] pixels (dx, dy), true or estimated on whole frames.
      backward_flow: [N, T-1, H, W, 2].

    Returns:
      [N, T, H, W, 1] float32: 1 in a hole and seen in no frame, 0 elsewhere.

    Raises:
      ValueError: a shape differs from the above.
    """
    return propagate(holes, holes, forward_flow, backward_flow)[1]


def complete_flow(flow: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
    """Fills the flow in holes from the flow around them, by Laplace's equation.

    A camera that turns, rolls or zooms moves a far scene linearly over the image, and what
    is linear around a hole `fill.harmonic` makes linear in it. Of what moves otherwise
    inside, nothing is known.

    Args:
      flow: [N, T-1, H, W, 2] pixels, forward or backward; NaN may lie in the holes. Height
        and width must be static.
      holes: [N, T, H, W, 1], above 0 = missing. A step's flow is unknown where either of
        its two frames is: there was nothing to find.

    Returns:
      [N, T-1, H, W, 2]; zero where all of a frame is unknown.

    Raises:
      ValueError: a shape differs from the above.
    """
    sizes = shapes.check_shape(holes, "N T H W C", name="holes", C=1)
    expected = {"N": sizes["N"], "H": sizes["H"], "W": sizes["W"], "C": 2}
    shapes.check_shape(flow, "N S H W C", name="flow", **expected)
    visible = tf.cast((holes[:, 1:] <= 0) & (holes[:, :-1] <= 0), flow.dtype)
    filled = fill.harmonic(frame_ops.fold_time(flow), frame_ops.fold_time(visible))
    return tf.reshape(filled, tf.shape(flow))


def _sweep(
    frames: tf.Tensor,
    holes: tf.Tensor,
    forward_flow: tf.Tensor,
    backward_flow: tf.Tensor,
    *,
    is_backward: bool,
    sampling: str,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Carries pixels over from each frame to the next one on the way."""
    length = tf.shape(frames)[1]
    # Backwards, frame t is filled from t + 1, and the flow on it leads forward.
    first, step = (length - 1, -1) if is_backward else (0, 1)
    here, there = (
        (forward_flow, backward_flow) if is_backward else (backward_flow, forward_flow)
    )

    def is_going(count, *_):
        return count < length

    def advance(count, frame, hole, made, left):
        time = first + step * count
        pair = time if is_backward else time - 1
        frame, hole = carry(
            frames[:, time],
            holes[:, time],
            frame,
            hole,
            here[:, pair],
            there[:, pair],
            sampling=sampling,
        )
        return count + 1, frame, hole, made.write(time, frame), left.write(time, hole)

    arrays = [
        tf.TensorArray(one.dtype, length, element_shape=one[:, 0].shape).write(
            first, one[:, first]
        )
        for one in (frames, holes)
    ]
    start = (1, frames[:, first], holes[:, first], *arrays)
    *_, made, left = tf.while_loop(is_going, advance, start, parallel_iterations=1)
    return tuple(
        tf.ensure_shape(tf.transpose(one.stack(), [1, 0, 2, 3, 4]), whole.shape)
        for one, whole in ((made, frames), (left, holes))
    )


def _check(
    frames: tf.Tensor,
    holes: tf.Tensor,
    forward_flow: tf.Tensor,
    backward_flow: tf.Tensor,
) -> None:
    sizes = shapes.check_shape(frames, "N T H W C", name="frames")
    rows = {"N": sizes["N"], "H": sizes["H"], "W": sizes["W"]}
    shapes.check_shape(holes, "N T H W C", name="holes", C=1, T=sizes["T"], **rows)
    steps = None if sizes["T"] is None else sizes["T"] - 1
    for name, flow in (
        ("forward_flow", forward_flow),
        ("backward_flow", backward_flow),
    ):
        shapes.check_shape(flow, "N S H W C", name=name, S=steps, C=2, **rows)
