"""Whether generated clips show the category that they were made for.

The motion control score of MoCoGAN [1] is the accuracy of a video classifier on generated
clips, whose labels are the wanted ones. The classifier is an export, of
`gin/classifier.gin` or of anything else, with a signature `classify`:

    frames         uint8 [N, T, H, W, C], of fixed T, H, W and C
    probabilities  float32 [N, K]

Read it beside the score of real clips, which says how good the classifier is; a figure
belongs to its classifier.

[1] Tulyakov et al., MoCoGAN, CVPR 2018, section 4.
"""

import dataclasses
import pathlib
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, pixels
from tfvideogan.metrics import accuracy, streaming

SIGNATURE = "classify"
INPUT, OUTPUT = "frames", "probabilities"
SAVED_MODEL = "saved_model.pb"
REMEDY = "`MotionScore` judges models that generate videos of labelled categories."
NEEDS = (
    f"`MotionScore` needs `{SIGNATURE}`, which takes `{INPUT}` uint8 [N, T, H, W, C] and "
    f"gives `{OUTPUT}`; train gin/classifier.gin and export it"
)


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
        folder = pathlib.Path(self.classifier).expanduser()
        if not (folder / SAVED_MODEL).is_file():
            raise errors.UserError(
                f"`MotionScore.classifier` ({self.classifier}) has no {SAVED_MODEL}; give "
                "the folder of a version, such as saved_models/videoclassifier/1."
            )
        # Kept, too: a signature alone does not hold the variables that it reads.
        self._loaded = tf.saved_model.load(str(folder))
        self._classify, self._sizes = _signature(self._loaded, self.classifier)

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
        length, *size = self._sizes
        _, found_length, *found_size = frames.shape
        if found_length < length or found_size != size:
            wanted = f"{length} or more frames of {_listed(size)}"
            raise errors.UserError(
                f"the {subject} clips have {found_length} frames of "
                f"{_listed(found_size)}, but the classifier {self.classifier} wants "
                f"{wanted} (height, width, channels); train one on clips like these."
            )
        beginning = pixels.to_uint8(tf.constant(frames[:, :length]))
        return self._classify(**{INPUT: beginning})[OUTPUT].numpy()


def _signature(
    loaded: tf.Module, name: str
) -> tuple[tf.types.experimental.ConcreteFunction, list[int]]:
    """The signature and the sizes [T, H, W, C] that it takes."""
    signatures = getattr(loaded, "signatures", {})
    if SIGNATURE not in signatures:
        raise errors.UserError(
            f"the classifier {name} has the signatures "
            f"{', '.join(sorted(signatures)) or 'none'}; {NEEDS}."
        )
    function = signatures[SIGNATURE]
    inputs = function.structured_input_signature[1]
    spec = inputs.get(INPUT)
    is_fitting = (
        set(inputs) == {INPUT}
        and spec.dtype == tf.uint8
        and spec.shape.rank is not None
        and None not in spec.shape[1:].as_list()
        and OUTPUT in function.structured_outputs
    )
    if not is_fitting:
        taken = ", ".join(
            f"`{key}` {one.dtype.name} {one.shape}" for key, one in inputs.items()
        )
        given = ", ".join(f"`{key}`" for key in function.structured_outputs)
        raise errors.UserError(
            f"`{SIGNATURE}` of the classifier {name} takes {taken} and gives {given}; "
            f"{NEEDS}, with fixed T, H, W and C."
        )
    return function, spec.shape[1:].as_list()


def _listed(sizes: list[int]) -> str:
    return "x".join(str(size) for size in sizes)
