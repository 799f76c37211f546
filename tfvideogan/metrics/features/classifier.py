"""An exported classifier of clips as an extractor: what its last layer sees.

The export, of `gin/classifier.gin` or of anything else, has a signature `classify`:

    frames         uint8 [N, T, H, W, C], of fixed T, H, W and C
    probabilities  float32 [N, K]
    features       float32 [N, D], the pooled vector before the logits

Trained on labels that say how a clip moves, with appearances changed at random
(`ops/augmentation.py`), it sees motion; `VideoDistance` tells whether it does.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, signatures
from tfvideogan.metrics.features import exported, extractor

PROBABILITIES, FEATURES = "probabilities", "features"
NEEDS = (
    f"wanted is `{signatures.CLASSIFY}`, which takes `{signatures.FRAMES}` uint8 "
    f"[N, T, H, W, C] and gives `{PROBABILITIES}`; train gin/classifier.gin and export it"
)


@dataclasses.dataclass(eq=False)
class Classifier:
    """A `ClassExtractor` on disk.

    Attributes:
      folder: of a SavedModel, such as saved_models/videoclassifier/1.
      name: by default the model's folder and the beginning of the weights' digest.

    Raises:
      UserError: there is none, or it does not classify clips.
    """

    folder: str
    name: str = ""

    is_reference = False

    def __post_init__(self) -> None:
        export = exported.Export(self.folder, what="classifier")
        self.identity, self.name = export.identity, self.name or export.name
        self._classify, self.size = export.signature(
            signatures.CLASSIFY,
            inputs=[signatures.FRAMES],
            outputs=[PROBABILITIES],
            needs=NEEDS,
        )
        self._export = export
        self.min_frames = self.size[0]

    def probabilities(self, clips: np.ndarray) -> np.ndarray:
        """Returns float32 [N, K] of clips uint8 [N, T, H, W, C]; see `ClassExtractor`."""
        return self._answers(clips)[PROBABILITIES].numpy()

    def features(self, clips: np.ndarray) -> np.ndarray:
        """Returns float32 [N, D] of clips uint8 [N, T, H, W, C]; see `Extractor`.

        Raises:
          UserError: also if the export gives no features.
        """
        answers = self._answers(clips)
        if FEATURES not in answers:
            raise errors.UserError(
                f"the classifier {self.folder} gives {', '.join(sorted(answers))}, but "
                f"no `{FEATURES}`; export it again."
            )
        return answers[FEATURES].numpy()

    def _answers(self, clips: np.ndarray) -> dict[str, tf.Tensor]:
        extractor.check_clips(self, clips)
        return self._classify(**{signatures.FRAMES: tf.constant(clips)})
