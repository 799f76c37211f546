"""FlowCompletion: what moves in holes, from how it moves around them, before and behind.

It is no GAN and paints nothing: models that complete videos take its export along, so that
`--method=auto` can follow pixels through holes (`media/propagation.py`):

    flow found around the holes -> membrane over the holes -> work size, unit motion
    -> network over all steps, each direction by itself -> added, at full size, in pixels

Whatever finds flow around holes is wrong at their rims, too, where its windows see what
was put into the holes; so the network is taught on flow that was found around holes
(`holed.Holed.finds_flow`) and corrects all of it. Backward flow is forward flow of the
video played backwards. Flow is divided by its root mean square, and large frames are seen
at a work size of about 64 pixels, so that slow and fast motion, small and large frames are
alike for the network.

It learns in one phase, from the flow of the whole frames:

    distance of end points / motion of the clip, mean over the holes
    + 0.25 · the same outside

Source: the task is that of Zhou et al., ProPainter, ICCV 2023, section 3.1. There the flow
around holes is cut out of the flow of whole frames, which no video with holes has.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import NamedTuple

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, pixels, signatures
from tfvideogan.losses import motion
from tfvideogan.models import base, completion_flow, phase
from tfvideogan.models.flow_completion import network
from tfvideogan.ops import fill, masks
from tfvideogan.ops import frames as frame_ops

LEARNING_RATE = 1e-3
# The shorter side at which the network looks is near it.
WORK_SIDE = 64
# Squared pixels that still water moves by, so that it is not divided by nothing.
LEAST_SQUARE = 1e-2


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `FlowCompletion`.

    Attributes:
      width: channels at half of the work size.
      known: weight of what lies outside of the holes.
      clip_norm: largest norm of the gradients, None for any.

    Raises:
      UserError: a number is out of its range.
    """

    width: int = 24
    known: float = 0.25
    clip_norm: float | None = 1.0

    def __post_init__(self) -> None:
        if self.width < 1:
            raise errors.UserError(f"`width` ({self.width}) must be at least 1.")
        if self.known < 0:
            raise errors.UserError(f"`known` ({self.known:g}) must not be negative.")


