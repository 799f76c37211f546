"""Rolled layers as others want them: for metrics, to look at, and as bytes.

Every function takes what a rollout made of whole clips: `composites`, `foregrounds` and
`backgrounds` [N, T, H, W, 3] in [-1, 1], `masks` [N, T, H, W, 1] in [0, 1].
"""

from collections.abc import Mapping

import tensorflow as tf

from tfvideogan.core import pixels


def evaluation_outputs(rolled: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Returns `frames` (the composite), `foreground_masks` and the two layers."""
    return {
        "frames": rolled["composites"],
        "foreground_masks": rolled["masks"],
        "foregrounds": rolled["foregrounds"],
        "backgrounds": rolled["backgrounds"],
    }


def sample_clips(
    frames: tf.Tensor, rolled: Mapping[str, tf.Tensor]
) -> dict[str, tf.Tensor]:
    """Returns columns in [-1, 1]: real, composite, layers, mask and error.

    Args:
      frames: [N, T, H, W, 3] in [-1, 1], the real ones.
      rolled: the layers.
    """
    error = tf.abs(rolled["composites"] - frames)  # in [0, 2]
    return {
        "real": frames,
        "composite": rolled["composites"],
        "foreground": rolled["foregrounds"],
        "background": rolled["backgrounds"],
        "mask": 2.0 * rolled["masks"] - 1.0,
        "error": error - 1.0,
    }


def to_uint8(rolled: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Returns `video`, `foreground`, `background` and `mask` (255 = object), bytes."""
    return {
        "video": pixels.to_uint8(rolled["composites"]),
        "foreground": pixels.to_uint8(rolled["foregrounds"]),
        "background": pixels.to_uint8(rolled["backgrounds"]),
        "mask": pixels.to_uint8(2.0 * rolled["masks"] - 1.0),
    }
