"""Fills holes of images from their surroundings.

    push_pull(images, visible)   # averages: quick, flat inside
    membrane(images, visible)    # held at the rim: slopes go on inside

Source: the push-pull scheme of Gortler et al., The Lumigraph, 1996, section 3.4.1, with
box averages: pushing averages the visible pixels level by level, pulling takes the
coarser level, interpolated bilinearly, wherever a level has none.
"""

import tensorflow as tf

from tfvideogan.core import shapes
from tfvideogan.ops import frames as frame_ops

MIN_WEIGHT = 1e-4
# Of successive over-relaxation, between 1 (none) and 2 (unstable).
_RELAXATION = 1.7
# Passes over an image of the finest level; twice as many on each coarser one, where they
# cost a quarter and reach twice as far, up to the most.
_FINEST_SWEEPS = 1
_MOST_SWEEPS = 16
# Coarser levels, each of half the size: 64 pixels become one.
_LEVELS = 6


def push_pull(images: tf.Tensor, visible: tf.Tensor) -> tf.Tensor:
    """Replaces invisible pixels by ever coarser averages of visible ones.

    Args:
      images: [N, H, W, C] float.
      visible: [N, H, W, 1] in [0, 1], 1 = keep.

    Returns:
      [N, H, W, C]; pixels with `visible` 1 are unchanged; zero if nothing is visible.
    """
    shapes.check_shape(images, "N H W C", name="images")
    shapes.check_shape(visible, "N H W C", name="visible", C=1)
    return _fill(images * visible, visible)


def membrane(images: tf.Tensor, visible: tf.Tensor) -> tf.Tensor:
    """Replaces invisible pixels so that each is the mean of its four neighbours.

    Laplace's equation, as in `media/harmonic.py`, for graphs: the visible pixels are
    boundary values, and there is no slope across the border of the image. Solved from
    coarse to fine by successive over-relaxation.

    Args:
      images: [N, H, W, C] float; anything, NaN too, where they are not visible.
      visible: [N, H, W, 1], above 0 = keep.

    Returns:
      [N, H, W, C] float32, without gradient; visible pixels are unchanged; zero if nothing
      is visible.

    Raises:
      ValueError: a shape differs from the above.
    """
    shapes.check_shape(images, "N H W C", name="images")
    shapes.check_shape(visible, "N H W C", name="visible", C=1)
    is_kept = visible > 0
    hidden = tf.where(is_kept, tf.cast(images, tf.float32), 0.0)
    # Each channel an image of its own: broadcasting over few channels is slow.
    planes = tf.transpose(hidden, [0, 3, 1, 2])[..., tf.newaxis]  # [N, C, H, W, 1]
    weights = tf.repeat(tf.cast(is_kept, tf.float32), images.shape[-1], axis=0)
    flat = tf.reshape(planes, tf.shape(weights))
    filled = _relaxed(flat, weights, sweeps=_FINEST_SWEEPS, levels=_LEVELS)
    filled = tf.reshape(filled, tf.shape(planes))[..., 0]
    filled = tf.transpose(filled, [0, 2, 3, 1])  # [N, H, W, C]
    return tf.stop_gradient(tf.ensure_shape(filled, images.shape))


def membrane_of_clips(frames: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
    """Fills the holes of every frame by itself, see `membrane`.

    Args:
      frames: [N, T, H, W, C] float; anything in the holes.
      holes: [N, T, H, W, 1], above 0 = missing.

    Returns:
      [N, T, H, W, C] float32.
    """
    visible = tf.cast(holes <= 0, tf.float32)
    filled = membrane(frame_ops.fold_time(frames), frame_ops.fold_time(visible))
    return tf.ensure_shape(tf.reshape(filled, tf.shape(frames)), frames.shape)


def _relaxed(
    weighted: tf.Tensor, weights: tf.Tensor, *, sweeps: int, levels: int
) -> tf.Tensor:
    """Solves Laplace's equation for images given as (colour times weight, weight)."""
    height, width = tf.unstack(tf.shape(weights)[1:3])
    known = weighted / tf.maximum(weights, MIN_WEIGHT)
    is_known = weights > 0
    image = known
    if levels:
        coarse = _relaxed(
            _halve(weighted),
            _halve(weights),
            sweeps=min(2 * sweeps, _MOST_SWEEPS),
            levels=levels - 1,
        )
        # Cells lie at the centres of what they cover, also where the last one is cut.
        double = 2 * tf.shape(coarse)[1:3]
        guess = tf.image.resize(coarse, double, "bilinear")[:, :height, :width]
        image = tf.where(is_known, known, guess)
    # Every second pixel at a time, as on a chessboard.
    is_dark = (tf.range(height)[:, tf.newaxis] + tf.range(width)) % 2 == 0
    turns = [
        tf.cast(is_turn[..., tf.newaxis] & ~is_known, tf.float32)
        for is_turn in (is_dark, ~is_dark)
    ]

    def sweep(count: tf.Tensor, image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # The last sweep is plain: what is too far is not what an image should end with.
        step = tf.where(count < sweeps - 1, _RELAXATION, 1.0)
        for turn in turns:
            image += turn * step * _mean_difference(image)
        return count + 1, image

    _, image = tf.while_loop(
        lambda count, _: count < sweeps,
        sweep,
        (0, image),
        shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, None, None, 1])),
    )
    return image


def _mean_difference(images: tf.Tensor) -> tf.Tensor:
    """Of four neighbours from each pixel; beyond the border lies the pixel itself."""
    wide = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    down = wide[:, :-2, 1:-1] + wide[:, 2:, 1:-1]
    across = wide[:, 1:-1, :-2] + wide[:, 1:-1, 2:]
    return (down + across) / 4.0 - images


def _fill(weighted: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Fills an image given as (colour times weight, weight)."""
    height, width = weights.shape[1:3]
    if height == 1 and width == 1:
        return weighted / tf.maximum(weights, MIN_WEIGHT)
    coarse = _fill(_halve(weighted), _halve(weights))
    double = (2 * coarse.shape[1], 2 * coarse.shape[2])
    coarse = tf.image.resize(coarse, double, "bilinear")
    if double != (height, width):
        coarse = coarse[:, :height, :width]
    return weighted + (1.0 - weights) * coarse


def _halve(images: tf.Tensor) -> tf.Tensor:
    return tf.nn.avg_pool2d(images, 2, 2, "SAME")
