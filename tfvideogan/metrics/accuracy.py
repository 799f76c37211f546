"""Whether clips are taken for what they are: by their labels, or by their captions.

    are_right(probabilities, labels)     # [N, K], [N] -> [N]

`Accuracy` needs `labels` [N] of the batch and `probabilities` [N, K] of the outputs,
`WordAccuracy` needs `right_words` of the outputs. All is NumPy.
"""

from collections.abc import Mapping

import numpy as np

from tfvideogan.core import errors
from tfvideogan.metrics import streaming

REMEDY = "`Accuracy` judges models that classify videos with labels."
WORDS_REMEDY = "`WordAccuracy` judges models that put videos into words."


class Accuracy(streaming.MeanMetric):
    """Share of clips whose label is the most probable class: of all, and of each class.

    The results are `accuracy/model/T` and, for each class, `accuracy/class 0/T`.
    """

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        probabilities = streaming.required(
            outputs, "probabilities", where="outputs", remedy=REMEDY
        )
        labels = streaming.required(batch, "labels", where="batches", remedy=REMEDY)
        found = are_right(probabilities, labels)
        for label, is_right in zip(labels, found, strict=True):
            self._means.add("accuracy/model/T", float(is_right))
            self._means.add(f"accuracy/class {label}/T", float(is_right))


class WordAccuracy(streaming.MeanMetric):
    """Share of clips whose caption is right, word for word, and of each right word.

    The outputs hold `right_words` [N, E, M] bool, of E clauses with M words each. The
    results are `caption accuracy/model/T` and `word accuracy/word 1/T` and so on, the mean
    over clauses. Where a clause has fewer words, nothing is what must be said.
    """

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        right = streaming.required(
            outputs, "right_words", where="outputs", remedy=WORDS_REMEDY
        )
        for clauses in right:
            self._means.add("caption accuracy/model/T", float(clauses.all()))
            for place, share in enumerate(clauses.mean(axis=0), start=1):
                self._means.add(f"word accuracy/word {place}/T", float(share))


def are_right(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Returns where the label is the most probable class, the first of equals.

    Args:
      probabilities: [N, K].
      labels: [N] whole numbers.

    Returns:
      [N] bool.

    Raises:
      UserError: a label is none of the K classes.
    """
    classes = probabilities.shape[1]
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise errors.UserError(
            f"labels go from {labels.min()} to {labels.max()}, but the classifier knows "
            f"the classes 0 to {classes - 1}; it must have been trained on the same ones."
        )
    return probabilities.argmax(axis=1) == labels
