"""The critics' real samples: first foregrounds and masks, randomly moved and coloured.

    frames = real_samples.jitter_colours(frames, seed, real_samples.OBJECT_JITTER)
    moved = real_samples.move(objects, seed, max_shift=0.025, fill=-1.0)

One first frame gives one real sample; random copies of it keep a critic from learning it
by heart. All maps are drawn per example from a stateless seed.

Source: the data loader of VOS-ForeGAN (Palau i Puigdevall, 2020): affine maps up to 8
degrees, scaled by 0.75 to 1.25, shifted vertically, flipped half of the time. Where we
differ: colours change by linear maps of RGB (hue turns in the YIQ plane) and only on the
object, so that black stays black.
"""

import math
from typing import NamedTuple

import tensorflow as tf

from tfvideogan.core import seeds, shapes
from tfvideogan.ops import affine, warp
from tfvideogan.ops import frames as frame_ops

MAX_DEGREES = 8.0
SCALES = (0.75, 1.25)
# FCC NTSC, 1953: RGB to luma and two colour differences.
_TO_YIQ = (
    (0.299, 0.587, 0.114),
    (0.5959, -0.2746, -0.3213),
    (0.2115, -0.5227, 0.3112),
)


class Jitter(NamedTuple):
    """Largest changes of colour.

    Attributes:
      brightness: factor 1 +- this.
      contrast: factor 1 +- this, about the mean luma.
      saturation: factor 1 +- this, about each pixel's luma.
      hue: turns, 0.5 is half the colour circle.
    """

    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0


OBJECT_JITTER = Jitter(brightness=0.3, contrast=0.3, saturation=0.5, hue=0.05)
NEXT_FRAME_JITTER = Jitter(brightness=0.3, hue=0.5)
FOREGROUND_SHIFT = 0.025
MASK_SHIFT = 0.02
MASK_PROBABILITY = 0.45


def jitter_colours(frames: tf.Tensor, seed: tf.Tensor, jitter: Jitter) -> tf.Tensor:
    """Changes brightness, contrast, saturation and hue, one draw per example.

    Args:
      frames: [N, H, W, 3] in [-1, 1].
      seed: [2] int32.
      jitter: the largest changes.

    Returns:
      [N, H, W, 3] in [-1, 1].
    """
    shapes.check_shape(frames, "N H W C", name="frames", C=3)
    count = tf.shape(frames)[0]
    shares = seeds.uniform([4, count, 1, 1, 1], seed, -1.0, 1.0)
    unit = (frames + 1.0) * 0.5 * (1.0 + jitter.brightness * shares[0])
    luma = tf.reduce_sum(unit * tf.constant(_TO_YIQ[0]), axis=-1, keepdims=True)
    grey = tf.reduce_mean(luma, axis=[1, 2], keepdims=True)
    unit = grey + (unit - grey) * (1.0 + jitter.contrast * shares[1])
    luma = tf.reduce_sum(unit * tf.constant(_TO_YIQ[0]), axis=-1, keepdims=True)
    unit = luma + (unit - luma) * (1.0 + jitter.saturation * shares[2])
    turn = 2.0 * math.pi * jitter.hue * tf.reshape(shares[3], [count])
    unit = tf.einsum("nhwc,ndc->nhwd", unit, _hue_matrices(turn))
    return tf.clip_by_value(unit, 0.0, 1.0) * 2.0 - 1.0


def jitter_clips(clips: tf.Tensor, seed: tf.Tensor, jitter: Jitter) -> tf.Tensor:
    """Changes the colours of clips [N, T, H, W, 3], one draw per frame."""
    jittered = jitter_colours(frame_ops.fold_time(clips), seed, jitter)
    return frame_ops.unfold_time(jittered, num_frames=clips.shape[1])


def move(
    images: tf.Tensor,
    seed: tf.Tensor,
    *,
    max_shift: float,
    fill: float,
    probability: float = 1.0,
) -> tf.Tensor:
    """Turns, scales, shifts and flips about the centre, one draw per example.

    Args:
      images: [N, H, W, C].
      seed: [2] int32.
      max_shift: vertical, as a share of the height.
      fill: value of what comes from outside the image.
      probability: share of the examples that are moved.

    Returns:
      [N, H, W, C].
    """
    height, width = images.shape[1:3]
    count = tf.shape(images)[0]
    draws = seeds.uniform([5, count], seed)
    angle = (2.0 * draws[0] - 1.0) * (math.pi / 180.0 * MAX_DEGREES)
    scale = SCALES[0] + (SCALES[1] - SCALES[0]) * draws[1]
    shift = (2.0 * draws[2] - 1.0) * max_shift * height  # Pixels, downwards.
    mirror = tf.where(draws[3] < 0.5, -1.0, 1.0)
    cosine, sine = tf.cos(angle) / scale, tf.sin(angle) / scale
    half = max(height, width) / 2
    # The inverse map less the identity, on centred coordinates, and the shift undone.
    dx = [(cosine * mirror - 1.0) * half, sine * half, -sine * shift]
    dy = [-sine * mirror * half, (cosine - 1.0) * half, -cosine * shift]
    motion = tf.stack([tf.stack(dx, -1), tf.stack(dy, -1)], axis=1)  # [N, 2, 3]
    flow = affine.to_flow(motion, height, width)
    moved, is_inside = warp.backward_with_validity(images, flow)
    moved = fill + is_inside * (moved - fill)
    is_moved = tf.reshape(draws[4] < probability, [count, 1, 1, 1])
    return tf.where(is_moved, moved, images)


def _hue_matrices(turns: tf.Tensor) -> tf.Tensor:
    """RGB to RGB by turns [N] radians in the plane of colour differences, [N, 3, 3]."""
    to_yiq = tf.constant(_TO_YIQ)
    ones, zeros = tf.ones_like(turns), tf.zeros_like(turns)
    cosine, sine = tf.cos(turns), tf.sin(turns)
    rotation = tf.stack(
        [
            tf.stack([ones, zeros, zeros], -1),
            tf.stack([zeros, cosine, -sine], -1),
            tf.stack([zeros, sine, cosine], -1),
        ],
        axis=1,
    )
    return tf.linalg.inv(to_yiq) @ rotation @ to_yiq
