"""The inception score of generated and of real clips, by a classifier that the user names.

    from tfvideogan.metrics import video_inception_score
    from tfvideogan.metrics.features import classifier

    loop.run.metrics = (@video_inception_score.VideoInceptionScore(),)
    video_inception_score.VideoInceptionScore.extractor = @classifier.Classifier()
    classifier.Classifier.folder = "saved_models/videoclassifier/1"

Published scores on UCF-101 belong to one network, C3D fine-tuned on it, which is not in
this package: every score has its classifier's name in brackets. See
`distances/inception_score.py`.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, pixels
from tfvideogan.metrics import feature_distance, streaming
from tfvideogan.metrics.distances import inception_score
from tfvideogan.metrics.features import extractor as extractors

REMEDY = "`VideoInceptionScore` judges models that generate videos."
# Of the splits.
SEED = 0


@dataclasses.dataclass(eq=False)
class VideoInceptionScore(streaming.Metric):
    """Inception score over splits, `IS[<classifier>]/model/16 frames, n=256`.

    Attributes:
      extractor: classifies clips, such as `classifier.Classifier()`.
      frames: how many of a clip are judged, from the first; None for all, or for what the
        classifier takes.
      splits: into which clips are parted.

    Raises:
      UserError: the extractor gives no probabilities.
    """

    extractor: extractors.ClassExtractor
    frames: int | None = None
    splits: int = inception_score.SPLITS

    def __post_init__(self) -> None:
        if not hasattr(self.extractor, "probabilities"):
            raise errors.UserError(
                f"`VideoInceptionScore.extractor` ({self.extractor.name}) does not "
                "classify; give the export of a classifier, such as gin/classifier.gin's."
            )
        self.reset()

    def describe(self) -> str:
        """Returns the metric and its extractor; see `streaming.Metric`."""
        return extractors.describe(self, self.extractor)

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Classifies every clip of a batch; see `streaming.Metric`."""
        videos = streaming.generated_and_real(batch, outputs, remedy=REMEDY)
        for subject, frames in videos.items():
            length = self.frames or self.extractor.size[0] or frames.shape[1]
            clips = pixels.to_uint8(tf.constant(frames[:, :length])).numpy()
            found = self.extractor.probabilities(clips)
            self._probabilities.setdefault((subject, clips.shape[1]), []).extend(found)

    def result(self) -> dict[str, float]:
        """Returns the mean over splits and its spread; see `streaming.Metric`."""
        found = {}
        for (subject, length), rows in self._probabilities.items():
            score = self._score(rows)
            column = f"{subject}/{length} frames, n={len(rows)}"
            found[f"{self._title()}/{column}"] = score.mean if score else np.nan
            if score:
                found[f"{self._title()} sd of splits/{column}"] = score.spread
        return found

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Returns the mean less and plus 1.96 standard errors of it over splits."""
        found = {}
        for (subject, length), rows in self._probabilities.items():
            score = self._score(rows)
            if score and self.splits > 1:
                error = score.spread / np.sqrt(self.splits - 1)
                name = f"{self._title()}/{subject}/{length} frames, n={len(rows)}"
                found[name] = feature_distance.Score(score.mean, error).interval()
        return found

    def merge(self, other: "VideoInceptionScore") -> None:
        """Adds the clips of another; see `streaming.Metric`."""
        for key, rows in other._probabilities.items():
            self._probabilities.setdefault(key, []).extend(rows)

    def reset(self) -> None:
        """Forgets every clip."""
        # By subject and number of frames, probabilities [K] of each clip.
        self._probabilities: dict[tuple[str, int], list[np.ndarray]] = {}

    def _title(self) -> str:
        # Never the bare name: the network of the published scores is not here.
        return f"IS[{self.extractor.name}]"

    def _score(self, rows: list[np.ndarray]) -> inception_score.InceptionScore | None:
        """The score, or None of fewer clips than splits."""
        if len(rows) < self.splits:
            return None
        # In the order of the numbers: the same splits in whatever order clips came.
        return inception_score.score(
            np.array(sorted(map(tuple, rows))), seed=SEED, splits=self.splits
        )
