"""How much a statistic varies, by leaving blocks of the data out in turn.

    values = [statistic(np.delete(x, slice(*block))) for block in blocks(len(x))]
    variance(values)

The blocks count as independent, so vectors that belong together share one.

[1] Efron and Stein, The Jackknife Estimate of Variance, Annals of Statistics 9, 1981.
"""

from collections.abc import Sequence

import numpy as np

# Enough for a standard error that is itself good to a sixth.
BLOCKS = 20
# Two blocks of two: with fewer nothing can be left out.
LEAST_GROUPS = 4


def blocks(number: int, *, group: int = 1) -> list[tuple[int, int]]:
    """Parts neighbours into at most 20 blocks of two groups or more.

    Args:
      number: of vectors; a multiple of `group`.
      group: so many neighbours belong together.

    Returns:
      First vector, and the one behind the last, of each block.
    """
    groups = number // group
    count = min(BLOCKS, groups // 2)
    ends = np.linspace(0, groups, count + 1).astype(int) * group
    return list(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))


def variance(values: Sequence[float]) -> float:
    """Returns the variance of a statistic by its values without each block.

    Expected to be too large rather than too small [1].
    """
    return (len(values) - 1) * float(np.var(values))
