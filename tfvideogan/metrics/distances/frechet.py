"""The Fréchet distance of two sets of features, as if both were Gaussian.

    distance(real, made)                 # [N, D], [M, D] -> FD
    standard_error(real, made)           # of that FD
    extrapolated(real, made)             # FD of endless sets: FVD_inf, FID_inf

    FD = |m1 - m2|² + tr(S1) + tr(S2) - 2 tr((S1 S2)^½)                            [1]

The last trace is the sum of the roots of the eigenvalues of R S2 R, R being the symmetric
root of S1: no complex root, no ridge on the diagonal, and singular covariances, of fewer
vectors than dimensions, are no special case. All is NumPy in float64.

FD of finite sets is too large by about c/N on either side, and hardly varies: two runs
agree and are both wrong. Never compare two FDs of different N; read one beside its floor,
real clips against other real clips at the same N.

References:
  [1] Dowson and Landau, The Fréchet distance between multivariate normal distributions,
      Journal of Multivariate Analysis 12, 1982.
  [2] Chong and Forsyth, Effectively Unbiased FID and Inception Score and Where to Find
      Them, CVPR 2020, section 4 (extrapolation in 1/N).
  [3] Efron and Stein, The Jackknife Estimate of Variance, Annals of Statistics 9, 1981.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfvideogan.core import errors
from tfvideogan.metrics.distances import jackknife, moments

# Sizes of which FD is extrapolated, from an eighth of the clips to all [2].
SIZES = 8
# With fewer vectors the line in 1/N is not reached.
LEAST_FOR_EXTRAPOLATION = 1000


@dataclasses.dataclass(frozen=True)
class Extrapolation:
    """FD of endless sets, by a straight line in 1/N.

    Attributes:
      distance: the line at 1/N = 0.
      standard_error: of the distance, by the scatter of the points around the line.
      r_squared: share of the points' variance that the line explains; near 1 where the
        distance may be believed.
    """

    distance: float
    standard_error: float
    r_squared: float


def distance(features: np.ndarray, others: np.ndarray) -> float:
    """Computes the Fréchet distance of two sets.

    Args:
      features: [N, D], N at least 2.
      others: [M, D], M at least 2.

    Returns:
      At least 0 but for rounding; squared units of the features.

    Raises:
      UserError: a set has fewer than two vectors.
    """
    for one in (features, others):
        check_number(len(one))
    return of_moments(moments.Moments.of(features), moments.Moments.of(others))


def check_number(number: int) -> None:
    """Raises UserError when so many vectors have no covariance."""
    if number < 2:
        raise errors.UserError(
            f"a Fréchet distance of {number} clips is none: a covariance needs at least "
            "2; judge more clips."
        )


def of_moments(first: moments.Moments, second: moments.Moments) -> float:
    """Computes the Fréchet distance of two sets by their moments."""
    return _distance(first, second, _root(first.covariance))


def standard_error(
    features: np.ndarray, others: np.ndarray, *, group: int = 1
) -> float:
    """Estimates the standard deviation of a Fréchet distance, over draws of both sets.

    A jackknife of 20 blocks: each block of one set is left out in turn, and the variances
    of the two sides add up. A bootstrap draws vectors twice, which shrinks the covariance
    and moves FD upwards, away from the value that it should enclose. Leaving out moves all
    20 values alike, which does not matter to their variance; that is expected to be too
    large rather than too small [3].

    Args:
      features: [N, D].
      others: [M, D].
      group: so many neighbours belong together, such as the frames of a clip, and are
        left out together; a divisor of N and M.

    Returns:
      The standard error; NaN where a side has fewer than 4 groups.
    """
    if min(len(features), len(others)) < jackknife.LEAST_GROUPS * group:
        return float("nan")
    first, second = (
        [
            moments.Moments.of(one[start:stop])
            for start, stop in jackknife.blocks(len(one), group=group)
        ]
        for one in (features, others)
    )
    whole_first, whole_second = moments.together(first), moments.together(second)
    # The same root for all that is left out of the other side.
    root = _root(whole_first.covariance)
    of_second = [_distance(whole_first, one, root) for one in _all_but_one(second)]
    root = _root(whole_second.covariance)
    of_first = [_distance(whole_second, one, root) for one in _all_but_one(first)]
    return float(np.sqrt(jackknife.variance(of_first) + jackknife.variance(of_second)))


def extrapolated(
    features: np.ndarray, others: np.ndarray, *, seed: int
) -> Extrapolation:
    """Extrapolates the Fréchet distance to endless sets.

    Both sets are cut down alike to eight sizes: with a finite set on one side only the
    other side's bias would go. Larger sizes weigh more, as their FD varies less.

    Args:
      features: [N, D].
      others: [M, D].
      seed: of which vectors stay.

    Returns:
      The value at 1/N = 0 and how well the line fits.

    Raises:
      UserError: there are fewer than 1,000 vectors in a set, or no more than 2 D.
    """
    number, size = min(len(features), len(others)), features.shape[1]
    least = max(LEAST_FOR_EXTRAPOLATION, 2 * size + 1)
    if number < least:
        raise errors.UserError(
            f"a Fréchet distance of {number} clips cannot be extrapolated: {size} "
            f"features need at least {least}; judge more clips."
        )
    # Below 2 D the bias is not yet a line in 1/N.
    first = max(number // SIZES, min(2 * size, number // 2))
    sizes = np.linspace(first, number, SIZES).astype(int)
    generator = np.random.default_rng(seed)
    features, others = (generator.permutation(one) for one in (features, others))
    values = [distance(features[:count], others[:count]) for count in sizes]
    return _fit(1.0 / sizes, np.array(values), weights=sizes)


def _fit(
    places: np.ndarray, values: np.ndarray, *, weights: np.ndarray
) -> Extrapolation:
    """Fits a line by weighted least squares and reads it at 0."""
    shares = weights / weights.sum()
    centre, mean = shares @ places, shares @ values
    spread = shares @ np.square(places - centre)
    slope = shares @ ((places - centre) * (values - mean)) / spread
    residuals = values - mean - slope * (places - centre)
    total = shares @ np.square(values - mean)
    unexplained = shares @ np.square(residuals)
    # Two of the points go into the line.
    noise = unexplained * len(values) / (len(values) - 2)
    variance = noise * (1.0 + centre**2 / spread) / len(values)
    explained = 1.0 - unexplained / total if total > 0 else 1.0
    return Extrapolation(
        float(mean - slope * centre), float(np.sqrt(variance)), float(explained)
    )


def _root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def _distance(
    first: moments.Moments, second: moments.Moments, root_of_first: np.ndarray
) -> float:
    product = root_of_first @ second.covariance @ root_of_first
    # Rounding makes some eigenvalues of singular products negative.
    roots = np.sqrt(np.maximum(np.linalg.eigvalsh(product), 0.0))
    step = first.mean - second.mean
    traces = np.trace(first.covariance) + np.trace(second.covariance)
    return float(step @ step + traces - 2.0 * roots.sum())


def _all_but_one(blocks: Sequence[moments.Moments]) -> list[moments.Moments]:
    return [
        moments.together([*blocks[:index], *blocks[index + 1 :]])
        for index in range(len(blocks))
    ]
