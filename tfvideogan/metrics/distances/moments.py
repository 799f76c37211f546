"""Number, mean and scatter of vectors that come in batches, or from several hosts.

    moments = Moments.of(features)                  # [N, D]
    moments = moments.merged(Moments.of(others))    # as if seen together
    moments.mean, moments.covariance

The scatter is the sum of the outer products of deviations from the mean, and two scatters
are joined by the pairwise update of [1]. Sums of raw products, in float32, lose the
covariance of features whose mean is much larger than their spread.

[1] Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm for computing sample
    variances, Stanford STAN-CS-79-773, 1979.
"""

import dataclasses
import functools
from collections.abc import Iterable

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Moments:
    """What a Fréchet distance needs to know of a set of vectors.

    Attributes:
      number: of vectors.
      mean: [D] float64.
      scatter: [D, D] float64, sum of the outer products of deviations from the mean.
    """

    number: int
    mean: np.ndarray
    scatter: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> "Moments":
        """Returns the moments of features [N, D], N at least 1."""
        features = np.asarray(features, np.float64)
        mean = features.mean(axis=0)
        deviations = features - mean
        return cls(len(features), mean, deviations.T @ deviations)

    def merged(self, other: "Moments") -> "Moments":
        """Returns the moments of both sets together."""
        number = self.number + other.number
        step = other.mean - self.mean
        mean = self.mean + step * (other.number / number)
        between = np.outer(step, step) * (self.number * other.number / number)
        return Moments(number, mean, self.scatter + other.scatter + between)

    @property
    def covariance(self) -> np.ndarray:
        """The unbiased covariance [D, D], of two vectors or more."""
        return self.scatter / (self.number - 1)


def together(parts: Iterable[Moments]) -> Moments:
    """Returns the moments of all sets together; there is at least one."""
    return functools.reduce(Moments.merged, parts)
