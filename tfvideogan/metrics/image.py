"""How near frames are to given frames: PSNR, SSIM, L1 and summed errors.

    psnr(frames, targets)  # [N, T, H, W, C] in [0, 1] -> dB of each frame, [N, T]

Conventions, of which there are many: everything is per frame, then averaged over the
frames of a clip, then over clips. PSNR is capped at 100 dB, which identical frames
have. SSIM is the one of `tf.image.ssim`, or has the window that its name says
(`ssim.py`). Compare no figure with one from another code base.

All is NumPy in float64.
"""

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tfvideogan.core import errors
from tfvideogan.metrics import masks, ssim, streaming

PSNR_CAP = 100.0
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
    return -10.0 * np.log10(np.maximum(ssim.frame_means(squares, weights), least))


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
    return ssim.frame_means(np.abs(_difference(frames, targets)), weights)


def summed_squares(
    frames: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Computes the squared error of each frame, summed over pixels and channels.

    The "MSE" of Moving MNIST, whose mean is over frames only.

    Args:
      frames: [..., H, W, C] in [0, 1].
      targets: the same shape.
      weights: [..., H, W, 1] weights of pixels, or None for all alike.

    Returns:
      [...] float64; NaN where the weights are all zero.
    """
    return _frame_sums(np.square(_difference(frames, targets)), weights)


def summed_distances(
    frames: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Computes the absolute error of each frame, summed over pixels and channels.

    The "MAE" of Moving MNIST; see `summed_squares`.

    Args:
      frames: [..., H, W, C] in [0, 1].
      targets: the same shape.
      weights: [..., H, W, 1] weights of pixels, or None for all alike.

    Returns:
      [...] float64; NaN where the weights are all zero.
    """
    return _frame_sums(np.abs(_difference(frames, targets)), weights)


def check_measures(names: Sequence[str], *, owner: str) -> None:
    """Checks the names of measures.

    Args:
      names: some of `MEASURES`.
      owner: the metric that has the field `measures`, for the message.

    Raises:
      UserError: a name is none of them.
    """
    for name in names:
        if name not in MEASURES:
            raise errors.UserError(
                f"`{owner}.measures` ({name!r}) must be of {', '.join(MEASURES)}."
            )


def unit_range(frames: np.ndarray) -> np.ndarray:
    """Returns frames in [-1, 1] as float64 in [0, 1], clipped."""
    return np.clip((np.asarray(frames, np.float64) + 1.0) / 2.0, 0.0, 1.0)


# Frames, targets, weights of pixels or None -> a number for each frame.
Measure = Callable[[np.ndarray, np.ndarray, np.ndarray | None], np.ndarray]
MEASURES: Mapping[str, Measure] = {
    "PSNR": psnr,
    "SSIM": ssim.ssim,
    "SSIM[uniform7]": functools.partial(ssim.ssim, window="uniform7"),
    "SSIM[win65]": functools.partial(ssim.ssim, window="win65"),
    "L1": l1,
    "MSE sum": summed_squares,
    "MAE sum": summed_distances,
}
COPIED = "copied frame"


@dataclasses.dataclass(eq=False)
class FrameMetric(streaming.MeanMetric):
    """Base of metrics of frames beside what they should be, over T, 2T, 3T … frames.

    Needs a video in [-1, 1] under `target_key` of the batch and one of the same shape
    under `output_key` of the outputs. Frames are clipped, then measured in [0, 1]. Only
    frames in which the region is not empty count.

    Attributes:
      output_key: what the model made, such as "frames" or "backgrounds".
      target_key: what it should be like.
      subject: its name in the table; None for the output key.
      region: batch key of masks [N, T, H, W, 1], such as "foreground_masks": measure
        only there, and say so in the name. None for whole frames.
      band: measure only within so many pixels of the outline of `region`, on both of its
        sides, and say so in the name; None for the region itself.
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
    band: int | None = None
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
        if self.band is not None and (self.region is None or self.band < 1):
            raise errors.UserError(
                f"`band` ({self.band}) must be 1 pixel or more around a `region` "
                f"({self.region}); name the masks."
            )
        self.subject = self.subject or self.output_key

    @property
    def needs_all_masks(self) -> bool:
        """Whether it measures where the masks of all frames say."""
        return self.region == "foreground_masks"

    def functions(self) -> Mapping[str, Measure]:
        """Returns what is measured, by name; a subclass says it."""
        raise NotImplementedError

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        if self.when_missing == "skip" and self._is_missing(batch, outputs):
            self._skip()
            return
        remedy = f'`{type(self).__name__}.when_missing` = "skip" reports n/a instead.'
        frames, targets = streaming.made_and_wanted(
            batch,
            outputs,
            output_key=self.output_key,
            target_key=self.target_key,
            remedy=remedy,
        )
        weights = None
        if self.region is not None:
            weights = streaming.required(
                batch, self.region, where="batches", remedy=remedy
            )
            if self.band is not None:
                weights = outline_band(weights, self.band)
        targets = unit_range(targets)
        subjects = {self.subject: unit_range(frames)}
        if self.copy_baseline:
            last = targets[:, self.start - 1 : self.start]
            subjects[COPIED] = np.broadcast_to(last, targets.shape)
        columns = streaming.horizon_columns(
            targets.shape[1], self.horizon, self.multiples
        )
        for measure, function in self.functions().items():
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
                        self._means.add(name, streaming.known_mean(clip))

    def _skip(self) -> None:
        """Names what is not there, without a number."""
        column = "all" if self.horizon is None else "T"
        for measure in self.functions():
            self._means.add(self._name(measure, self.subject, column), math.nan)

    def _is_missing(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> bool:
        wanted = {self.target_key} | ({self.region} - {None})
        return self.output_key not in outputs or not wanted <= set(batch)

    def _name(self, measure: str, subject: str, column: str) -> str:
        place = "" if self.region is None else f" in {self.region}"
        if self.band is not None:
            place = f" in the {self.band} px band of {self.region}"
        return f"{measure}{place}/{subject}/{column}"


@dataclasses.dataclass(eq=False)
class FrameQuality(FrameMetric):
    """How near generated frames are to what they should be, pixel by pixel.

    The results are `PSNR/frames/T` and the like.

    Attributes:
      measures: names of `MEASURES`.

    Raises:
      UserError: there is no such measure.
    """

    measures: Sequence[str] = ("PSNR", "SSIM", "L1")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_measures(self.measures, owner="FrameQuality")

    def functions(self) -> Mapping[str, Measure]:
        """Returns what is measured, by name."""
        return {name: MEASURES[name] for name in self.measures}


def outline_band(regions: np.ndarray, reach: int) -> np.ndarray:
    """Marks the pixels near an outline, inside and outside of it.

    Args:
      regions: [..., H, W, 1], inside from 0.5 on.
      reach: pixels to the nearest one of the other side, 1 or more.

    Returns:
      [..., H, W, 1] float64, 0 or 1; nothing where there is no outline.
    """
    is_inside = regions[..., 0] >= 0.5
    near = [masks.dilate_by_disk(one, reach) for one in (is_inside, ~is_inside)]
    return (near[0] & near[1])[..., np.newaxis].astype(np.float64)


def _difference(frames: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return np.asarray(frames, np.float64) - np.asarray(targets, np.float64)


def _frame_sums(values: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Weighted sums [...] of values [..., H, W, C], NaN where nothing weighs."""
    if weights is None:
        return values.sum(axis=_IMAGE_AXES)
    sums = np.sum(values * weights, axis=_IMAGE_AXES)
    return np.where(np.any(weights, axis=_IMAGE_AXES), sums, np.nan)
