"""Whether generated clips move as real ones do, and go on moving.

`Movement` follows the centre of the object: the share of clips that move, the mean speed,
and how far the distributions of speeds, of travelled distances, of places and of progress
along the path are from those of real clips (first Wasserstein distance, pixels).
`LongVideos` looks at whole frames: the rate of frozen steps, and the loop score, at 1, 4
and 16 times the length of training.

All is NumPy in float64.

References:
  [1] Yushchenko et al., Markov Decision Process for Video Generation, ICCV workshops 2019
      (freezing and looping).
"""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np

from tfvideogan.core import errors
from tfvideogan.metrics import bootstrap, objects, streaming, wasserstein

# A clip moves when its object has a mean speed above this, pixels per frame: half a pixel
# is more than the trembling of a centre.
MOVING_SPEED = 0.5
# A step is frozen when the frame changes by less than this share of the median change of
# real clips.
FROZEN_SHARE = 0.05
MULTIPLES = (1, 4, 16)
# Frames nearer than this resemble each other without a loop.
SHORTEST_LAG = 4
REMEDY = "`{}` judges models that generate videos."


def speeds(centres: np.ndarray) -> np.ndarray:
    """Returns the steps [N, T-1] of centres [N, T, 2], pixels per frame."""
    return np.sqrt(np.square(np.diff(centres, axis=1)).sum(axis=-1))


def progress(centres: np.ndarray) -> np.ndarray:
    """Returns how far objects have come [N, T, 1] on the line to where they end, pixels.

    Args:
      centres: [N, T, 2]; a clip without an object in its first or last frame is NaN.
    """
    moved = centres - centres[:, :1]
    length = np.sqrt(np.square(moved[:, -1:]).sum(axis=-1, keepdims=True))
    course = moved[:, -1:] / np.where(length > 0, length, 1.0)
    return (moved * course).sum(axis=-1, keepdims=True)


def distances(
    model: np.ndarray, real: np.ndarray, counts: np.ndarray
) -> dict[str, np.ndarray]:
    """Computes how far generated motion is from real motion, in four ways.

    Args:
      model: [N, T, 2] centres of objects, NaN where there is none.
      real: [N, T, 2].
      counts: [..., N] how often each clip counts.

    Returns:
      `speed distance/model/T` and the like -> [...] float64 pixels.
    """
    both = (model, real)
    travels = [
        np.sqrt(np.square(one[:, -1:] - one[:, :1]).sum(axis=-1)) for one in both
    ]
    return {
        "speed distance/model/T": wasserstein.of_clips(
            speeds(model), speeds(real), counts
        ),
        "travel distance/model/T": wasserstein.of_clips(*travels, counts),
        "place distance/model/T": _mean_distance(model, real, counts),
        "progress distance/model/T": _mean_distance(
            progress(model), progress(real), counts
        ),
    }


class Movement(streaming.MeanMetric):
    """Statistics of the object's motion in generated and real clips."""

    needs_plain_ground = True

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        remedy = REMEDY.format("Movement")
        videos = streaming.generated_and_real(batch, outputs, remedy=remedy)
        for subject, frames in videos.items():
            centres = objects.centres(objects.find(frames))
            for clip_speeds, path in zip(speeds(centres), centres, strict=True):
                mean = streaming.known_mean(clip_speeds)
                # A clip without an object does not move.
                self._means.add(f"moving/{subject}/T", float(mean > MOVING_SPEED))
                self._means.add(f"speed/{subject}/T", mean)
                self._paths[subject].append(path)

    def result(self) -> dict[str, float]:
        """Returns `moving/model/T` and the like; see `streaming.Metric`."""
        found = super().result()
        if found:
            model, real = self._centres()
            values = distances(model, real, np.ones(len(model)))
            found |= {name: float(value) for name, value in values.items()}
        return found

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Returns the intervals; see `streaming.Metric`."""
        found = super().intervals()
        if found:
            model, real = bootstrap.in_order(*self._centres())
            values = self.result()
            resampled = bootstrap.resample(
                functools.partial(distances, model, real), len(model)
            )
            found |= bootstrap.intervals(
                {
                    name: bootstrap.centred(one, values[name])
                    for name, one in resampled.items()
                }
            )
        return found

    def merge(self, other: "Movement") -> None:
        """Adds the clips of another; see `streaming.Metric`."""
        super().merge(other)
        for subject, clips in other._paths.items():
            self._paths[subject] += clips

    def reset(self) -> None:
        """Forgets every clip."""
        super().reset()
        # Of each clip the centres [T, 2], NaN without an object.
        self._paths: dict[str, list[np.ndarray]] = {"model": [], "real": []}

    def _centres(self) -> tuple[np.ndarray, np.ndarray]:
        """Centres [N, T, 2] of generated and of real clips."""
        return np.stack(self._paths["model"]), np.stack(self._paths["real"])


@dataclasses.dataclass(eq=False)
class LongVideos(streaming.MeanMetric):
    """Freezing and looping of videos that are longer than those of training.

    The frozen rate of column kT is that of the last T frames of kT: what has become of
    the video by then. The loop score is the greatest mean likeness of frames at one lag,
    from -1 to 1: 1 for a video that repeats itself (or stands still). Real clips have only
    the column T.

    Attributes:
      horizon: T, frames of a training clip.

    Raises:
      UserError: it is too short for a lag.
    """

    horizon: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.horizon < SHORTEST_LAG:
            raise errors.UserError(
                f"`LongVideos.horizon` ({self.horizon}) must be at least {SHORTEST_LAG}; "
                "set it to the number of frames of training."
            )

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        remedy = REMEDY.format("LongVideos")
        long = streaming.required(
            outputs, "long_frames", where="outputs", remedy=remedy
        )
        real = streaming.required(batch, "frames", where="batches", remedy=remedy)
        for clip in real:
            self._real_changes.append(changes(clip[: self.horizon]))
            self._means.add("loop score/real/T", loop_score(clip[: self.horizon]))
        for clip in long:
            for multiple in MULTIPLES:
                end = multiple * self.horizon
                if end > len(clip):
                    continue
                column = "T" if multiple == 1 else f"{multiple}T"
                last = changes(clip[end - self.horizon : end])
                self._changes.setdefault(column, []).append(last)
                self._means.add(f"loop score/model/{column}", loop_score(clip[:end]))

    def result(self) -> dict[str, float]:
        """Returns `frozen/model/4T` and the like; see `streaming.Metric`."""
        found = super().result()
        for column, clips in self._changes.items():
            changed = np.stack(clips), np.stack(self._real_changes)
            found[f"frozen/model/{column}"] = frozen_share(*changed)
        return found

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Returns the intervals; see `streaming.Metric`."""
        found = super().intervals()
        for column, clips in self._changes.items():
            changed = np.stack(clips), np.stack(self._real_changes)
            shares = resampled_frozen_share(f"frozen/model/{column}", *changed)
            found |= bootstrap.intervals(shares)
        return found

    def merge(self, other: "LongVideos") -> None:
        """Adds the clips of another; see `streaming.Metric`."""
        super().merge(other)
        self._real_changes += other._real_changes
        for column, clips in other._changes.items():
            self._changes.setdefault(column, []).extend(clips)

    def reset(self) -> None:
        """Forgets every clip."""
        super().reset()
        self._real_changes: list[np.ndarray] = []
        self._changes: dict[str, list[np.ndarray]] = {}


