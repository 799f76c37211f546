"""The kernel distance of two sets of features: KVD of videos, KID of images.

    distance(real, made, seed=0)         # KernelDistance(mean, spread)
    squared_mmd(real, made)              # of whole sets

The squared maximum mean discrepancy [1] with the kernel (a·b/D + 1)³ [2], in its unbiased
form: 0 in the mean for two sets of one distribution at every size, and below 0 now and
then. Prefer it to a Fréchet distance of less than about 2,000 clips. All is NumPy in
float64.

References:
  [1] Gretton et al., A Kernel Two-Sample Test, JMLR 2012, equation 3.
  [2] Bińkowski et al., Demystifying MMD GANs, ICLR 2018, section 4 (100 subsets of 1,000).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tfvideogan.core import errors
from tfvideogan.metrics.distances import jackknife

# [2].
OFFSET = 1.0
SUBSET = 1000
DRAWS = 100


class KernelDistance(NamedTuple):
    """What is reported of a kernel distance.

    Attributes:
      mean: of the squared MMD over subsets.
      spread: its standard deviation over subsets; 0 where the whole sets are the only
        subset.
    """

    mean: float
    spread: float


def distance(features: np.ndarray, others: np.ndarray, *, seed: int) -> KernelDistance:
    """Computes the kernel distance over 100 random subsets of 1,000 of both sets.

    Sets of up to 1,000 vectors are compared as wholes, once.

    Args:
      features: [N, D], N at least 2.
      others: [M, D], M at least 2.
      seed: of the subsets.

    Raises:
      UserError: a set has fewer than two vectors.
    """
    size = min(SUBSET, len(features), len(others))
    if size == len(features) == len(others):
        return KernelDistance(squared_mmd(features, others), 0.0)
    generator = np.random.default_rng(seed)
    values = []
    for _ in range(DRAWS):
        subsets = [
            one[generator.choice(len(one), size, replace=False)]
            for one in (features, others)
        ]
        values.append(squared_mmd(*subsets))
    return KernelDistance(float(np.mean(values)), float(np.std(values, ddof=1)))


def squared_mmd(features: np.ndarray, others: np.ndarray) -> float:
    """Computes the unbiased estimate of the squared MMD of two sets.

    Args:
      features: [N, D], N at least 2.
      others: [M, D], M at least 2.

    Returns:
      Mean kernel of pairs within either set, without pairs of a vector and itself, less
      twice that of pairs across.

    Raises:
      UserError: a set has fewer than two vectors.
    """
    for one in (features, others):
        if len(one) < 2:
            raise errors.UserError(
                f"a kernel distance of {len(one)} clips is none: pairs need at least 2; "
                "judge more clips."
            )
    within = _mean_of_pairs(_kernel(features, features))
    within_others = _mean_of_pairs(_kernel(others, others))
    return float(within + within_others - 2.0 * _kernel(features, others).mean())


def standard_error(
    features: np.ndarray, others: np.ndarray, *, group: int = 1
) -> float:
    """Estimates the standard deviation of `squared_mmd`, over draws of both sets.

    A jackknife: 20 blocks of either set are left out in turn, and the variances of the
    two sides add up.

    Args:
      features: [N, D].
      others: [M, D].
      group: so many neighbours belong together, see `frechet.standard_error`.

    Returns:
      The standard error; NaN where a side has fewer than 4 groups.
    """
    if min(len(features), len(others)) < jackknife.LEAST_GROUPS * group:
        return float("nan")
    kernels = [
        _kernel(features, features),
        _kernel(others, others),
        _kernel(features, others),
    ]
    first, second, across = kernels
    variances = [
        _variance(within, crossing, jackknife.blocks(len(within), group=group))
        for within, crossing in ((first, across), (second, across.T))
    ]
    return float(np.sqrt(sum(variances)))


def _kernel(features: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Kernel of every pair [N, M]."""
    features = np.asarray(features, np.float64)
    products = features @ np.asarray(others, np.float64).T
    base = products / features.shape[1] + OFFSET
    return base * np.square(base)  # five times as quick as a power


def _mean_of_pairs(kernel: np.ndarray) -> float:
    """Mean of a square kernel without its diagonal."""
    number = len(kernel)
    return (kernel.sum() - np.trace(kernel)) / (number * (number - 1))


def _variance(
    within: np.ndarray, across: np.ndarray, blocks: Sequence[tuple[int, int]]
) -> float:
    """Variance of the squared MMD by the side whose kernels `within` has."""
    starts = [start for start, _ in blocks]
    kept = len(within) - np.array([stop - start for start, stop in blocks])
    pairs = within - np.diag(np.diag(within))
    by_block = np.add.reduceat(np.add.reduceat(pairs, starts, axis=0), starts, axis=1)
    # A block's pairs stand in its rows and in its columns, those inside it in both.
    left = pairs.sum() - 2.0 * by_block.sum(axis=1) + np.diag(by_block)
    left_across = across.sum() - np.add.reduceat(across.sum(axis=1), starts)
    values = left / (kept * (kept - 1)) - 2.0 * left_across / (kept * across.shape[1])
    return jackknife.variance(values)
