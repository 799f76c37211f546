"""Blur and noise, so that a captioner of real clips can judge generated ones.

Generated frames are softer than real ones, and not as clean. A captioner that was trained
on real ones alone may mistake that for a difference in what a clip shows.
"""

import tensorflow as tf

from tfvideogan.core import seeds

# Binomial weights of a pixel and its two neighbours along an axis.
TAPS = (0.25, 0.5, 0.25)
ROWS, COLUMNS = 2, 3


def corrupt(
    clips: tf.Tensor, seed: tf.Tensor, *, blur: float, noise: float
) -> tf.Tensor:
    """Blurs each clip by a share that is drawn, and adds noise of a drawn strength.

    Args:
      clips: [N, T, H, W, C] in [-1, 1].
      seed: [2] int32.
      blur: greatest share of the blurred clip (over 3x3 pixels) in the mixture with
        itself, in [0, 1].
      noise: greatest amplitude of uniform noise, in the unit of clips.

    Returns:
      The same shape; noise may leave [-1, 1].
    """
    shape = [tf.shape(clips)[0], 1, 1, 1, 1]
    share = seeds.uniform(shape, seeds.fold(seed, "blur"), 0.0, blur)
    amplitude = seeds.uniform(shape, seeds.fold(seed, "amplitude"), 0.0, noise)
    soft = _smoothed(_smoothed(clips, ROWS), COLUMNS)
    # Normal numbers take three times as long to draw, a fifth of a training step.
    drawn = seeds.uniform(tf.shape(clips), seeds.fold(seed, "noise"), -1.0, 1.0)
    return clips + share * (soft - clips) + amplitude * drawn


def _smoothed(clips: tf.Tensor, axis: int) -> tf.Tensor:
    """Weighs the neighbours along an axis; borders are repeated."""
    axes = range(clips.shape.rank)
    pads = [[1, 1] if axis == one else [0, 0] for one in axes]
    padded = tf.pad(clips, pads, "SYMMETRIC")
    sizes = [clips.shape[axis] if axis == one else -1 for one in axes]
    parts = [
        weight * tf.slice(padded, [place if axis == one else 0 for one in axes], sizes)
        for place, weight in enumerate(TAPS)
    ]
    return tf.add_n(parts)
