"""How near frames are to given frames: PSNR, SSIM and L1.

    psnr(frames, targets)  # [N, T, H, W, C] in [0, 1] -> dB of each frame, [N, T]

Conventions, of which there are many: everything is per frame, then averaged over the
frames of a clip, then over clips. PSNR is capped at 100 dB, which identical frames
have. SSIM is the one of `tf.image.ssim` (Gaussian 11 x 11, sigma 1.5, windows inside the
image only, mean over channels); with other windows and ranges one picture reads 0.66,
0.84 or 0.96 instead of 0.63. Compare no figure with one from another code base.

All is NumPy in float64.

References:
  [1] Wang et al., "Image quality assessment: from error visibility to structural
      similarity", IEEE Transactions on Image Processing 13(4), 2004, section III.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping

import numpy as np

from tfvideogan.core import errors
from tfvideogan.metrics import streaming

PSNR_CAP = 100.0
SSIM_WINDOW = 11
_SSIM_SIGMA = 1.5
# ((0.01 L)², (0.03 L)²) of [1] for the data range L = 1.
_SSIM_C1 = 1e-4
_SSIM_C2 = 9e-4
_IMAGE_AXES = (-3, -2, -1)


def psnr(
    frames: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Computes 10 log10(1 / mean squared error) of each frame, at most 100 dB.

    Args:
      frames: [..., H, W, C] in [0, 1].
      targets: the same shape.
      weights: [..., H, W, 1] weights of pixels, or None for all alike.

    Returns:
      [...] float64, dB; NaN where the weights are all zero.
    """
    squares = np.square(_difference(frames, targets))
    least = 10.0 ** (-PSNR_CAP / 10.0)
    return -10.0 * np.log10(np.maximum(_frame_means(squares, weights), least))


