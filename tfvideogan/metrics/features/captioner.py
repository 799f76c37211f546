"""An exported captioner of clips as a judge: which words of a caption do clips show?

The export, of `gin/captioner.gin` or of anything else, has a signature `compare`:

    frames         uint8 [N, T, H, W, C], of fixed T, H, W and C
    text           string [N], captions
    right_words    bool [N, E, M], of E clauses with M words each, padding included

A caption that the captioner does not know makes the signature fail with a message.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, refusals, signatures
from tfvideogan.metrics.features import exported, extractor

RIGHT_WORDS = "right_words"
NEEDS = (
    f"wanted is `{signatures.COMPARE}`, which takes `{signatures.FRAMES}` uint8 "
    f"[N, T, H, W, C] and `{signatures.TEXT}` and gives `{RIGHT_WORDS}`; train "
    "gin/captioner.gin and export it"
)


class Captioner:
    """A captioner on disk.

    Attributes:
      name: see `exported.Export`.
      identity: see `exported.Export`.
      size: T, H, W and C of the clips that it takes.
      min_frames: T.
    """

    def __init__(self, folder: str) -> None:
        """Loads the export.

        Args:
          folder: of a SavedModel, such as saved_models/videocaptioner/1.

        Raises:
          UserError: there is none, or it does not compare clips with captions.
        """
        export = exported.Export(folder, what="captioner")
        self.name, self.identity = export.name, export.identity
        self._compare, self.size = export.signature(
            signatures.COMPARE,
            inputs=[signatures.FRAMES, signatures.TEXT],
            outputs=[RIGHT_WORDS],
            needs=NEEDS,
        )
        self.min_frames = self.size[0]
        self._export = export

    def check_words(self, words: Sequence[str]) -> None:
        """Raises UserError when a word is not in the captioner's vocabulary."""
        black = np.zeros(self.size, np.uint8)
        self.right_words(np.stack([black] * len(words)), words)

    def right_words(self, clips: np.ndarray, captions: Sequence[str]) -> np.ndarray:
        """Compares clips with captions.

        Args:
          clips: uint8 [N, T, H, W, C].
          captions: N of them.

        Returns:
          [N, E, M] bool.

        Raises:
          UserError: clips or captions do not fit; the captioner says why.
        """
        extractor.check_clips(self, clips)
        inputs = {
            signatures.FRAMES: tf.constant(clips),
            signatures.TEXT: tf.constant(captions, tf.string),
        }
        try:
            return self._compare(**inputs)[RIGHT_WORDS].numpy()
        except tf.errors.InvalidArgumentError as error:
            raise errors.UserError(
                f"{self.name} does not know such a caption; judge by a captioner that was "
                f"trained on this data. {refusals.line(error.message)}"
            ) from error