class FlowCompletion(base.VideoModel):
    """A network over steps of flow."""

    def __init__(
        self,
        options: Options = Options(),
        *,
        optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
        ema_decay: float = 0.995,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: of the network and its training.
          optimizer: Adam(1e-3) by default.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.options = options
        self.adam = optimizer or keras.optimizers.Adam(LEARNING_RATE)

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the network.

        Raises:
          UserError: the clips lack holes, flow, or flow that was found around holes, or
            are single frames.
        """
        if not (spec.has_holes and spec.has_flow and spec.has_found_flow):
            raise errors.UserError(
                "The clips need `holes`, flow and `found_forward_flow`: a source of "
                "holes with `holed.Holed.finds_flow = True`, of clips that have flow, as "
                "in gin/flow_completion.gin."
            )
        if spec.frames == 1:
            raise errors.UserError(
                "`frames` (1) must be 2 or more: one frame has no motion."
            )
        self.network = network.FlowNetwork(self.options.width)
        # One pair of frames creates every variable.
        batch = clip.zeros_like_spec(spec.with_frames(2), 1)
        self.complete(
            batch["frames"],
            batch["holes"],
            batch["found_forward_flow"],
            batch["found_backward_flow"],
        )

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """The network alone."""
        return {"network": self.network}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """The network itself."""
        return ("network",)

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """One update of the network."""
        return (
            phase.Phase(
                "flow",
                ("network",),
                self.flow_losses,
                self.adam,
                clip_norm=self.options.clip_norm,
            ),
        )

    def flow_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Distances of end points in the holes and outside; see the module."""
        steps = _Steps.of(
            batch["frames"],
            batch["holes"],
            batch["found_forward_flow"],
            batch["found_backward_flow"],
        )
        truth = _both_ways(batch["forward_flow"], batch["backward_flow"])
        made = self._completed(steps)
        unknown, known = 1.0 - steps.known, steps.known
        missed, missed_by_membrane = (
            motion.end_point_distances(made, truth),
            motion.end_point_distances(steps.flow, truth),
        )
        relative = missed / steps.scale
        losses = {
            "flow/hole": masks.masked_mean(relative, unknown),
            "flow/known": self.options.known * masks.masked_mean(relative, known),
        }
        logs = {
            "end_points/hole": masks.masked_mean(missed, unknown),
            "end_points/membrane": masks.masked_mean(missed_by_membrane, unknown),
        }
        return losses, logs

    # --- Inference

    def complete(
        self,
        frames: tf.Tensor,
        holes: tf.Tensor,
        forward_flow: tf.Tensor,
        backward_flow: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Completes the flow of clips.

        Args:
          frames: [N, T, H, W, C] in [-1, 1], anything in the holes; no size need be
            static but C.
          holes: [N, T, H, W, 1], above 0 = missing.
          forward_flow: [N, T-1, H, W, 2] pixels, as it is found around the holes.
          backward_flow: likewise, on frame t + 1, to t.

        Returns:
          Both [N, T-1, H, W, 2] float32 pixels, also changed outside of the holes.
        """
        made = self._completed(_Steps.of(frames, holes, forward_flow, backward_flow))
        forward, backward = tf.split(made, 2, axis=0)
        return forward, backward[:, ::-1]

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns `forward_flow` and `backward_flow`, completed; see `complete`."""
        forward, backward = self.complete(
            batch["frames"],
            batch["holes"],
            batch["found_forward_flow"],
            batch["found_backward_flow"],
        )
        return {"forward_flow": forward, "backward_flow": backward}

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns clips with holes in grey, and forward flow as colours [N, T, H, W, 3].

        Hue is direction, red to the right, and white stands still; full colour is the
        longest true motion of the clip. The last step is shown twice.
        """
        frames, holes = batch["frames"], batch["holes"]
        made = self.evaluation_outputs(batch)
        truth = batch["forward_flow"]
        longest = tf.reduce_max(_lengths(truth), axis=[1, 2, 3, 4], keepdims=True)
        return {
            "given": tf.where(holes > 0, 0.0, frames),
            "found": _coloured(batch["found_forward_flow"], longest),
            "completed": _coloured(made["forward_flow"], longest),
            "true": _coloured(truth, longest),
        }

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """Returns `complete_flow`, for videos of any size and length."""

        def complete_flow(
            *,
            frames: tf.Tensor,
            holes: tf.Tensor,
            forward_flow: tf.Tensor,
            backward_flow: tf.Tensor,
        ) -> dict[str, tf.Tensor]:
            forward, backward = self.complete(
                pixels.to_float(frames),
                tf.cast(holes, tf.float32),
                forward_flow,
                backward_flow,
            )
            return {
                signatures.FORWARD_FLOW: forward,
                signatures.BACKWARD_FLOW: backward,
            }

        served = completion_flow.serving_function(complete_flow, self.spec.channels)
        return {signatures.COMPLETE_FLOW: served}

    def _completed(self, steps: "_Steps") -> tf.Tensor:
        """Both directions along the batch, [2N, S, H, W, 2] pixels."""
        added = tf.cast(self.network(steps.inputs), tf.float32)
        height, width = tf.unstack(tf.shape(steps.flow)[2:4])
        return steps.flow + steps.scale * _resized(added, height, width)


class _Steps(NamedTuple):
    """Steps of time of both directions, along the batch: 2N, backward ones reversed.

    Attributes:
      flow: [2N, S, H, W, 2] pixels, a membrane over the holes.
      known: [2N, S, H, W, 1], 1 where neither frame of a step has a hole.
      scale: [2N, 1, 1, 1, 1] pixels, how far a clip moves: root mean square.
      inputs: [2N, S, h, w, 2 C + 5], what the network sees, at its work size.
    """

    flow: tf.Tensor
    known: tf.Tensor
    scale: tf.Tensor
    inputs: tf.Tensor

    @classmethod
    def of(
        cls,
        frames: tf.Tensor,
        holes: tf.Tensor,
        forward_flow: tf.Tensor,
        backward_flow: tf.Tensor,
    ) -> "_Steps":
        """Arranges clips; arguments are those of `FlowCompletion.complete`."""
        missing = tf.cast(holes > 0, tf.float32)
        unknown = _doubled(tf.maximum(missing[:, :-1], missing[:, 1:]))
        found = _both_ways(forward_flow, backward_flow)
        flow = fill.membrane_of_clips(found, unknown)
        squares = tf.reduce_mean(tf.square(flow), axis=[1, 2, 3, 4], keepdims=True)
        scale = tf.sqrt(squares + LEAST_SQUARE)
        known = 1.0 - unknown
        # Resized before they are put together: large frames are held no more than once.
        size = _work_size(flow)
        hidden = _resized(tf.where(holes > 0, 0.0, frames), *size)
        seen = tf.concat([hidden, _resized(missing, *size)], axis=-1)
        seen = _doubled(seen)
        motion_seen = [_resized(flow, *size) / scale, _resized(known, *size)]
        inputs = tf.concat([*motion_seen, seen[:, :-1], seen[:, 1:]], axis=-1)
        return cls(flow, known, scale, inputs)


def _doubled(clips: tf.Tensor) -> tf.Tensor:
    """Puts clips along the batch, as they are and as they are played backwards."""
    return tf.concat([clips, clips[:, ::-1]], axis=0)


def _both_ways(forward_flow: tf.Tensor, backward_flow: tf.Tensor) -> tf.Tensor:
    """Puts flows along the batch, as the forward flow of clips and of reversed ones."""
    return tf.concat([forward_flow, backward_flow[:, ::-1]], axis=0)


def _work_size(steps: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Rows and columns that the network sees: so many times smaller than the frames."""
    height, width = tf.unstack(tf.cast(tf.shape(steps)[2:4], tf.float32))
    factor = tf.maximum(tf.round(tf.minimum(height, width) / WORK_SIDE), 1.0)
    rows, columns = (tf.math.ceil(side / factor) for side in (height, width))
    return tf.cast(rows, tf.int32), tf.cast(columns, tf.int32)


def _resized(steps: tf.Tensor, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """Resizes [N, S, H, W, C], bilinearly, smoothed where it shrinks."""
    flat = frame_ops.fold_time(steps)
    resized = tf.image.resize(flat, [height, width], antialias=True)
    sizes = [tf.shape(steps)[:2], [height, width, steps.shape[-1]]]
    return tf.reshape(resized, tf.concat(sizes, axis=0))


def _lengths(flow: tf.Tensor) -> tf.Tensor:
    return motion.end_point_distances(flow, tf.zeros_like(flow))


def _coloured(flow: tf.Tensor, longest: tf.Tensor) -> tf.Tensor:
    """Paints flow [N, S, H, W, 2] as colours [N, S + 1, H, W, 3] in [-1, 1]."""
    flow = tf.concat([flow, flow[:, -1:]], axis=1)
    hue = tf.atan2(flow[..., 1:], flow[..., :1]) / (2.0 * math.pi) % 1.0
    strength = tf.minimum(_lengths(flow) / longest, 1.0)
    colours = tf.image.hsv_to_rgb(
        tf.concat([hue, strength, tf.ones_like(hue)], axis=-1)
    )
    return 2.0 * colours - 1.0
