"""How far two distributions of numbers are apart: first Wasserstein distance.

    of_samples(values, weights, others, other_weights)    # two weighted samples
    of_clips(model, real, counts)                         # what clips hold, clips alike

The distance is the area between the two distribution functions: the mean way, in the unit
of the numbers, by which one sample must be moved to become the other. It is 0 for equal
distributions only, but of two samples of one distribution it is above 0: compare figures of
equally many clips. All is NumPy in float64.
"""

import numpy as np


def of_samples(
    values: np.ndarray,
    weights: np.ndarray,
    others: np.ndarray,
    other_weights: np.ndarray,
) -> np.ndarray:
    """Computes the first Wasserstein distance of two weighted samples.

    Args:
      values: [n] numbers.
      weights: [..., n], 0 or more; they are normalised.
      others: [m] numbers.
      other_weights: [..., m], 0 or more.

    Returns:
      [...] float64, the area between the two distribution functions, in the numbers'
      unit; NaN if a sample weighs nothing.
    """
    places = np.sort(np.concatenate([values, others]))
    heights = [
        _distribution(one, one_weights, places[:-1])
        for one, one_weights in ((values, weights), (others, other_weights))
    ]
    return np.sum(np.abs(heights[0] - heights[1]) * np.diff(places), axis=-1)


def of_clips(model: np.ndarray, real: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Computes the first Wasserstein distance of what clips hold, every clip alike.

    Args:
      model: [N, S] values of each clip, NaN where there is none.
      real: [N, S'].
      counts: [..., N] how often each clip counts.

    Returns:
      [...] float64 in the values' unit; NaN if either has no value.
    """
    samples = []
    for values in (model, real):
        is_known = ~np.isnan(values)
        shares = is_known / np.maximum(is_known.sum(axis=1, keepdims=True), 1)
        weights = counts[..., np.newaxis] * shares  # [..., N, S]
        samples += [
            np.where(is_known, values, 0.0).ravel(),
            weights.reshape(*counts.shape[:-1], values.size),
        ]
    return of_samples(*samples)


def _distribution(
    values: np.ndarray, weights: np.ndarray, places: np.ndarray
) -> np.ndarray:
    """Share of the weights [..., n] at values [n] up to each place [k]: [..., k]."""
    order = np.argsort(values)
    sums = np.cumsum(weights[..., order], axis=-1)
    sums = np.concatenate([np.zeros_like(sums[..., :1]), sums], axis=-1)
    below = np.searchsorted(values[order], places, side="right")
    total = sums[..., -1:]
    return sums[..., below] / np.where(total > 0, total, np.nan)
