"""Structural similarity as a loss.

    loss = similarity.ssim_loss(real_frames, fake_frames)     # 0 for equal ones

References:
  [1] Wang et al., "Image quality assessment: from error visibility to structural
      similarity", IEEE Transactions on Image Processing 13(4), 2004, section III.
"""

import numpy as np
import tensorflow as tf

# [1]: a Gaussian of 11 pixels and sigma 1.5, (0.01 L)² and (0.03 L)². Of [-1, 1] L is 2.
WINDOW = 11
SIGMA = 1.5
RANGE = 2.0
C1 = (0.01 * RANGE) ** 2
C2 = (0.03 * RANGE) ** 2


def ssim_loss(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Computes 1 - the mean similarity over channels and all places of the window.

    Sums within the window are products with two band matrices, which XLA and gradients
    take as they are.

    Args:
      real: [N, H, W, C] in [-1, 1]; H, W and C are static. Of sides below 11 pixels the
        window is as large as they are.
      fake: the same shape.

    Returns:
      A float32 scalar in [0, 2].
    """
    real, fake = (_by_channel(one) for one in (real, fake))
    rows, columns = (tf.constant(_bands(size)) for size in real.shape[-2:])
    maps = tf.stack([real, fake, real * real, fake * fake, real * fake])
    means = tf.matmul(tf.matmul(rows, maps), columns, transpose_b=True)
    of_real, of_fake, squares, fake_squares, products = tf.unstack(means)
    both = of_real * of_fake
    sums = of_real * of_real + of_fake * of_fake
    covariance, variances = products - both, squares + fake_squares - sums
    similarity = (2.0 * both + C1) * (2.0 * covariance + C2)
    return 1.0 - tf.reduce_mean(similarity / ((sums + C1) * (variances + C2)))


def _by_channel(images: tf.Tensor) -> tf.Tensor:
    """Returns [N·C, H, W] float32."""
    planes = tf.transpose(tf.cast(images, tf.float32), [0, 3, 1, 2])
    return tf.reshape(planes, [-1, *images.shape[1:3]])


def _bands(size: int) -> np.ndarray:
    """Returns [places, size], a Gaussian of sum 1 in each row."""
    window = min(WINDOW, size)
    apart = np.arange(window) - (window - 1) / 2
    weights = np.exp(-0.5 * (apart / SIGMA) ** 2)
    bands = np.zeros([size - window + 1, size], np.float32)
    for place, row in enumerate(bands):
        row[place : place + window] = weights / weights.sum()
    return bands
