"""An exported classifier of clips as an extractor: what its last layer sees.

The export, of `gin/classifier.gin` or of anything else, has a signature `classify`:

    frames         uint8 [N, T, H, W, C], of fixed T, H, W and C
    probabilities  float32 [N, K]
    features       float32 [N, D], the pooled vector before the logits

Trained on labels that say how a clip moves, with appearances changed at random
(`ops/augmentation.py`), it sees motion; `VideoDistance` tells whether it does.
"""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, signatures
from tfvideogan.metrics.features import extractor

PROBABILITIES, FEATURES = "probabilities", "features"
SAVED_MODEL = "saved_model.pb"
VARIABLES = "variables/*"
NAME_LENGTH = 8
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
        path = pathlib.Path(self.folder).expanduser()
        if not (path / SAVED_MODEL).is_file():
            raise errors.UserError(
                f"the classifier `folder` ({self.folder}) has no {SAVED_MODEL}; give the "
                "folder of a version, such as saved_models/videoclassifier/1."
            )
        files = [path / SAVED_MODEL, *sorted(path.glob(VARIABLES))]
        self.identity = extractor.digest(files)
        parent = path.resolve().parent.name
        self.name = self.name or f"{parent}-{self.identity[:NAME_LENGTH]}"
        # Kept, too: a signature alone does not hold the variables that it reads.
        self._loaded = tf.saved_model.load(str(path))
        self._classify, self.size = _signature(self._loaded, self.folder)
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


def _signature(
    loaded: tf.Module, name: str
) -> tuple[tf.types.experimental.ConcreteFunction, tuple[int, int, int, int]]:
    """The signature and the sizes T, H, W, C that it takes."""
    known = getattr(loaded, "signatures", {})
    if signatures.CLASSIFY not in known:
        raise errors.UserError(
            f"the classifier {name} has the signatures "
            f"{', '.join(sorted(known)) or 'none'}; {NEEDS}."
        )
    function = known[signatures.CLASSIFY]
    inputs = function.structured_input_signature[1]
    spec = inputs.get(signatures.FRAMES)
    is_fitting = (
        set(inputs) == {signatures.FRAMES}
        and spec.dtype == tf.uint8
        and spec.shape.rank is not None
        and None not in spec.shape[1:].as_list()
        and PROBABILITIES in function.structured_outputs
    )
    if not is_fitting:
        taken = ", ".join(
            f"`{key}` {one.dtype.name} {one.shape}" for key, one in inputs.items()
        )
        given = ", ".join(f"`{key}`" for key in function.structured_outputs)
        raise errors.UserError(
            f"`{signatures.CLASSIFY}` of the classifier {name} takes {taken} and gives "
            f"{given}; {NEEDS}, with fixed T, H, W and C."
        )
    return function, tuple(spec.shape[1:].as_list())
