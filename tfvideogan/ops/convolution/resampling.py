"""Convolutions of doubled images, and halved ones of images, in one operation.

    conv2d_of_doubled(x, w)   pixels repeated 2x2, then convolved by 3x3
    halved_conv2d(x, w)       convolved by 3x3, then means of 2x2 pixels
    halved_conv3d(x, w)       convolved by 3x3x3, then means of 2x2 pixels

An image that is doubled by repeating pixels and then convolved by 3x3 equals a transposed
convolution 4 / 2 / 1 whose kernel is the 3x3 one spread by 2x2 ones; the mean behind a
convolution equals a convolution 4 / 2 / 1 with that kernel over four. Both take 16 instead
of 36 products for each pixel of the small image.
"""

import tensorflow as tf

from tfvideogan.ops.convolution import convolution

_PIXELS = 4  # of which a mean is taken


def conv2d_of_doubled(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Doubles images by repeating pixels, and convolves them.

    Args:
      x: [N, H, W, I].
      kernel: [3, 3, I, O], a tensor.

    Returns:
      [N, 2H, 2W, O].
    """
    # Read backwards, because a transposed convolution turns it.
    turned = tf.transpose(tf.reverse(kernel, axis=[0, 1]), [0, 1, 3, 2])
    return convolution.conv2d_transpose(x, _spread(turned), stride=2, padding=1)


def halved_conv2d(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolves images, and takes means of 2x2 pixels.

    Args:
      x: [N, H, W, I] with even sides.
      kernel: [3, 3, I, O], a tensor.

    Returns:
      [N, H/2, W/2, O].
    """
    return convolution.conv2d(x, _spread(kernel) / _PIXELS, stride=2, padding=1)


def halved_conv3d(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolves clips, and takes means of 2x2 pixels; the time stays.

    Args:
      x: [N, T, H, W, I] with even sides.
      kernel: [3, 3, 3, I, O], a tensor.

    Returns:
      [N, T, H/2, W/2, O].
    """
    taps, inputs, outputs = kernel.shape[0], *kernel.shape[-2:]
    planes = tf.transpose(kernel, [1, 2, 0, 3, 4])  # [3, 3, t, I, O]
    planes = tf.reshape(planes, [*kernel.shape[1:3], taps * inputs, outputs])
    spread = tf.reshape(_spread(planes) / _PIXELS, [4, 4, taps, inputs, outputs])
    return convolution.conv3d(
        x,
        tf.transpose(spread, [2, 0, 1, 3, 4]),
        strides=(1, 2, 2),
        padding=(taps // 2, 1, 1),
    )


def _spread(kernel: tf.Tensor) -> tf.Tensor:
    """Adds up a kernel [3, 3, I, O] at 2x2 places; [4, 4, I, O]."""
    return tf.add_n(
        [
            tf.pad(kernel, [[row, 1 - row], [column, 1 - column], [0, 0], [0, 0]])
            for row in range(2)
            for column in range(2)
        ]
    )
