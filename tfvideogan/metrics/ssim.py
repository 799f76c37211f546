"""Structural similarity, with the windows that published figures were made with.

    ssim(frames, targets)                          # [N, T, H, W, C] in [0, 1] -> [N, T]
    ssim(frames, targets, window="win65")

One noisy picture of 432x240 reads 0.634, 0.657 or 0.956, by its window:

    gauss11    Gaussian of 11 pixels, sigma 1.5: `tf.image.ssim`, SAVP, most of prediction;
               scikit-image with gaussian_weights=True, use_sample_covariance=False
    uniform7   7x7, sample covariances: what scikit-image does by default
    win65      65x65, sample covariances: papers on video inpainting (win_size=65)

The data range is 1. Figures of floats that were made without saying so may be of the range
2: there the same picture reads 0.84. Windows lie inside the image; means are over their
places and over channels. All is NumPy in float64.

References:
  [1] Wang et al., "Image quality assessment: from error visibility to structural
      similarity", IEEE Transactions on Image Processing 13(4), 2004, section III.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np

from tfvideogan.core import errors

# ((0.01 L)², (0.03 L)²) of [1] for the data range L = 1.
_C1 = 1e-4
_C2 = 9e-4
_SIGMA = 1.5
_IMAGE_AXES = (-3, -2, -1)


@dataclasses.dataclass(frozen=True)
class Window:
    """Where one similarity is measured.

    Attributes:
      size: pixels of a side, odd.
      is_uniform: all pixels alike and covariances of a sample, divided by n - 1; else a
        Gaussian of sigma 1.5, and covariances of the whole.
    """

    size: int
    is_uniform: bool


WINDOWS: Mapping[str, Window] = {
    "gauss11": Window(11, is_uniform=False),
    "uniform7": Window(7, is_uniform=True),
    "win65": Window(65, is_uniform=True),
}


def ssim(
    frames: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    window: str = "gauss11",
) -> np.ndarray:
    """Computes the structural similarity of each frame.

    Args:
      frames: [..., H, W, C] in [0, 1].
      targets: the same shape.
      weights: [..., H, W, 1] weights of the centres of windows, or None for all alike.
      window: a name of `WINDOWS`.

    Returns:
      [...] float64, 1 for identical frames; NaN where the weights of all centres are
      zero, and for frames smaller than the window.

    Raises:
      UserError: there is no such window.
    """
    if window not in WINDOWS:
        raise errors.UserError(
            f"`window` ({window!r}) must be one of {', '.join(WINDOWS)}."
        )
    kind = WINDOWS[window]
    frames = np.asarray(frames, np.float64)
    targets = np.asarray(targets, np.float64)
    if min(frames.shape[-3:-1]) < kind.size:
        return np.full(frames.shape[:-3], np.nan)
    mean_x, mean_y = _means(frames, kind), _means(targets, kind)
    product = mean_x * mean_y
    squares = mean_x**2 + mean_y**2
    area = kind.size**2
    scale = area / (area - 1) if kind.is_uniform else 1.0
    covariance = scale * (_means(frames * targets, kind) - product)
    variances = scale * (_means(frames**2 + targets**2, kind) - squares)
    luminance = (2.0 * product + _C1) / (squares + _C1)
    structure = (2.0 * covariance + _C2) / (variances + _C2)
    if weights is not None:
        margin = kind.size // 2
        weights = weights[..., margin:-margin, margin:-margin, :]
    return frame_means(luminance * structure, weights)


def frame_means(values: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Computes the weighted mean of each frame.

    Args:
      values: [..., H, W, C].
      weights: [..., H, W, 1], or None for all alike.

    Returns:
      [...] float64, NaN where nothing weighs.
    """
    if weights is None:
        return values.mean(axis=_IMAGE_AXES)
    weights = np.asarray(weights, np.float64)
    total = np.sum(weights, axis=_IMAGE_AXES) * values.shape[-1]
    weighed = np.sum(values * weights, axis=_IMAGE_AXES)
    return np.where(total > 0, weighed / np.where(total > 0, total, 1.0), np.nan)


def _means(images: np.ndarray, window: Window) -> np.ndarray:
    """Means over windows inside the image: [..., H - size + 1, W - size + 1, C]."""
    for axis in (-3, -2):
        if window.is_uniform:
            # Differences of running sums: 65 pixels cost no more than 7.
            sums = np.cumsum(images, axis=axis)
            sums = np.concatenate([np.zeros_like(sums.take([0], axis)), sums], axis)
            ends = np.arange(window.size, sums.shape[axis])
            images = sums.take(ends, axis) - sums.take(ends - window.size, axis)
            images = images / window.size
        else:
            offsets = np.arange(window.size) - window.size // 2
            kernel = np.exp(-0.5 * (offsets / _SIGMA) ** 2)
            windows = np.lib.stride_tricks.sliding_window_view(
                images, window.size, axis=axis
            )
            images = windows @ (kernel / kernel.sum())
    return images
