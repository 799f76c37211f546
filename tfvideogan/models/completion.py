"""What every model that completes videos with holes has in common.

    frames, holes -> frames that a network painted -> known pixels put back

A subclass says how a network paints, `paint`; the rest follows from it: whole clips of any
size, what metrics and people see, and the signature `complete`. What lies behind a hole
never reaches a network, not even as NaN, and known pixels come out as they went in, bit
for bit.
"""

from collections.abc import Mapping

import tensorflow as tf

from tfvideogan.core import clip, errors, pixels, signatures
from tfvideogan.models import base
from tfvideogan.ops import frames as frame_ops
from tfvideogan.ops import mirror

VIDEO = {signatures.VIDEO: "[N, T, H, W, C] uint8, the video without holes"}


class CompletionModel(base.VideoModel):
    """Base of models from `frames` and `holes` to `frames`."""

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

    def complete(self, frames: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
        """Completes clips.

        Args:
          frames: [N, T, H, W, C] in [-1, 1], anything in the holes.
          holes: [N, T, H, W, 1], 1 = missing.

        Returns:
          [N, T, H, W, C] float32 in [-1, 1]; known pixels are those of `frames`.
        """
        hidden = tf.where(holes > 0, 0.0, frames)
        length, height, width = tf.unstack(tf.shape(frames)[1:4])
        padded_frames, padded_holes = (
            _padded(one, multiple=self.size_multiple, length=length)
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
        """Returns `complete`, of clips of any length and size."""
        free = signatures.InputRule("N T H W C", "RGB video, anything in the holes")
        holes = signatures.InputRule("N T H W 1", "0 = visible, all else = missing")
        shape = [None, None, None, None]
        inputs = [
            signatures.Input(tf.TensorSpec([*shape, channels], tf.uint8, name), rule)
            for name, channels, rule in (
                (signatures.FRAMES, self.spec.channels, free),
                (signatures.HOLES, 1, holes),
            )
        ]
        return {
            signatures.COMPLETE: signatures.ServingFunction.of(
                self._served,
                inputs,
                VIDEO,
                about="a video with holes, the video without them",
            )
        }

    def _served(self, *, frames: tf.Tensor, holes: tf.Tensor) -> dict[str, tf.Tensor]:
        made = self.complete(pixels.to_float(frames), tf.cast(holes, tf.float32))
        # Not every byte comes back from [-1, 1] in every precision: known ones are kept.
        return {signatures.VIDEO: tf.where(holes > 0, pixels.to_uint8(made), frames)}


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


def _padded(clips: tf.Tensor, *, multiple: int, length: tf.Tensor) -> tf.Tensor:
    """Mirrors clips below and on the right until sides are multiples of a number."""
    flat = mirror.padded_to(frame_ops.fold_time(clips), multiple=multiple)
    size = tf.shape(flat)
    return tf.reshape(flat, [-1, length, size[1], size[2], clips.shape[-1]])
