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
from collections.abc import Mapping

import numpy as np

from tfvideogan.core import errors
from tfvideogan.metrics import objects, streaming

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


def distance_of_distributions(
    values: np.ndarray,
    weights: np.ndarray,
    others: np.ndarray,
    other_weights: np.ndarray,
) -> float:
    """Computes the first Wasserstein distance of two weighted samples.

    Args:
      values: [n] numbers.
      weights: [n], positive; they are normalised.
      others: [m] numbers.
      other_weights: [m], positive.

    Returns:
      The area between the two distribution functions, in the numbers' unit; NaN if a
      sample is empty.
    """
    if not len(values) or not len(others):
        return float("nan")
    places = np.sort(np.concatenate([values, others]))
    heights = [
        _distribution(one, one_weights, places[:-1])
        for one, one_weights in ((values, weights), (others, other_weights))
    ]
    return float(np.sum(np.abs(heights[0] - heights[1]) * np.diff(places)))


class Movement(streaming.MeanMetric):
    """Statistics of the object's motion in generated and real clips."""

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        remedy = REMEDY.format("Movement")
        videos = streaming.generated_and_real(batch, outputs, remedy=remedy)
        for subject, frames in videos.items():
            centres = objects.centres(objects.find(frames))
            for clip_speeds, path in zip(speeds(centres), centres, strict=True):
                known = clip_speeds[~np.isnan(clip_speeds)]
                mean = float(known.mean()) if known.size else float("nan")
                # A clip without an object does not move.
                self._means.add(f"moving/{subject}/T", float(mean > MOVING_SPEED))
                self._means.add(f"speed/{subject}/T", mean)
                self._speeds[subject].append(known)
                travelled = np.sqrt(np.square(path[-1] - path[0]).sum())
                self._travels[subject].append(
                    travelled[np.newaxis][~np.isnan([travelled])]
                )
                self._paths[subject].append(path)

    def result(self) -> dict[str, float]:
        """Returns `moving/model/T` and the like; see `streaming.Metric`."""
        found = super().result()
        if found:
            found["speed distance/model/T"] = _distance(self._speeds)
            found["travel distance/model/T"] = _distance(self._travels)
            # By axis and by frame: each is a distribution over clips of its own.
            paths = {key: np.stack(clips) for key, clips in self._paths.items()}
            found["place distance/model/T"] = _mean_distance(paths)
            advanced = {key: progress(one) for key, one in paths.items()}
            found["progress distance/model/T"] = _mean_distance(advanced)
        return found

    def merge(self, other: "Movement") -> None:
        """Adds the clips of another; see `streaming.Metric`."""
        super().merge(other)
        for mine, theirs in (
            (self._speeds, other._speeds),
            (self._travels, other._travels),
            (self._paths, other._paths),
        ):
            for subject, clips in theirs.items():
                mine[subject] += clips

    def reset(self) -> None:
        """Forgets every clip."""
        super().reset()
        # Of each clip the known values; each clip weighs alike.
        self._speeds: dict[str, list[np.ndarray]] = {"model": [], "real": []}
        self._travels: dict[str, list[np.ndarray]] = {"model": [], "real": []}
        # Of each clip the centres [T, 2], NaN without an object.
        self._paths: dict[str, list[np.ndarray]] = {"model": [], "real": []}


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
        if not found:
            return found
        least = FROZEN_SHARE * float(np.median(np.concatenate(self._real_changes)))
        for column, clips in self._changes.items():
            rates = [float(np.mean(one < least)) for one in clips]
            found[f"frozen/model/{column}"] = float(np.mean(rates))
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


def _distribution(
    values: np.ndarray, weights: np.ndarray, places: np.ndarray
) -> np.ndarray:
    """Share of the weights at values up to each place."""
    order = np.argsort(values)
    sums = np.concatenate([[0.0], np.cumsum(weights[order])])
    below = np.searchsorted(values[order], places, side="right")
    return sums[below] / sums[-1]


def _distance(clips: Mapping[str, list[np.ndarray]]) -> float:
    """Distance of the model's values from the real ones; every clip weighs alike."""
    samples = []
    for subject in ("model", "real"):
        full = [one for one in clips[subject] if one.size]
        weights = [np.full(one.size, 1.0 / one.size) for one in full]
        samples += [
            np.concatenate(part) if part else np.zeros(0) for part in (full, weights)
        ]
    return distance_of_distributions(*samples)


def _mean_distance(paths: Mapping[str, np.ndarray]) -> float:
    """Mean over frames and axes of the distances of paths [N, T, D]; NaN is left out."""
    model, real = paths["model"], paths["real"]
    distances = []
    for frame in range(min(model.shape[1], real.shape[1])):
        for axis in range(model.shape[2]):
            sides = [one[:, frame, axis] for one in (model, real)]
            known = [one[~np.isnan(one)] for one in sides]
            weights = [np.ones(one.size) for one in known]
            distances.append(
                distance_of_distributions(known[0], weights[0], known[1], weights[1])
            )
    finite = [one for one in distances if not np.isnan(one)]
    return float(np.mean(finite)) if finite else float("nan")
