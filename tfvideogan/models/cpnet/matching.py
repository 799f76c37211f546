"""Context matching: which of the aligned references a place is copied from.

    running = matching.start(target_features)
    for references in micro_batches:
        scores = matching.similarity(...)
        running = matching.add(running, scores, visible, features)
    copied, never_seen = matching.finish(running)

A place takes the mean of the references that show it, with weights that are a softmax of
how alike target and reference are where both are visible. The softmax runs: of any number
of references it keeps the largest score, the sum of weights and the weighted sum, so that
the memory is that of one micro-batch, and the result that of all at once.

All is float32, at a quarter of the size. R references, C channels.

Source: Lee et al., ICCV 2019, section 3.2. Where the published similarity is one number
for a reference, `neighbourhood` makes it one for each place, of what lies around it: with
parallax a reference fits here and not there.
"""

from typing import NamedTuple

import tensorflow as tf

# Below every similarity, and far from float32's end.
NOTHING = -1e9
# Pixels of visible neighbours that the whole frame weighs as much as.
PRIOR = 1.0
_NORM = 1e-12
# Pixels in a row of a place.
BLOCK = 4


class Running(NamedTuple):
    """A softmax under way.

    Attributes:
      largest: [N, h, w, 1], the largest score so far of a visible reference.
      total: [N, h, w, 1], the sum of exp(score - largest).
      weighted: [N, h, w, C], the sum of exp(score - largest) times features.
    """

    largest: tf.Tensor
    total: tf.Tensor
    weighted: tf.Tensor


def at_quarter(visible: tf.Tensor) -> tf.Tensor:
    """Returns which places [N, H/4, W/4, 1] are visible, of pixels [N, H, W, 1]."""
    size = tf.shape(visible)[1:3] // 4
    static = [None if one is None else one // 4 for one in visible.shape[1:3]]
    small = tf.cast(tf.image.resize(visible, size) > 0.5, tf.float32)
    return tf.ensure_shape(small, [visible.shape[0], *static, 1])


def similarity(
    target: tf.Tensor,
    references: tf.Tensor,
    both_visible: tf.Tensor,
    *,
    is_raw: bool = False,
    neighbourhood: int = 0,
) -> tf.Tensor:
    """Measures how alike features are where both are visible.

    Args:
      target: [N, h, w, C].
      references: [N, R, h, w, C], aligned.
      both_visible: [N, R, h, w, 1], 0 or 1.
      is_raw: the published fault: the mean over places and channels of products, which
        grows with the features, instead of the mean cosine over places.
      neighbourhood: sides of the window around each place, odd; 0 for the whole frame.

    Returns:
      [N, R, 1, 1, 1], or [N, R, h, w, 1] with a neighbourhood; 0 where nothing is
      visible in both.
    """
    if is_raw:
        alike = tf.reduce_mean(target[:, tf.newaxis] * references, -1, keepdims=True)
    else:
        directions = tf.math.l2_normalize(target, -1, _NORM)[:, tf.newaxis]
        others = tf.math.l2_normalize(references, -1, _NORM)
        alike = tf.reduce_sum(directions * others, -1, keepdims=True)
    alike *= both_visible
    places = tf.reduce_sum(both_visible, axis=[2, 3], keepdims=True)
    whole = tf.math.divide_no_nan(
        tf.reduce_sum(alike, axis=[2, 3], keepdims=True), places
    )
    if not neighbourhood:
        return whole
    area = float(neighbourhood**2)
    around, seen = (_box(one, neighbourhood) * area for one in (alike, both_visible))
    return (around + PRIOR * whole) / (seen + PRIOR)


def with_pixels(
    features: tf.Tensor, frames: tf.Tensor, visible: tf.Tensor
) -> tf.Tensor:
    """Lets pixels be copied with the features of their place.

    Ours: a decoder that starts at a quarter of the size would have to draw details again.

    Args:
      features: [N, h, w, C] of aligned references.
      frames: [N, 4 h, 4 w, c], normalised.
      visible: [N, 4 h, 4 w, 1], 0 or 1.

    Returns:
      [N, h, w, C + 16 (c + 1)]: behind the features visible pixels, and which they are.
    """
    seen = tf.concat([tf.where(visible > 0, frames, 0.0), visible], axis=-1)
    return tf.concat([features, tf.nn.space_to_depth(seen, BLOCK)], axis=-1)


def without_pixels(
    copied: tf.Tensor, channels: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Parts means of `with_pixels`.

    Args:
      copied: [N, h, w, C + 16 (c + 1)].
      channels: C.

    Returns:
      Features [N, h, w, C], pixels [N, 4 h, 4 w, c], 0 where none was visible, and where
      one was, [N, 4 h, 4 w, 1] bool.
    """
    seen = tf.nn.depth_to_space(copied[..., channels:], BLOCK)
    pixels = tf.math.divide_no_nan(seen[..., :-1], seen[..., -1:])
    return copied[..., :channels], pixels, seen[..., -1:] > 0


def start(target: tf.Tensor) -> Running:
    """Returns a softmax of nothing, for features like `target` [N, h, w, C]."""
    one = target[..., :1]
    return Running(
        tf.fill(tf.shape(one), NOTHING), tf.zeros_like(one), tf.zeros_like(target)
    )


def add(
    running: Running, scores: tf.Tensor, visible: tf.Tensor, features: tf.Tensor
) -> Running:
    """Adds references.

    Args:
      running: of the references before.
      scores: [N, R, h, w, 1] or [N, R, 1, 1, 1].
      visible: [N, R, h, w, 1], 0 or 1.
      features: [N, R, h, w, C]; anything where they are not visible.
    """
    is_visible = visible > 0
    shown = tf.stop_gradient(tf.where(is_visible, scores, NOTHING))
    largest = tf.maximum(running.largest, tf.reduce_max(shown, axis=1))
    # Hidden scores may be above the largest: no exponential of them.
    above = tf.where(is_visible, scores - largest[:, tf.newaxis], 0.0)
    weights = tf.where(is_visible, tf.exp(above), 0.0)  # [N, R, h, w, 1]
    features = tf.where(is_visible, features, 0.0)
    before = tf.exp(running.largest - largest)
    return Running(
        largest,
        before * running.total + tf.reduce_sum(weights, axis=1),
        before * running.weighted + tf.reduce_sum(weights * features, axis=1),
    )


def finish(running: Running) -> tuple[tf.Tensor, tf.Tensor]:
    """Ends a softmax.

    Returns:
      Mean features [N, h, w, C], 0 where no reference is visible; and `c_mask`
      [N, h, w, 1], 1 exactly there, else 0.
    """
    never_seen = tf.cast(running.total <= 0.0, tf.float32)
    return running.weighted / (running.total + never_seen), never_seen


def _box(x: tf.Tensor, side: int) -> tf.Tensor:
    """Means over windows of [N, R, h, w, 1], with zeros around."""
    size = tf.shape(x)
    flat = tf.reshape(x, [-1, size[2], size[3], 1])
    before, after = (side - 1) // 2, side // 2
    zeros = [[0, 0], [before, after], [before, after], [0, 0]]
    return tf.reshape(tf.nn.avg_pool2d(tf.pad(flat, zeros), side, 1, "VALID"), size)
