"""How well an object is followed: region J and boundary F of DAVIS.

    jaccard(masks, targets)     # 1 where they are equal, 0 where they do not meet
    boundary_f(masks, targets)  # the same for their outlines, with a tolerance
    statistics(jaccard(...))    # mean, recall and decay over a sequence

`MaskTracking` applies them to rollouts and prints, next to the model, what costs
nothing: the first mask left where it is, and the first mask carried by optical flow.

Masks here are numpy arrays [..., H, W], boolean. All is NumPy in float64.

References:
  [1] Perazzi et al., "A benchmark dataset and evaluation methodology for video object
      segmentation", CVPR 2016, section 5, and the evaluation code published with it.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.metrics import precision_recall, streaming
from tfvideogan.ops import warp

# [1]: outlines match within this share of the image diagonal, at least one pixel.
BOUNDARY_TOLERANCE = 0.008
RECALL_THRESHOLD = 0.5
# Of these the difference to the baselines is reported, too.
COMPARED = ("J mean", "F mean")
WARPED, BY_THRESHOLD = "flow-warped mask", "masks by threshold"
_NUM_QUARTERS = 4
_HARD = 0.5


def jaccard(
    masks: np.ndarray, targets: np.ndarray, void: np.ndarray | None = None
) -> np.ndarray:
    """Computes J, intersection over union, of each image.

    Args:
      masks: [..., H, W] boolean.
      targets: [..., H, W] boolean.
      void: [..., H, W] boolean pixels that do not count, or None.

    Returns:
      [...] float64 in [0, 1]; 1 when both are empty.
    """
    masks, targets = _judged(masks, void), _judged(targets, void)
    common = np.sum(masks & targets, axis=(-2, -1), dtype=np.float64)
    union = np.sum(masks | targets, axis=(-2, -1), dtype=np.float64)
    return np.where(union > 0, common / np.maximum(union, 1.0), 1.0)


def boundary_f(
    masks: np.ndarray,
    targets: np.ndarray,
    void: np.ndarray | None = None,
    *,
    tolerance: float = BOUNDARY_TOLERANCE,
) -> np.ndarray:
    """Computes F, how well the outlines match, of each image.

    Precision is the share of the mask's outline that lies within the tolerance of the
    target's outline, recall the reverse, F their harmonic mean.

    Args:
      masks: [..., H, W] boolean.
      targets: [..., H, W] boolean.
      void: [..., H, W] boolean pixels that do not count, or None.
      tolerance: share of the image diagonal; rounded up to whole pixels.

    Returns:
      [...] float64 in [0, 1]; 1 when neither has an outline, 0 when only one has.
    """
    outline, target_outline = (
        boundary(_judged(picture, void)) for picture in (masks, targets)
    )
    radius = int(np.ceil(tolerance * np.hypot(*masks.shape[-2:])))
    precision = _share(outline, dilate_by_disk(target_outline, radius))
    recall = _share(target_outline, dilate_by_disk(outline, radius))
    total = precision + recall
    return np.where(total > 0, 2 * precision * recall / np.maximum(total, 1e-300), 0.0)


def boundary(masks: np.ndarray) -> np.ndarray:
    """Marks the pixels that differ from their east, south or south-east neighbour.

    Args:
      masks: [..., H, W] boolean.

    Returns:
      [..., H, W] boolean. The last row looks east only, the last column south only,
      as in [1]; beyond the border lies nothing new.
    """
    outline = np.zeros_like(masks)
    outline[..., :, :-1] |= masks[..., :, :-1] ^ masks[..., :, 1:]
    outline[..., :-1, :] |= masks[..., :-1, :] ^ masks[..., 1:, :]
    outline[..., :-1, :-1] |= masks[..., :-1, :-1] ^ masks[..., 1:, 1:]
    return outline


def dilate_by_disk(masks: np.ndarray, radius: int) -> np.ndarray:
    """Grows masks by all pixels whose centre is within `radius` pixels.

    Args:
      masks: [..., H, W] boolean.
      radius: pixels, 0 or more.

    Returns:
      [..., H, W] boolean.
    """
    height, width = masks.shape[-2:]
    margins = [(0, 0)] * (masks.ndim - 1) + [(radius + 1, radius)]
    # Running counts tell at once whether a stretch of a row holds anything.
    counts = np.cumsum(np.pad(masks, margins), axis=-1, dtype=np.int64)
    grown = np.zeros_like(masks)
    for dy in range(-min(radius, height - 1), min(radius, height - 1) + 1):
        reach = int(np.sqrt(radius**2 - dy**2))
        last = counts[..., radius + 1 + reach : radius + 1 + reach + width]
        before = counts[..., radius - reach : radius - reach + width]
        is_near = last > before
        source = slice(max(dy, 0), height + min(dy, 0))
        target = slice(max(-dy, 0), height + min(-dy, 0))
        grown[..., target, :] |= is_near[..., source, :]
    return grown


def statistics(values: np.ndarray) -> dict[str, float]:
    """Computes the three statistics of a sequence, as [1] does.

    Args:
      values: [T] J or F of each frame, T 1 or more.

    Returns:
      "mean"; "recall", the share of frames above 0.5; "decay", the mean of the first
      quarter minus that of the last. Neighbouring quarters share a frame. (The code of
      [1] counts frames in uint8, which goes wrong beyond 255; here it is int64.)
    """
    values = np.asarray(values, np.float64)
    ends = np.linspace(1, len(values), _NUM_QUARTERS + 1) + 1e-10  # rounds halves up
    first, second, _, fourth, fifth = np.round(ends).astype(np.int64) - 1
    decay = values[first : second + 1].mean() - values[fourth : fifth + 1].mean()
    return {
        "mean": float(values.mean()),
        "recall": float(np.mean(values > RECALL_THRESHOLD)),
        "decay": float(decay),
    }


@dataclasses.dataclass(eq=False)
class MaskTracking(streaming.MeanMetric):
    """J and F of predicted masks over T, 2T, 3T … frames, beside two baselines.

    Needs `foreground_masks` [N, T, H, W, 1] in the batch and, soft in [0, 1], in the
    outputs, and `backward_flow` [N, T-1, H, W, 2] in the batch. Frame 0 carries the
    given mask and is not scored; unlike in [1] the last frame is.

    Each clip is a sequence of [1]: mean, recall and decay are taken over its frames,
    then averaged over clips. A column kT covers frames `start` … kT - 1. The
    results are `J mean/model/T` and the like, and the differences to the baselines on the
    same clips, `J mean/model - copied mask/T`.

    Attributes:
      horizon: T, the number of frames of a training window.
      multiples: how many columns, as far as clips are long enough.
      threshold: the model's masks count from this value on. (The baselines' from 0.5.)
      start: first scored frame.
      with_flow: report the mask carried by flow too; False if the data have no flow.
      subject: the model's name in the table, to tell thresholds apart.
    """

    needs_all_masks = True

    horizon: int
    multiples: int = 4
    threshold: float = 0.5
    start: int = 1
    with_flow: bool = True
    subject: str = "model"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.start < self.horizon:
            raise errors.UserError(
                f"`start` ({self.start}) must be at least 1, for frame 0 is given, and "
                f"less than `horizon` ({self.horizon})."
            )

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Scores every clip of a batch; see `streaming.Metric`."""
        predicted, truth = streaming.made_and_wanted(
            batch,
            outputs,
            output_key="foreground_masks",
            target_key="foreground_masks",
            remedy="MaskTracking judges models that predict masks, on data with masks.",
        )
        first = truth[:, :1]
        subjects = {
            self.subject: predicted >= self.threshold,
            "copied mask": np.broadcast_to(first >= _HARD, truth.shape),
        }
        soft = {self.subject: predicted}
        if self.with_flow:
            remedy = "set `MaskTracking.with_flow` to False."
            flow = streaming.required(
                batch, "backward_flow", where="batches", remedy=remedy
            )
            soft[WARPED] = carry(truth[:, 0], flow)
            subjects[WARPED] = soft[WARPED] >= _HARD
        targets = truth[..., 0] >= _HARD
        judged = slice(self.start, self.horizon)
        for subject, masks in soft.items():
            counts = self._counts.setdefault(subject, precision_recall.Counts())
            counts.add(masks[:, judged, ..., 0], targets[:, judged])
        scores = {
            subject: self._scores(masks[..., 0], targets)
            for subject, masks in subjects.items()
        }
        for baseline in list(subjects)[1:]:
            scores[f"{self.subject} - {baseline}"] = {
                key: values - scores[baseline][key]
                for key, values in scores[self.subject].items()
                if key[0] in COMPARED
            }
        for subject, of_subject in scores.items():
            for (measure, column), values in of_subject.items():
                for value in values:
                    self._means.add(f"{measure}/{subject}/{column}", float(value))

    def curves(self) -> dict[str, precision_recall.Curve]:
        """Returns precision and recall of soft masks by threshold, over column T."""
        return {
            f"{BY_THRESHOLD}/{subject}/T": counts.curve()
            for subject, counts in self._counts.items()
        }

    def merge(self, other: "MaskTracking") -> None:
        """Adds the clips of another; see `streaming.Metric`."""
        super().merge(other)
        for subject, counts in other._counts.items():
            self._counts.setdefault(subject, precision_recall.Counts()).merge(counts)

    def reset(self) -> None:
        """Forgets every clip."""
        super().reset()
        self._counts: dict[str, precision_recall.Counts] = {}

    def _scores(
        self, masks: np.ndarray, targets: np.ndarray
    ) -> dict[tuple[str, str], np.ndarray]:
        """Measure and column -> [N], of masks [N, T, H, W]."""
        columns = streaming.horizon_columns(
            targets.shape[1], self.horizon, self.multiples
        )
        regions = jaccard(masks, targets)  # [N, T]
        outlines = boundary_f(masks, targets)
        found = {}
        for column, stop in columns.items():
            of_clips = [statistics(one[self.start : stop]) for one in regions]
            for statistic in of_clips[0]:
                values = [one[statistic] for one in of_clips]
                found[f"J {statistic}", column] = np.array(values)
            found["F mean", column] = outlines[:, self.start : stop].mean(axis=1)
        return found