def changes(frames: np.ndarray) -> np.ndarray:
    """Returns the mean absolute change [T-1] of frames [T, H, W, C] to the next."""
    differences = np.abs(np.diff(np.asarray(frames, np.float64), axis=0))
    return differences.mean(axis=(1, 2, 3))


def frozen_share(changed: np.ndarray, real_changes: np.ndarray) -> float:
    """Computes the share of steps that change a frame by next to nothing.

    Args:
      changed: [N, S] `changes` of the judged clips.
      real_changes: [N, S] those of real clips; 5 % of their median is next to nothing.
    """
    return float(np.mean(changed < FROZEN_SHARE * np.median(real_changes)))


def resampled_frozen_share(
    name: str, changed: np.ndarray, real_changes: np.ndarray
) -> dict[str, np.ndarray]:
    """Computes `frozen_share` of every resample; see `bootstrap.resample`.

    Args:
      name: of the result.
      changed: [N, S].
      real_changes: [N, S] of the same clips.
    """
    clips = bootstrap.in_order(changed, real_changes)

    def shares(counts: np.ndarray) -> dict[str, np.ndarray]:
        drawn = [
            [np.repeat(one, times, axis=0) for one in clips]
            for times in counts.astype(np.int64)
        ]
        return {name: np.array([frozen_share(*one) for one in drawn])}

    return bootstrap.resample(shares, len(changed))


def loop_score(frames: np.ndarray) -> float:
    """Computes the greatest mean correlation of frames at one lag.

    Lags go from 4 to half of the video. A frame is compared without the mean frame of its
    video, so that a still ground is no likeness.

    Args:
      frames: [T, H, W, C], T at least 8 for a lag; with fewer the score is NaN.

    Returns:
      In [-1, 1]; 1 for a video that stands still.
    """
    longest = len(frames) // 2
    if longest < SHORTEST_LAG:
        return float("nan")
    flat = np.asarray(frames, np.float64).reshape(len(frames), -1)
    flat = flat - flat.mean(axis=0)
    sizes = np.sqrt(np.square(flat).sum(axis=1))
    if not sizes.any():
        return 1.0
    unit = flat / np.where(sizes > 0, sizes, 1.0)[:, np.newaxis]
    likeness = unit @ unit.T
    lags = range(SHORTEST_LAG, longest + 1)
    return float(max(np.diagonal(likeness, lag).mean() for lag in lags))


def _mean_distance(
    model: np.ndarray, real: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Mean of the distances of paths [N, T, D] by frame and axis; NaN is left out.

    Each frame and axis is a distribution over clips of its own.
    """
    num_frames = min(model.shape[1], real.shape[1])
    sides = [one[:, :num_frames].reshape(len(one), -1, 1) for one in (model, real)]
    found = np.stack(
        [
            wasserstein.of_clips(sides[0][:, column], sides[1][:, column], counts)
            for column in range(sides[0].shape[1])
        ]
    )
    num_known = np.sum(~np.isnan(found), axis=0)
    return np.nansum(found, axis=0) / np.where(num_known > 0, num_known, np.nan)
