"""The inception score: how sure a classifier is of each clip, and how varied of all.

    IS = exp( mean over clips of KL( p(class | clip) || mean of p(class | clips) ) )   [1]

1 for clips that all look alike to the classifier, up to the number of classes. It looks at
no real clip, depends on the number of clips, and belongs to its classifier: figures of two
classifiers, or of two numbers of clips, cannot be compared.

References:
  [1] Salimans et al., Improved Techniques for Training GANs, NeurIPS 2016, section 4 (ten
      splits).
"""

import dataclasses

import numpy as np

from tfvideogan.core import errors

# [1].
SPLITS = 10


@dataclasses.dataclass(frozen=True)
class InceptionScore:
    """What is reported of an inception score.

    Attributes:
      mean: over splits.
      spread: standard deviation over splits (over N, not N - 1, as published).
      dropped: clips behind the last whole split, which count for nothing.
    """

    mean: float
    spread: float
    dropped: int


def score(
    probabilities: np.ndarray, *, seed: int, splits: int = SPLITS
) -> InceptionScore:
    """Computes the score over splits of equal size, drawn by a seed.

    Args:
      probabilities: [N, K], rows that sum to 1.
      seed: of the order in which clips go into splits.
      splits: how many; the value falls with fewer clips in each.

    Raises:
      UserError: there are fewer clips than splits.
    """
    size = len(probabilities) // splits
    if size < 1:
        raise errors.UserError(
            f"an inception score of {len(probabilities)} clips has no {splits} splits; "
            "judge more clips, or take fewer `splits`."
        )
    order = np.random.default_rng(seed).permutation(len(probabilities))
    shuffled = np.asarray(probabilities, np.float64)[order[: size * splits]]
    values = [of_split(one) for one in np.split(shuffled, splits)]
    dropped = len(probabilities) - size * splits
    return InceptionScore(float(np.mean(values)), float(np.std(values)), dropped)


def of_split(probabilities: np.ndarray) -> float:
    """Computes the score of one split [N, K]; 0 · log 0 counts as 0."""
    marginal = probabilities.mean(axis=0)
    entropy = -(marginal * _log(marginal)).sum()
    conditional = -(probabilities * _log(probabilities)).sum(axis=1).mean()
    return float(np.exp(entropy - conditional))


def _log(values: np.ndarray) -> np.ndarray:
    return np.log(np.where(values > 0.0, values, 1.0))
