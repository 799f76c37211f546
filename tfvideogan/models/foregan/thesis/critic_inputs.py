"""What the critics of the original experiments judge.

    inputs = critic_inputs.CriticInputs(options, height=224, width=416)
    real = inputs.real(batch, shared, seed)    # one foreground and mask per clip
    fake = inputs.fake(shared, seed)           # T - 1 of them
    real = inputs.pair(real, num_steps)        # repeated, as the penalties want it

| name         | real                                | generated                    |
|--------------|-------------------------------------|------------------------------|
| `foreground` | the first object before black       | of every step                |
| `mask`       | the first mask                      | of every step                |
| `background` | patches of the first frame that     | patches of every step, from  |
|              | do not touch the object             | anywhere or on the first mask|

Time is folded into the batch: critics judge all steps at once. Instance for instance
this is what the original does step by step, since its critics have no normalisation.
"""

from collections.abc import Mapping

import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan.thesis import (
    composition,
    options,
    real_samples,
)
from tfvideogan.ops import frames as frame_ops
from tfvideogan.ops import patches as patch_ops


class CriticInputs:
    """Chooses and cuts what the critics see; holds no variables."""

    def __init__(
        self,
        options: options.Options,
        *,
        height: int,
        width: int,
    ) -> None:
        """Fits the patches to the frames: their size, and no more than have a place.

        Args:
          options: of the experiment.
          height: of the frames, pixels.
          width: of the frames, pixels.
        """
        self.options = options
        rows, columns = options.patch_size
        self.patch_size = (min(rows, height), min(columns, width))
        positions = (height - self.patch_size[0] + 1) * (width - self.patch_size[1] + 1)
        self.num_patches = min(options.num_patches, positions)

    def real(
        self,
        batch: Mapping[str, tf.Tensor],
        shared: Mapping[str, tf.Tensor],
        seed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Returns the real samples, no gradient.

        Args:
          batch: see `core.clip`.
          shared: with "first_background" and "first_mask".
          seed: [2] int32.

        Returns:
          "foreground" [N, H, W, 3], "background" [N·K, h, w, 3], and "mask"
          [N, H, W, 1] if masks are judged.
        """
        frame, mask = batch["frames"][:, 0], shared["first_mask"]
        foreground = composition.cut_out(frame, mask)
        if self.options.transform_real == "both":
            foreground = _moved_foreground(frame, mask, seed)
        if self.options.transform_real != "none":
            mask = _moved_mask(mask, seed)
        real = {
            "foreground": foreground,
            "background": self._cut(
                shared["first_background"],
                1.0 - shared["first_mask"],
                seeds.fold(seed, "patches"),
            ),
        }
        if self.options.has_mask_critic:
            real["mask"] = mask
        return {name: tf.stop_gradient(value) for name, value in real.items()}

    def fake(
        self, shared: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Returns the generated samples of all steps; gradients pass.

        Args:
          shared: the rollout [N, T-1, ...].
          seed: [2] int32.

        Returns:
          "foreground" [N·(T-1), H, W, 3], "background" [N·(T-1)·K, h, w, 3], and "mask"
          [N·(T-1), H, W, 1] if masks are judged.
        """
        backgrounds = shared["backgrounds"]
        is_on_mask = self.options.fake_patches == "on_mask"
        place = tf.ones_like(shared["masks"])
        if is_on_mask:
            place *= shared["first_mask"][:, tf.newaxis]
        fake = {
            "foreground": frame_ops.fold_time(shared["foregrounds"]),
            "background": self._cut(
                frame_ops.fold_time(backgrounds),
                frame_ops.fold_time(place),
                seed,
                touching=is_on_mask,
            ),
        }
        if self.options.has_mask_critic:
            fake["mask"] = frame_ops.fold_time(shared["masks"])
        return fake

    def pair(
        self, real: Mapping[str, tf.Tensor], num_steps: int
    ) -> dict[str, tf.Tensor]:
        """Repeats the real samples of each clip for every step, in the fakes' order."""
        paired = {}
        for name, value in real.items():
            rest = value.shape[1:]
            per_clip = self.num_patches if name == "background" else 1
            clips = tf.reshape(value, [-1, 1, per_clip, *rest])  # [N, 1, K, ...]
            repeated = tf.repeat(clips, num_steps, axis=1)  # [N, T-1, K, ...]
            paired[name] = tf.reshape(repeated, [-1, *rest])  # [N·(T-1)·K, ...]
        return paired

    def _cut(
        self,
        images: tf.Tensor,
        place: tf.Tensor,
        seed: tf.Tensor,
        *,
        touching: bool = False,
    ) -> tf.Tensor:
        positions = patch_ops.draw_positions(
            place,
            size=self.patch_size,
            count=self.num_patches,
            seed=seed,
            touching=touching,
        )
        cut = patch_ops.gather(images, positions, size=self.patch_size)
        return frame_ops.fold_time(cut)  # [N·K, h, w, 3]


def _moved_foreground(frame: tf.Tensor, mask: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """A coloured and moved copy of the first object before black."""
    coloured = real_samples.jitter_colours(
        frame, seeds.fold(seed, "colours"), real_samples.OBJECT_JITTER
    )
    return real_samples.move(
        composition.cut_out(coloured, mask),
        seeds.fold(seed, "foreground"),
        max_shift=real_samples.FOREGROUND_SHIFT,
        fill=composition.BLACK,
    )


def _moved_mask(mask: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """The first mask, moved now and then."""
    return real_samples.move(
        mask,
        seeds.fold(seed, "mask"),
        max_shift=real_samples.MASK_SHIFT,
        fill=0.0,
        probability=real_samples.MASK_PROBABILITY,
    )
