"""What the distances of feature sets have in common, whatever is compared.

Features of the model's clips are compared with those of the judged real clips. Beside the
model stand, against the same real clips,

    floor       other real clips: what a perfect model would get at this number of clips
    shuffled, reversed, frozen, blurred
                those other real clips, damaged; see `controls.py`

The measures are a Fréchet distance, a kernel distance, precision and recall, as in
`distances/`. A column says over how many frames and clips: "16 frames, n=256"; figures of
different columns cannot be compared. "n=60:256" are 60 clips against 256 real ones. Names
of published protocols are for their networks only, see `features/extractor.py`.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from absl import logging

from tfvideogan.core import clip, errors, pixels
from tfvideogan.metrics import bootstrap, streaming
from tfvideogan.metrics import controls as damages
from tfvideogan.metrics.distances import frechet, kernel, precision_recall
from tfvideogan.metrics.features import cache
from tfvideogan.metrics.features import extractor as extractors

REAL, MODEL, FLOOR = "real", "model", "floor"
# Half the width of a 95 % interval, in standard errors.
SIGMAS = 1.96
# Of subsets and of the order in which sets are cut down.
SEED = 0


class Score(NamedTuple):
    """A value and its standard error, NaN where there is none."""

    value: float
    error: float = math.nan

    def interval(self) -> tuple[float, float]:
        """Returns the ends of the 95 % interval; without an error, the value alone."""
        half = 0.0 if math.isnan(self.error) else SIGMAS * self.error
        return self.value - half, self.value + half


@dataclasses.dataclass(eq=False)
class FeatureDistance(streaming.Metric):
    """Base of distances; a subclass names the measures and says what has features.

    Attributes:
      extractor: of features.
      frames: how many of a clip are judged, from the first; None for all.
      controls: damages of real clips to stand beside the model, of `controls.CONTROLS`.
      cache_dir: where features of real clips are kept, see `core/cache.py`.

    Raises:
      UserError: a value is wrong.
    """

    extractor: extractors.Extractor
    frames: int | None = None
    controls: tuple[str, ...] = ()
    cache_dir: str | None = None

    # What the measures would be called if the extractor were the reference.
    frechet_name = "FD"
    kernel_name = "KD"
    more_real = True

    def __post_init__(self) -> None:
        for name in self.controls:
            if name not in damages.CONTROLS:
                raise errors.UserError(
                    f"`{type(self).__name__}.controls` has {name!r}; it may have "
                    f"{', '.join(damages.CONTROLS)}."
                )
        if self.frames is not None and self.frames < self.extractor.min_frames:
            raise errors.UserError(
                f"`{type(self).__name__}.frames` ({self.frames}) must be at least "
                f"{self.extractor.min_frames} for {self.extractor.name}."
            )
        self._cached = cache.CachedFeatures(self.extractor, cache_dir=self.cache_dir)
        self.reset()

    def describe(self) -> str:
        """Returns the metric and its extractor; see `streaming.Metric`."""
        return extractors.describe(self, self.extractor)

    def prepare(self, num_clips: int, spec: clip.ClipSpec) -> None:
        """Says what an evaluation of so many clips costs, and whether they suffice.

        Raises:
          UserError: one clip has no distribution.
        """
        frechet.check_number(num_clips)
        seconds, size = self._cost()
        passes = 2 + (1 + len(self.controls) if self.more_real else 0)
        name = extractors.title(self.frechet_name, self.extractor)
        total = num_clips * passes
        logging.info(
            "%s: %s clips through %s, about %s on this machine; features of real clips "
            "are kept in %s, so that the next evaluation has %s.",
            name,
            f"{total:,}",
            self.extractor.name,
            extractors.duration(total * seconds),
            self._cached.folder,
            f"{num_clips:,}",
        )
        if num_clips <= size and self.kernel_name:
            logging.warning(
                "%s of %d clips in %d dimensions: covariances are singular and the "
                "distance is large for any model; read %s, which has no such bias, or "
                "judge more clips.",
                name,
                num_clips,
                size,
                extractors.title(self.kernel_name, self.extractor),
            )

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Takes the features of every clip of a batch; see `streaming.Metric`."""
        remedy = f"`{type(self).__name__}` judges models that generate videos."
        videos = streaming.generated_and_real(batch, outputs, remedy=remedy)
        self._add(MODEL, self._features_of_made(self._beginning(videos[MODEL])))
        self.update_judged(batch)

    def update_judged(self, batch: Mapping[str, np.ndarray]) -> None:
        """Takes real clips that others are compared with; alone where there is no model."""
        self._add(REAL, self._features_of_real(self._beginning(batch["frames"])))

    def update_real(self, batch: Mapping[str, np.ndarray]) -> None:
        """Takes further real clips, for floor and controls; see `streaming.Metric`."""
        clips = self._beginning(batch["frames"])
        self._add(FLOOR, self._features_of_real(clips))
        for name in self.controls:
            damaged = damages.damage(name, clips)
            self._add(name, self._features_of_real(damaged))

    def result(self) -> dict[str, float]:
        """Returns `FVD/model/16 frames, n=256` and the like; see `streaming.Metric`."""
        return {name: score.value for name, score in self._scores().items()}

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Returns the value less and plus 1.96 standard errors, where there are such.

        They are jackknife errors, see `frechet.standard_error`: the interval holds what
        another draw of as many clips would give, not the distance of endless sets.
        """
        return {
            name: score.interval()
            for name, score in self._scores().items()
            if not math.isnan(score.error)
        }

    def merge(self, other: "FeatureDistance") -> None:
        """Adds the clips of another; see `streaming.Metric`."""
        for subject, features in other._features.items():
            self._features.setdefault(subject, []).extend(features)
        self._length = self._length or other._length
        self._found = None

    def reset(self) -> None:
        """Forgets every clip."""
        # Of each subject, features [D] of a clip or [T, D] of its frames.
        self._features: dict[str, list[np.ndarray]] = {}
        self._length = self._default_length()
        self._found: dict[str, Score] | None = None

    def _features_of_made(self, clips: np.ndarray) -> np.ndarray:
        """Features [N, D] or [N, T, D] of a model's clips, uint8 [N, T, H, W, C]."""
        return self.extractor.features(clips)

    def _features_of_real(self, clips: np.ndarray) -> np.ndarray:
        """Features of real clips, which are kept."""
        return self._cached.features(clips)

    def _default_length(self) -> int | None:
        """How many frames are judged; None for those of the first clip."""
        return self.frames or self.extractor.size[0]

    def _cost(self) -> tuple[float, int]:
        """Seconds for a clip, and the number of features."""
        return extractors.cost(self.extractor, frames=self.frames)

    def _measured(
        self, subject: str, real: np.ndarray, made: np.ndarray, *, group: int
    ) -> dict[str, Score]:
        """Returns measure -> score of a subject's features [M, D], `group` of a clip."""
        scores = {
            self.frechet_name: Score(
                frechet.distance(made, real),
                frechet.standard_error(made, real, group=group),
            )
        }
        size = max(frechet.LEAST_FOR_EXTRAPOLATION, 2 * real.shape[1] + 1)
        if min(len(real), len(made)) >= size:
            line = frechet.extrapolated(made, real, seed=SEED)
            scores[f"{self.frechet_name}_inf"] = Score(
                line.distance, line.standard_error
            )
            scores[f"{self.frechet_name}_inf R2"] = Score(line.r_squared)
        if self.kernel_name:
            found = kernel.distance(made, real, seed=SEED)
            scores[self.kernel_name] = Score(
                found.mean, kernel.standard_error(made, real, group=group)
            )
            if found.spread:
                scores[f"{self.kernel_name} sd of subsets"] = Score(found.spread)
        if subject in (MODEL, FLOOR):
            scores["precision"] = Score(precision_recall.precision(real, made))
            scores["recall"] = Score(precision_recall.recall(real, made))
        return scores

    def _scores(self) -> dict[str, Score]:
        """Every result with its standard error, measured once."""
        if self._found is None:
            self._found = self._measure_all()
        return self._found

    def _measure_all(self) -> dict[str, Score]:
        features = {key: _joined(clips) for key, clips in self._features.items()}
        subjects = [key for key in features if key != REAL]
        found = {}
        for subject in subjects:
            numbers = [len(self._features[key]) for key in (subject, REAL)]
            if min(numbers) < 2:
                found[self._name(self.frechet_name, subject, numbers)] = Score(math.nan)
                continue
            measured = self._measured(
                subject,
                features[REAL],
                features[subject],
                group=len(features[REAL]) // numbers[1],
            )
            for measure, score in measured.items():
                found[self._name(measure, subject, numbers)] = score
        return found

    def _name(self, measure: str, subject: str, numbers: list[int]) -> str:
        title = extractors.title(measure, self.extractor)
        number = ":".join(str(one) for one in dict.fromkeys(numbers))
        return f"{title}/{subject}/{self._length} frames, n={number}"

    def _beginning(self, frames: np.ndarray) -> np.ndarray:
        """The judged frames of clips in [-1, 1], as bytes [N, T, H, W, C]."""
        length = self._length or frames.shape[1]
        if frames.shape[1] < length:
            raise errors.UserError(
                f"clips have {frames.shape[1]} frames, but {type(self).__name__} judges "
                f"{length}; set its `frames` to what all have."
            )
        self._length = length
        return pixels.to_uint8(tf.constant(frames[:, :length])).numpy()

    def _add(self, subject: str, features: np.ndarray) -> None:
        self._features.setdefault(subject, []).extend(features)
        self._found = None


def _joined(clips: list[np.ndarray]) -> np.ndarray:
    """Features [n, D] of all clips, or of all their frames.

    In an order that is random, for subsets and blocks, and the same in whatever order and
    batches the clips came.
    """
    (ordered,) = bootstrap.in_order(np.stack(clips))
    shuffled = np.random.default_rng(SEED).permutation(ordered)
    return shuffled.reshape(-1, shuffled.shape[-1])
