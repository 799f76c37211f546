"""What OPN remembers of other frames, and which of them it looks at.

A frame is encoded once. Of its places those are remembered that show no hole; a target
reads from the places of some frames of the clip:

    every_nth        as published: every fifth frame, but never the target itself
    by_visibility    of those that may be chosen, the ones that together show most of the
                     target's hole, and among equals those farthest apart in time

References:
  [1] Oh et al., Onion-Peel Networks for Deep Video Completion, ICCV 2019, section 3.2.
"""

from typing import NamedTuple

import tensorflow as tf

from tfvideogan.models.opn import networks

# Decides between frames that show alike shares of a hole, and only there.
APART_WEIGHT = 1e-3
# Where a quarter of the size samples 4 x 4 pixels between their centres.
SAMPLED_MARGIN, SAMPLED_SIZE = 1, 2


class Memory(NamedTuple):
    """Places of frames.

    Attributes:
      keys: [N, M, D].
      values: [N, M, C].
      is_known: [N, M] bool, which of them may be read.
    """

    keys: tf.Tensor
    values: tf.Tensor
    is_known: tf.Tensor

    def of_clips(self, clips: int | tf.Tensor) -> "Memory":
        """Puts the places of all frames of a clip side by side: [clips, R·M, ...]."""
        # Not -1: of no frames nothing can be inferred.
        frames, places = tf.unstack(tf.shape(self.is_known))
        joined = frames // clips * places
        return Memory(
            *(tf.reshape(one, [clips, joined, *one.shape[2:]]) for one in self)
        )

    def of_frames(self, places: tf.Tensor) -> "Memory":
        """Returns the memory of one clip [1, R·M, ...] of chosen frames, [R] int32."""
        return Memory(*(tf.gather(one, places) for one in self)).of_clips(1)


def remember(
    encoder: networks.Encoder,
    frames: tf.Tensor,
    holes: tf.Tensor,
    *,
    has_sampled_maps: bool,
) -> Memory:
    """Encodes frames.

    Args:
      encoder: makes keys and values.
      frames: [N, H, W, 3] in [-1, 1], the mean colour in the holes.
      holes: [N, H, W, 1].
      has_sampled_maps: see `touched`.

    Returns:
      The memory of each frame, M = H/4 · W/4.
    """
    keys, values = encoder(networks.normalised(frames), 1.0 - holes, holes)
    is_known = tf.logical_not(touched(holes, has_sampled_maps=has_sampled_maps))
    number, height, width = tf.unstack(tf.shape(is_known)[:3])
    keys, values, is_known = (
        tf.reshape(one, [number, height * width, one.shape[-1]])
        for one in (keys, values, is_known)
    )
    return Memory(keys, values, is_known[..., 0])


def touched(maps: tf.Tensor, *, has_sampled_maps: bool = False) -> tf.Tensor:
    """Finds the places of which a pixel is set: [N, H, W, 1] -> [N, H/4, W/4, 1] bool.

    Args:
      maps: exactly 0 or 1.
      has_sampled_maps: whether, as in the released code, only the 2x2 pixels in the
        middle of a place are looked at.
    """
    return means(maps, has_sampled_maps=has_sampled_maps) > 0.0


def means(maps: tf.Tensor, *, has_sampled_maps: bool = False) -> tf.Tensor:
    """Shares of each place that are set, [N, H/4, W/4, 1]; see `touched`."""
    size = networks.STRIDE
    if has_sampled_maps:
        # Bilinear resizing to a quarter lies between the second and the third pixel.
        maps = maps[:, SAMPLED_MARGIN:, SAMPLED_MARGIN:]
        size = SAMPLED_SIZE
    return tf.nn.avg_pool2d(maps, size, networks.STRIDE, "VALID")


def every_nth(candidates: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns which candidates a target looks at, as published: all others.

    Args:
      candidates: [K] int32, their numbers in the clip.
      target: number of the target in the clip.

    Returns:
      [R] int32 places in `candidates`.
    """
    return tf.cast(tf.where(candidates != target)[:, 0], tf.int32)


def by_visibility(
    candidates: tf.Tensor,
    target: tf.Tensor,
    *,
    is_known: tf.Tensor,
    hole: tf.Tensor,
    most: int,
) -> tf.Tensor:
    """Chooses the candidates that together show most of a target's hole, one by one.

    Args:
      candidates: [K] int32, their numbers in the clip.
      target: number of the target in the clip; it is never chosen.
      is_known: [K, M] bool, the places that a candidate shows.
      hole: [M] bool, the places that the target lacks.
      most: how many are chosen at most.

    Returns:
      [R] int32 places in `candidates`, the best first.
    """
    shown = tf.cast(is_known, tf.float32)
    lacking = tf.cast(hole, tf.float32)
    may_be_chosen = candidates != target
    times = tf.cast(candidates, tf.float32)
    apart = tf.abs(times - tf.cast(target, tf.float32))
    number = tf.minimum(most, tf.math.count_nonzero(may_be_chosen, dtype=tf.int32))
    places = []
    for _ in range(most):
        gains = tf.linalg.matvec(shown, lacking)  # [K]
        # One place outweighs any distance in time.
        farness = apart / (tf.reduce_max(apart) + 1.0)
        scores = gains + APART_WEIGHT * farness
        place = tf.argmax(tf.where(may_be_chosen, scores, -1.0), output_type=tf.int32)
        places.append(place)
        may_be_chosen &= tf.range(tf.size(candidates)) != place
        lacking *= 1.0 - tf.gather(shown, place)
        apart = tf.minimum(apart, tf.abs(times - tf.gather(times, place)))
    return tf.stack(places)[:number]
