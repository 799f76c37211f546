"""The layers of the original experiments: cut out, filled, put together again.

    foreground = composition.cut_out(frame, mask)       # the object before black
    background = composition.fill_rows(frame, mask)     # the scene without it
    frame = composition.composite(mask, foreground, background)

Everything is in [-1, 1], where black is -1. The original added layers as if black were
0: (1 - m) · background + foreground lies 1 below the scene wherever the foreground is
black. The reconstruction then asks the foreground for 0 where its critic asks for -1,
which explains why its foregrounds were too bright.
"""

import tensorflow as tf

from tfvideogan.core import seeds, shapes

BLACK = -1.0
GREY = 0.0
# The original takes the pixel 3 columns beside the object, to be clear of its edge.
ROW_MARGIN = 3


def cut_out(frame: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Returns the object before black: mask · frame + (1 - mask) · (-1).

    Args:
      frame: [N, H, W, 3] in [-1, 1].
      mask: [N, H, W, 1] in [0, 1].
    """
    return mask * (frame - BLACK) + BLACK


def composite(
    mask: tf.Tensor, foreground: tf.Tensor, background: tf.Tensor
) -> tf.Tensor:
    """Returns mask · foreground + (1 - mask) · background.

    With the true mask and the true layers this is the frame itself.

    Args:
      mask: [N, H, W, 1] in [0, 1].
      foreground: [N, H, W, 3] in [-1, 1]; what lies outside the mask does not matter.
      background: [N, H, W, 3] in [-1, 1].
    """
    return background + mask * (foreground - background)


def composite_additive_legacy(
    mask: tf.Tensor, foreground: tf.Tensor, background: tf.Tensor
) -> tf.Tensor:
    """Returns (1 - mask) · background + foreground, the original's sum.

    Outside the object, where the foreground is black (-1), this is the background less 1.

    Args:
      mask: [N, H, W, 1] in [0, 1].
      foreground: [N, H, W, 3] in [-1, 1], black outside the object.
      background: [N, H, W, 3] in [-1, 1].
    """
    return (1.0 - mask) * background + foreground


def add_colour(base: tf.Tensor, colour: tf.Tensor) -> tf.Tensor:
    """Returns the foreground of experiments 1 and 2: base + colour - 1.

    They wrote A · (base + colour) + (1 - A) · (base + colour) - 1 with the attention A,
    which cancels out.

    Args:
      base: [N, H, W, 3] in [-1, 1], the warped foreground.
      colour: [N, H, W, 3] in [-1, 1].
    """
    return base + colour - 1.0


def fill_black(frame: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Replaces the object by black, which generated backgrounds then kept.

    Args:
      frame: [N, H, W, 3] in [-1, 1].
      mask: [N, H, W, 1] in [0, 1], 1 = replace.
    """
    return cut_out(frame, 1.0 - mask)


def fill_noise(frame: tf.Tensor, mask: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Replaces the object by noise, uniform in [-1, 1) for every channel.

    The original meant Gaussian noise, N(0, 255) - 127, but its cast to bytes wraps, and
    what comes out is uniform.

    Args:
      frame: [N, H, W, 3] in [-1, 1].
      mask: [N, H, W, 1] in [0, 1], 1 = replace.
      seed: [2] int32.
    """
    noise = seeds.uniform(tf.shape(frame), seed, -1.0, 1.0)
    return frame + mask * (noise - frame)


def fill_rows(frame: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Replaces the object row by row with the pixels beside it.

    Of a row's object pixels the left half takes the pixel 3 columns left of the first,
    the right half the pixel 3 columns right of the last. Where that lies outside the
    image the other side serves; where both do, the row becomes grey. (The original
    leaves the middle pixel as it is, and reads the other end of the row at the border.)

    Args:
      frame: [N, H, W, C] in [-1, 1].
      mask: [N, H, W, 1]; above 0.5 = replace.

    Returns:
      [N, H, W, C]; pixels outside the mask are unchanged.
    """
    width = shapes.check_shape(frame, "N H W C", name="frame")["W"]
    shapes.check_shape(mask, "N H W C", name="mask", C=1)
    is_object = mask[..., 0] > 0.5  # [N, H, W]
    members = tf.cast(is_object, tf.int32)
    rank = tf.cumsum(members, axis=-1)  # 1 for the first object pixel of a row.
    count = rank[..., -1:]
    left = tf.argmax(members, axis=-1, output_type=tf.int32) - ROW_MARGIN
    last = width - 1 - tf.argmax(members[..., ::-1], axis=-1, output_type=tf.int32)
    right = last + ROW_MARGIN
    is_left = rank <= (count + 1) // 2
    has_left, has_right = (left >= 0)[..., None], (right < width)[..., None]
    source = tf.where(
        has_left & (is_left | ~has_right), left[..., None], right[..., None]
    )  # [N, H, W]
    source = tf.clip_by_value(source, 0, width - 1)
    fill = tf.gather(frame, source, axis=2, batch_dims=2)  # [N, H, W, C]
    fill = tf.where((has_left | has_right)[..., None], fill, GREY)
    return tf.where(is_object[..., None], fill, frame)
