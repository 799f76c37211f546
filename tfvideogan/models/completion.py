"""What every model that completes videos with holes has in common.

    frames, holes -> frames that a network painted -> known pixels put back

A subclass says how a network paints, `paint`; the rest follows from it: whole clips of any
size, what metrics and people see, and the signature `complete`, also for videos of any
length (`completion_windows.py`). What lies behind a hole never reaches a network, not even
as NaN, and known pixels come out as they went in, bit for bit.
"""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfvideogan.core import clip, errors, signatures
from tfvideogan.models import (
    base,
    completion_flow,
    completion_streaming,
    completion_windows,
)
from tfvideogan.ops import mirror


class CompletionModel(base.VideoModel):
    """Base of models from `frames` and `holes` to `frames`."""

    def __init__(self, *, flow_completer: str | None = None, **kwargs: Any) -> None:
        """Stores the settings.

        Args:
          flow_completer: folder of an export of gin/flow_completion.gin, which exports of
            this model take along as `complete_flow`, for `--method=auto`; None for a
            membrane over the flow.
          **kwargs: see `VideoModel`.
        """
        super().__init__(**kwargs)
        self.flow_completer = flow_completer

    @property
    def size_multiple(self) -> int:
        """Frames are mirrored at their border until sides are multiples of it."""
        return 1

    def paint(self, frames: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
        """Paints clips; only what lies in the holes is used of the answer.

        Args:
          frames: [N, T, H, W, C] in [-1, 1], 0 in the holes; H and W are multiples of
            `size_multiple`, and no axis need be static but C.
          holes: [N, T, H, W, 1], exactly 0 or 1.

        Returns:
          [N, T, H, W, C] float32.
        """
        raise NotImplementedError(f"{type(self).__name__}.paint")

    @property
    def reach(self) -> completion_windows.Reach:
        """How far the model looks in a long video."""
        return completion_windows.Reach()

    def paint_window(self, window: completion_windows.Window) -> tf.Tensor:
        """Paints a block of a long video; a model with a memory of its own overrides it.

        By default references, the frames before, now whole, the block and the look-ahead
        are one clip for `paint`. A model whose frames do not depend on each other takes
        only references and block; a recurrent one finds its last answer at the end of
        `before`.

        Args:
          window: sides are multiples of `size_multiple`.

        Returns:
          [N, T, H, W, C] float32, the block and `overlap` frames of what is behind.
        """
        references, before = window.references.hidden(), window.before.completed()
        whole = completion_windows.joined(
            references, before, window.block, window.behind
        )
        first = references.length() + before.length()
        last = first + window.block.length() + window.overlap
        return self.paint(whole.frames, whole.holes)[:, first:last]

    def complete(self, frames: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
        """Completes clips.

        Args:
          frames: [N, T, H, W, C] in [-1, 1], anything in the holes.
          holes: [N, T, H, W, 1], 1 = missing.

        Returns:
          [N, T, H, W, C] float32 in [-1, 1]; known pixels are those of `frames`.
        """
        hidden = tf.where(holes > 0, 0.0, frames)
        height, width = tf.unstack(tf.shape(frames)[2:4])
        padded_frames, padded_holes = (
            mirror.padded_clips(one, multiple=self.size_multiple)
            for one in (hidden, tf.cast(holes > 0, tf.float32))
        )
        painted = self.paint(padded_frames, padded_holes)[:, :, :height, :width]
        painted = tf.clip_by_value(painted, -1.0, 1.0)
        return tf.where(holes > 0, painted, frames)

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns the completed `frames` [N, T, H, W, C] in [-1, 1]."""
        return {"frames": self.complete(batch["frames"], batch["holes"])}

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns clips with holes in grey, completed and true ones, [N, T, H, W, C]."""
        frames, holes = batch["frames"], batch["holes"]
        return {
            "given": tf.where(holes > 0, 0.0, frames),
            "completed": self.complete(frames, holes),
            "true": frames,
        }

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """Returns `complete`, whole and in chunks: see `completion_streaming.py`.

        With a `flow_completer` also `complete_flow`.
        """
        served = self.served_by(self.paint_window)
        if self.flow_completer is not None:
            completer = completion_flow.FlowCompleter(
                self.flow_completer, channels=self.spec.channels
            )
            served[signatures.COMPLETE_FLOW] = completer.serving_function()
        return served

    def fixed_size_functions(self) -> dict[str, signatures.ServingFunction]:
        """Returns `complete` alone: a plain export holds no other one."""
        return self.served_by(self.paint_window, has_fixed_size=True)

    def served_by(
        self, paint: completion_windows.Paint, *, has_fixed_size: bool = False
    ) -> dict[str, signatures.ServingFunction]:
        """Returns the signatures of a way to paint windows; see `Streaming`."""
        return completion_streaming.Streaming(
            paint,
            self.spec,
            reach=self.reach,
            multiple=self.size_multiple,
            has_fixed_size=has_fixed_size,
        ).serving_functions()


def check_spec(spec: clip.ClipSpec) -> None:
    """Checks that clips have holes.

    Raises:
      UserError: they have none.
    """
    if not spec.has_holes:
        raise errors.UserError(
            "The clips have no `holes` to complete; cut some into whole clips: "
            "gin/data/holed.gin."
        )