def carry(first_masks: np.ndarray, backward_flow: np.ndarray) -> np.ndarray:
    """Carries the first mask through a clip by optical flow, step by step.

    Args:
      first_masks: [N, H, W, 1] in [0, 1].
      backward_flow: [N, T-1, H, W, 2] pixels (dx, dy); entry t is on the grid of frame
        t + 1 and points to frame t.

    Returns:
      [N, T, H, W, 1] float32. Masks stay soft on the way, so that errors of rounding
      do not add up.
    """
    masks = [tf.constant(first_masks, tf.float32)]
    for step in range(backward_flow.shape[1]):
        flow = tf.constant(backward_flow[:, step], tf.float32)
        masks.append(warp.backward(masks[-1], flow))
    return tf.stack(masks, axis=1).numpy()


def _judged(masks: np.ndarray, void: np.ndarray | None) -> np.ndarray:
    masks = np.asarray(masks, bool)
    return masks if void is None else masks & ~np.asarray(void, bool)


def _share(outline: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Share of each outline that is near the other; 1 if there is no outline."""
    matched = np.sum(outline & near, axis=(-2, -1), dtype=np.float64)
    length = np.sum(outline, axis=(-2, -1), dtype=np.float64)
    return np.where(length > 0, matched / np.maximum(length, 1.0), 1.0)
