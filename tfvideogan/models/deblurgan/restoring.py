"""What every model that makes blurred frames sharp has in common.

A subclass says how a window of frames becomes its middle one, `restore_windows`; whole
clips, what metrics and people see, and the signatures follow from it.
"""

from collections.abc import Mapping

import tensorflow as tf

from tfvideogan.core import clip, errors, signatures
from tfvideogan.models import base
from tfvideogan.models.deblurgan import served, windows
from tfvideogan.ops import frames


class RestoringModel(base.VideoModel):
    """Base of models from `blurred_frames` to `frames`."""

    @property
    def reach(self) -> int:
        """R, how many frames it looks at before and behind each."""
        return 0

    @property
    def tiling(self) -> served.Tiling:
        """How large pictures are cut when served."""
        raise NotImplementedError(f"{type(self).__name__}.tiling")

    def restore_windows(self, clips: tf.Tensor) -> tf.Tensor:
        """Restores the middle frame of windows.

        Args:
          clips: [N, 2 R + 1, H, W, C] in [-1, 1]; H and W of any size.

        Returns:
          [N, H, W, C] float32.
        """
        raise NotImplementedError(f"{type(self).__name__}.restore_windows")

    def restore(self, clips: tf.Tensor) -> tf.Tensor:
        """Restores all frames of clips [N, T, H, W, C] in [-1, 1]; float32, unclipped."""
        restored = self.restore_windows(windows.folded(clips, reach=self.reach))
        return frames.unfold_time(restored, num_frames=clips.shape[1])

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns the restored `frames` [N, T, H, W, C] in [-1, 1]."""
        return {"frames": clipped(self.restore(batch["blurred_frames"]))}

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns blurred, restored and sharp clips, [N, T, H, W, C]."""
        blurred = batch["blurred_frames"]
        restored = clipped(self.restore(blurred))
        return {"blurred": blurred, "restored": restored, "sharp": batch["frames"]}

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """Returns `restore` and, of a window, its streaming form; see `served`."""
        return served.serving_functions(
            self.restore_windows, self.spec, reach=self.reach, tiling=self.tiling
        )


def clipped(clips: tf.Tensor) -> tf.Tensor:
    """Returns clips in [-1, 1]."""
    return tf.clip_by_value(clips, -1.0, 1.0)


def check_spec(spec: clip.ClipSpec) -> None:
    """Checks that clips have blurred frames.

    Raises:
      UserError: they have none.
    """
    if not spec.has_blurred_frames:
        raise errors.UserError(
            "The clips have no `blurred_frames` to restore; take "
            "gin/data/gopro_crops.gin, or blur sharp ones: gin/data/shaken.gin."
        )
