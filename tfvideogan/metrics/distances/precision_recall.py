"""Precision and recall of made clips in feature space [1].

Around each vector of a set lies a ball that reaches to its third nearest neighbour in the
set; the balls together stand for where the set is. Precision is the share of made clips
inside the balls of the real ones (how realistic), recall the share of real clips inside the
balls of the made ones (how much of the variety is met). Both fall with fewer clips.

References:
  [1] Kynkäänniemi et al., Improved Precision and Recall Metric for Assessing Generative
      Models, NeurIPS 2019, section 2 (k = 3).
"""

import numpy as np

# [1], section 2.1.
NEIGHBOUR = 3
# Rows of distances at a time: 1,000 to 10,000 vectors are 80 MB.
ROWS = 1000


def precision(
    real: np.ndarray, made: np.ndarray, *, neighbour: int = NEIGHBOUR
) -> float:
    """Computes the share of made vectors [M, D] within the balls of real ones [N, D].

    Args:
      real: [N, D].
      made: [M, D].
      neighbour: which neighbour a ball reaches to, at least 1.

    Returns:
      In [0, 1]; NaN where there is no such neighbour or nothing was made.
    """
    return _covered(made, real, neighbour)


def recall(real: np.ndarray, made: np.ndarray, *, neighbour: int = NEIGHBOUR) -> float:
    """Computes the share of real vectors within the balls of made ones; see `precision`."""
    return _covered(real, made, neighbour)


def _covered(points: np.ndarray, centres: np.ndarray, neighbour: int) -> float:
    """Share of the points that lie in a ball around a centre."""
    if len(centres) <= neighbour or not len(points):
        return float("nan")
    radii = _radii(centres, neighbour)
    inside = [
        (_squared_distances(points[start : start + ROWS], centres) <= radii).any(axis=1)
        for start in range(0, len(points), ROWS)
    ]
    return float(np.concatenate(inside).mean())


def _radii(centres: np.ndarray, neighbour: int) -> np.ndarray:
    """Squared distance of each centre to its k-th neighbour; the nearest is itself."""
    parts = []
    for start in range(0, len(centres), ROWS):
        distances = _squared_distances(centres[start : start + ROWS], centres)
        parts.append(np.partition(distances, neighbour, axis=1)[:, neighbour])
    return np.concatenate(parts)


def _squared_distances(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    points, others = (np.asarray(one, np.float64) for one in (points, others))
    squares = np.square(points).sum(axis=1)[:, np.newaxis] + np.square(others).sum(
        axis=1
    )
    # Rounding makes some of the smallest negative.
    return np.maximum(squares - 2.0 * points @ others.T, 0.0)
