"""Differentiable changes of clips that critics are shown, alike for every frame.

    real = augmentation.augment(real, seed_of_real)
    fake = augmentation.augment(fake, seed_of_fake)

A clip keeps its motion: all its frames are shifted, recoloured and covered in the same
way, so that a critic of few clips cannot learn them by heart and the generator does not
learn that scenes flicker. Real and generated clips must both go through it.

References:
  [1] Zhao et al., Differentiable Augmentation for Data-Efficient GAN Training, NeurIPS
      2020, section 3 (shift, colour, cutout and their strengths).
"""

from collections.abc import Callable, Sequence

import tensorflow as tf

from tfvideogan.core import seeds, shapes

# [1]: by how much of a side a clip is shifted, and the side of what is covered.
SHIFT = 0.125
COVER = 0.5
# [1]: added light; factors of saturation and contrast lie in [0, 2] and [0.5, 1.5].
BRIGHTNESS = 0.5
CONTRAST = 0.5


def augment(
    clips: tf.Tensor,
    seed: tf.Tensor,
    *,
    policy: Sequence[str] = ("colour", "shift", "cutout"),
) -> tf.Tensor:
    """Changes each clip at random.

    Args:
      clips: [N, T, H, W, C] in [-1, 1]; H and W are static.
      seed: [2] int32.
      policy: what is done, in this order; names of `POLICIES`.

    Returns:
      The same shape; colours may leave [-1, 1].

    Raises:
      ValueError: `policy` has a name that is none of `POLICIES`.
    """
    shapes.check_shape(clips, "N T H W C", name="clips")
    for name in policy:
        if name not in POLICIES:
            raise ValueError(
                f"`policy` has {name!r}; it may have {', '.join(sorted(POLICIES))}."
            )
        clips = POLICIES[name](clips, seeds.fold(seed, name))
    return clips


def colour(clips: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Adds light and changes saturation and contrast of each clip."""
    shape = [tf.shape(clips)[0], 1, 1, 1, 1]
    light = seeds.uniform(shape, seeds.fold(seed, "light"), -BRIGHTNESS, BRIGHTNESS)
    saturation = seeds.uniform(shape, seeds.fold(seed, "saturation"), 0.0, 2.0)
    contrast = seeds.uniform(
        shape, seeds.fold(seed, "contrast"), 1.0 - CONTRAST, 1.0 + CONTRAST
    )
    grey = tf.reduce_mean(clips, axis=-1, keepdims=True)
    clips = grey + (clips - grey) * saturation + light
    mean = tf.reduce_mean(clips, axis=[1, 2, 3, 4], keepdims=True)
    return mean + (clips - mean) * contrast


def shift(clips: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Shifts each clip by whole pixels, up to an eighth of its sides; zeros move in."""
    for axis, name in ((2, "rows"), (3, "columns")):
        reach = int(clips.shape[axis] * SHIFT + 0.5)
        count = [tf.shape(clips)[0]]
        starts = seeds.integers(count, seeds.fold(seed, name), 2 * reach + 1)
        pads = [[reach, reach] if axis == one else [0, 0] for one in range(5)]
        places = starts[:, tf.newaxis] + tf.range(clips.shape[axis])
        # The padded axis next to the batch, so that each clip gathers its own places.
        swapped = _swap(tf.pad(clips, pads), axis)
        clips = _swap(tf.gather(swapped, places, axis=1, batch_dims=1), axis)
    return clips


def cutout(clips: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Covers a rectangle of half the sides with zeros; it may stick out."""
    count = [tf.shape(clips)[0]]
    inside = []
    for axis, name in ((2, "rows"), (3, "columns")):
        size = clips.shape[axis]
        side = int(size * COVER + 0.5)
        centre = seeds.integers(
            count, seeds.fold(seed, name), size + (1 - side % 2)
        )  # [N]
        first = centre[:, tf.newaxis] - side // 2
        place = tf.range(size)
        inside.append((place >= first) & (place < first + side))  # [N, size]
    covered = inside[0][:, :, tf.newaxis] & inside[1][:, tf.newaxis]
    keep = tf.cast(~covered, clips.dtype)[:, tf.newaxis, :, :, tf.newaxis]
    return clips * keep


def _swap(clips: tf.Tensor, axis: int) -> tf.Tensor:
    """Exchanges the axis of time with another one."""
    order = list(range(clips.shape.rank))
    order[1], order[axis] = order[axis], order[1]
    return tf.transpose(clips, order)


POLICIES: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "colour": colour,
    "shift": shift,
    "cutout": cutout,
}