def l1(
    frames: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Computes the mean absolute difference of each frame.

    Args:
      frames: [..., H, W, C].
      targets: the same shape.
      weights: [..., H, W, 1] weights of pixels, or None for all alike.

    Returns:
      [...] float64; NaN where the weights are all zero.
    """
    return _frame_means(np.abs(_difference(frames, targets)), weights)


def ssim(
    frames: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Computes the structural similarity of each frame, [1] as in `tf.image.ssim`.

    Args:
      frames: [..., H, W, C] in [0, 1].
      targets: the same shape.
      weights: [..., H, W, 1] weights of the centres of windows, or None for all alike.

    Returns:
      [...] float64, 1 for identical frames; NaN where the weights of all centres are
      zero, and for frames smaller than the window of 11 pixels.
    """
    frames = np.asarray(frames, np.float64)
    targets = np.asarray(targets, np.float64)
    if min(frames.shape[-3:-1]) < SSIM_WINDOW:
        return np.full(frames.shape[:-3], np.nan)
    mean_x, mean_y = _blur(frames), _blur(targets)
    product = mean_x * mean_y
    squares = mean_x**2 + mean_y**2
    covariance = _blur(frames * targets) - product
    variances = _blur(frames**2 + targets**2) - squares
    luminance = (2.0 * product + _SSIM_C1) / (squares + _SSIM_C1)
    structure = (2.0 * covariance + _SSIM_C2) / (variances + _SSIM_C2)
    if weights is not None:
        margin = SSIM_WINDOW // 2
        weights = weights[..., margin:-margin, margin:-margin, :]
    return _frame_means(luminance * structure, weights)


def unit_range(frames: np.ndarray) -> np.ndarray:
    """Returns frames in [-1, 1] as float64 in [0, 1], clipped."""
    return np.clip((np.asarray(frames, np.float64) + 1.0) / 2.0, 0.0, 1.0)


# Frames, targets, weights of pixels or None -> a number for each frame.
Measure = Callable[[np.ndarray, np.ndarray, np.ndarray | None], np.ndarray]
MEASURES: Mapping[str, Measure] = {"PSNR": psnr, "SSIM": ssim, "L1": l1}
COPIED = "copied frame"


@dataclasses.dataclass(eq=False)
class FrameQuality(streaming.MeanMetric):
    """PSNR, SSIM and L1 of generated frames, over T, 2T, 3T … frames.

    Needs a video in [-1, 1] under `target_key` of the batch and one of the same shape
    under `output_key` of the outputs. Frames are clipped, then measured in [0, 1]. Only
    frames in which the region is not empty count. The results are `PSNR/frames/T` and the
    like.

    Attributes:
      output_key: what the model made, such as "frames" or "backgrounds".
      target_key: what it should be like.
      subject: its name in the table; None for the output key.
      region: batch key of masks [N, T, H, W, 1], such as "foreground_masks": measure
        only there, and say so in the name. None for whole frames.
      horizon: T, the number of frames of a training window; None for whole clips.
      multiples: how many columns, as far as clips are long enough.
      start: first measured frame; 1 where frame 0 is given.
      copy_baseline: measure the target's frame `start` - 1, kept still, too, and the
        difference on the same clips, `frames - copied frame`.
      when_missing: "error", or "skip" to report NaN where batch or outputs lack a key.
    """

    output_key: str = "frames"
    target_key: str = "frames"
    subject: str | None = None
    region: str | None = None
    horizon: int | None = None
    multiples: int = 4
    start: int = 1
    copy_baseline: bool = False
    when_missing: str = "error"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.when_missing not in ("error", "skip"):
            raise errors.UserError(
                f'`when_missing` ("{self.when_missing}") must be "error" or "skip".'
            )
        if self.start < 0 or (self.horizon is not None and self.start >= self.horizon):
            raise errors.UserError(
                f"`start` ({self.start}) must be 0 or more and less than `horizon` "
                f"({self.horizon})."
            )
        if self.copy_baseline and self.start < 1:
            raise errors.UserError(
                "`copy_baseline` needs a frame before `start` (0) to copy; start at 1."
            )
        self.subject = self.subject or self.output_key

    def measures(self) -> Mapping[str, Measure]:
        """Returns what is measured, by name."""
        return MEASURES

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        if self.when_missing == "skip" and self._is_missing(batch, outputs):
            self._skip()
            return
        remedy = '`FrameQuality.when_missing` = "skip" reports n/a instead.'
        targets = streaming.required(
            batch, self.target_key, where="batches", remedy=remedy
        )
        frames = streaming.required(
            outputs, self.output_key, where="outputs", remedy=remedy
        )
        if frames.shape != targets.shape:
            raise errors.UserError(
                f"the model's `{self.output_key}` have shape {frames.shape}, the "
                f"batch's `{self.target_key}` {targets.shape}; they must be equal."
            )
        weights = None
        if self.region is not None:
            weights = streaming.required(
                batch, self.region, where="batches", remedy=remedy
            )
        targets = unit_range(targets)
        subjects = {self.subject: unit_range(frames)}
        if self.copy_baseline:
            last = targets[:, self.start - 1 : self.start]
            subjects[COPIED] = np.broadcast_to(last, targets.shape)
        columns = streaming.horizon_columns(
            targets.shape[1], self.horizon, self.multiples
        )
        for measure, function in self.measures().items():
            values = {
                subject: function(made, targets, weights)  # [N, T]
                for subject, made in subjects.items()
            }
            if self.copy_baseline:
                difference = values[self.subject] - values[COPIED]
                values[f"{self.subject} - {COPIED}"] = difference
            for subject, of_frames in values.items():
                for column, stop in columns.items():
                    name = self._name(measure, subject, column)
                    for clip in of_frames[:, self.start : stop]:
                        self._means.add(name, _known_mean(clip))

    def _skip(self) -> None:
        """Names what is not there, without a number."""
        column = "all" if self.horizon is None else "T"
        for measure in self.measures():
            self._means.add(self._name(measure, self.subject, column), math.nan)

    def _is_missing(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> bool:
        wanted = {self.target_key} | ({self.region} - {None})
        return self.output_key not in outputs or not wanted <= set(batch)

    def _name(self, measure: str, subject: str, column: str) -> str:
        place = "" if self.region is None else f" in {self.region}"
        return f"{measure}{place}/{subject}/{column}"


def _difference(frames: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return np.asarray(frames, np.float64) - np.asarray(targets, np.float64)


def _frame_means(values: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Weighted means [...] of values [..., H, W, C], NaN where nothing weighs."""
    if weights is None:
        return values.mean(axis=_IMAGE_AXES)
    weights = np.asarray(weights, np.float64)
    total = np.sum(weights, axis=_IMAGE_AXES) * values.shape[-1]
    weighed = np.sum(values * weights, axis=_IMAGE_AXES)
    return np.where(total > 0, weighed / np.where(total > 0, total, 1.0), np.nan)


def _known_mean(values: np.ndarray) -> float:
    """The mean of numbers, without NaN; NaN if there is none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else math.nan


def _blur(images: np.ndarray) -> np.ndarray:
    """Gaussian means over windows inside the image: [..., H - 10, W - 10, C]."""
    offsets = np.arange(SSIM_WINDOW) - SSIM_WINDOW // 2
    kernel = np.exp(-0.5 * (offsets / _SSIM_SIGMA) ** 2)
    kernel /= kernel.sum()
    for axis in (-3, -2):
        windows = np.lib.stride_tricks.sliding_window_view(
            images, SSIM_WINDOW, axis=axis
        )
        images = windows @ kernel
    return images
