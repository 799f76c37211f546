"""Whether generated clips show the category that they were made for.

The motion control score of MoCoGAN [1] is the accuracy of a video classifier on generated
clips, whose labels are the wanted ones. The classifier is an export, see
`features/classifier.py`.

Read it beside the score of real clips, which says how good the classifier is; a figure
belongs to its classifier.

[1] Tulyakov et al., MoCoGAN, CVPR 2018, section 4.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, pixels
from tfvideogan.metrics import accuracy, streaming
from tfvideogan.metrics.features import classifier

REMEDY = "`MotionScore` judges models that generate videos of labelled categories."


@dataclasses.dataclass(eq=False)
class MotionScore(streaming.MeanMetric):
    """Accuracy of a classifier on generated and on real clips.

    The results are `motion score/model/T` and `motion score/real/T`.

    Attributes:
      classifier: folder of a SavedModel, such as saved_models/videoclassifier/1. It looks
        at the first frames of a clip, as many as it takes.

    Raises:
      UserError: there is none, or it does not classify clips.
    """

    classifier: str

    def __post_init__(self) -> None:
        super().__post_init__()
        self._network = classifier.Classifier(self.classifier)

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        videos = streaming.generated_and_real(batch, outputs, remedy=REMEDY)
        labels = streaming.required(batch, "labels", where="batches", remedy=REMEDY)
        for subject, frames in videos.items():
            found = accuracy.are_right(self._probabilities(subject, frames), labels)
            for is_right in found:
                self._means.add(f"motion score/{subject}/T", float(is_right))

    def _probabilities(self, subject: str, frames: np.ndarray) -> np.ndarray:
        """What the classifier says [N, K] of the beginning of clips."""
        beginning = pixels.to_uint8(tf.constant(frames[:, : self._network.min_frames]))
        try:
            return self._network.probabilities(beginning.numpy())
        except errors.UserError as error:
            raise errors.UserError(f"{subject}: {error}") from error
