"""Pictures that go on beyond their border as in a mirror, however far.

    padded = mirror.padded_to(images, multiple=8)     # [N, H, W, C] -> [N, H', W', C]
    cut = padded[:, :height, :width]

`tf.pad` mirrors, too, but no further than a picture is large.
"""

import tensorflow as tf

from tfvideogan.ops import frames

Size = int | tf.Tensor


def places(numbers: tf.Tensor, size: Size) -> tf.Tensor:
    """Brings whole numbers to 0 .. size - 1, as mirrors at the first and last do.

    Args:
      numbers: int32 of any shape.
      size: at least 1, an int or a scalar int32.

    Returns:
      int32 of the same shape; -1 and 1 are the same, and so are size and size - 2.
    """
    size = tf.convert_to_tensor(size, tf.int32)
    period = tf.maximum(2 * (size - 1), 1)
    numbers = tf.math.floormod(numbers, period)
    return tf.minimum(numbers, period - numbers)


def padded_to(images: tf.Tensor, *, multiple: int) -> tf.Tensor:
    """Makes sides multiples of a number, by rows below and columns on the right.

    Args:
      images: [N, H, W, C].
      multiple: of the new sides.

    Returns:
      [N, H', W', C]; the images themselves where nothing is to be done.
    """
    for axis in (1, 2):
        static = images.shape[axis]
        if static is not None and static % multiple == 0:
            continue
        size = tf.shape(images)[axis] if static is None else static
        wanted = -(-size // multiple) * multiple
        images = tf.gather(images, places(tf.range(wanted), size), axis=axis)
    return images


def padded_clips(clips: tf.Tensor, *, multiple: int) -> tf.Tensor:
    """Makes sides of clips multiples of a number, as `padded_to` does.

    Args:
      clips: [N, T, H, W, C]; any axis but C may be open.
      multiple: of the new sides.

    Returns:
      [N, T, H', W', C].
    """
    flat = padded_to(frames.fold_time(clips), multiple=multiple)
    size = tf.shape(flat)
    shape = [-1, tf.shape(clips)[1], size[1], size[2], clips.shape[-1]]
    return tf.reshape(flat, shape)
