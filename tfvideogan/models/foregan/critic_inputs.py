"""What the critics of ForeGAN are shown: real critic_inputs beside generated ones.

Only the first mask is given, so real objects and real masks come from first frames
alone; real backgrounds come from every frame, away from the object; a real triplet is
the first object followed by the flow through the next two frames. Real and generated
critic_inputs get the same random tilt, growth, shift and flip (Zhao et al., Differentiable
Augmentation for Data-Efficient GAN Training, 2020), because real ones are few.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan import rollout
from tfvideogan.ops import affine, frames, masks, patches, warp

TRIPLET = 3
# Tilt, growth and shear per half of the larger side, and the shift, as shares of it.
AUGMENT_LINEAR = 0.15
AUGMENT_SHIFT = 0.06


@dataclasses.dataclass(frozen=True)
class CriticInputs:
    """Chooses what the critics judge.

    Attributes:
      num_patches: background patches per clip, K.
      patch_size: their height and width h, pixels.
    """

    num_patches: int
    patch_size: int

    def real(
        self,
        batch: Mapping[str, tf.Tensor],
        shared: Mapping[str, tf.Tensor],
        seed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Returns the real samples of each critic by its name.

        Args:
          batch: see `core.clip`.
          shared: the rollout [N, T-1, ...], which says where the object is.
          seed: [2] int32.

        Returns:
          "foreground" [N, H, W, 3], "background" [N·K, h, h, 3], "mask" [N, H, W, 1],
          "temporal" [N, H, W, 12].
        """
        objects, object_masks = real_objects(batch)
        return {
            "foreground": objects,
            "background": real_patches(
                batch, shared, seed, count=self.num_patches, size=self.patch_size
            ),
            "mask": object_masks,
            "temporal": real_triplets(batch),
        }

    def fake(
        self, shared: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Returns the generated samples of each critic by its name; gradients pass.

        The patches are of the frame whose real ones the same seed gives.

        Returns:
          As `real`, but T - 1 foregrounds and masks of each clip.
        """
        objects, object_masks = generated_objects(shared)
        return {
            "foreground": objects,
            "background": generated_patches(
                shared, seed, count=self.num_patches, size=self.patch_size
            ),
            "mask": object_masks,
            "temporal": generated_triplets(shared),
        }


def augment(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Tilts, grows, shifts and flips each image [N, H, W, C] at random."""
    batch = tf.shape(images)[0]
    height, width = images.shape[1:3]
    linear = seeds.normal([batch, 2, 2], seeds.fold(seed, "linear")) * AUGMENT_LINEAR
    shift = seeds.normal([batch, 2, 1], seeds.fold(seed, "shift")) * AUGMENT_SHIFT
    motion = tf.concat([linear / 2, shift], axis=-1) * max(height, width)  # [N, 2, 3]
    moved = warp.backward(images, affine.to_flow(motion, height, width))
    is_flipped = seeds.uniform([batch, 1, 1, 1], seeds.fold(seed, "flip")) < 0.5
    return tf.where(is_flipped, tf.reverse(moved, axis=[2]), moved)


def real_objects(batch: Mapping[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the first object before black [N, H, W, 3] and its mask [N, H, W, 1]."""
    mask = batch["foreground_masks"][:, 0]
    return rollout.on_black(mask, batch["frames"][:, 0]), mask


def generated_objects(shared: Mapping[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns all generated objects before black and masks, [N·(T-1), H, W, 3 and 1]."""
    flat_masks = frames.fold_time(shared["masks"])
    colours = frames.fold_time(shared["foregrounds"])
    return rollout.on_black(flat_masks, colours), flat_masks


def real_triplets(batch: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Follows the first mask through two frames by the flow; [N, H, W, 12]."""
    mask = batch["foreground_masks"][:, 0]
    parts = []
    for t in range(TRIPLET):
        if t:
            mask = warp.backward(mask, batch["backward_flow"][:, t - 1])
        parts += [rollout.on_black(mask, batch["frames"][:, t]), mask]
    return tf.stop_gradient(tf.concat(parts, axis=-1))


def generated_triplets(shared: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Returns the last three generated frames and masks; [N, H, W, 12]."""
    parts = []
    for t in range(-TRIPLET, 0):
        mask = shared["masks"][:, t]
        parts += [rollout.on_black(mask, shared["foregrounds"][:, t]), mask]
    return tf.concat(parts, axis=-1)


def real_patches(
    batch: Mapping[str, tf.Tensor],
    shared: Mapping[str, tf.Tensor],
    seed: tf.Tensor,
    *,
    count: int,
    size: int,
) -> tf.Tensor:
    """Cuts patches of real frames where the mask says there is no object.

    Returns:
      [N·count, size, size, 3]; where no patch avoids the object, those that do best.
    """
    time = _random_time(shared, seed)
    mask = tf.gather(tf.stop_gradient(shared["masks"]), time, axis=1)
    free = 1.0 - masks.dilate(masks.binarize(mask), radius=rollout.GUARD_PIXELS)
    frame = tf.gather(batch["frames"][:, 1:], time, axis=1)
    return _cut(frame, free, seed, count=count, size=size)


def generated_patches(
    shared: Mapping[str, tf.Tensor], seed: tf.Tensor, *, count: int, size: int
) -> tf.Tensor:
    """Cuts half of the patches where the object hides the scene, half anywhere.

    Returns:
      [N·count, size, size, 3].
    """
    time = _random_time(shared, seed)
    mask = tf.gather(tf.stop_gradient(shared["masks"]), time, axis=1)
    scene = tf.gather(shared["backgrounds"], time, axis=1)
    hidden = _cut(
        scene,
        masks.binarize(mask),
        seeds.fold(seed, "hidden"),
        count=count // 2,
        size=size,
        touching=True,
    )
    anywhere = _cut(
        scene, tf.ones_like(mask), seed, count=count - count // 2, size=size
    )
    return tf.concat([hidden, anywhere], axis=0)  # [N·count, size, size, 3]


def _cut(
    images: tf.Tensor,
    allowed: tf.Tensor,
    seed: tf.Tensor,
    *,
    count: int,
    size: int,
    touching: bool = False,
) -> tf.Tensor:
    window = (size, size)
    corners = patches.draw_positions(
        allowed, size=window, count=count, seed=seed, touching=touching
    )
    return frames.fold_time(patches.gather(images, corners, size=window))


def _random_time(shared: Mapping[str, tf.Tensor], seed: tf.Tensor) -> tf.Tensor:
    return seeds.integers([], seeds.fold(seed, "time"), shared["masks"].shape[1])
