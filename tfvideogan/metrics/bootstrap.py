"""How sure a figure is: 95 % bootstrap intervals over clips.

    intervals(means({"PSNR/model/T": values}))       # values [N], one of each clip
    intervals(resample(statistics, num_clips))       # of anything made of clips

Clips are drawn with replacement, as many as there are, 1000 times; the interval goes from
the 2.5 to the 97.5 percentile of what the resamples give [1]. The draws are the same in
every run. They choose among clips sorted by their values, so that the order in which clips
came, and who saw them, changes nothing.

Clips count as independent. Several clips of one video are not: their interval is too
narrow. So is any percentile interval of few clips: by a sixth for ten.

References:
  [1] Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
"""

import functools
from collections.abc import Callable, Mapping

import numpy as np

NUM_RESAMPLES = 1000
PERCENTILES = (2.5, 97.5)
# One clip says nothing of the spread of clips.
FEWEST_CLIPS = 2
_SEED = 20261129
# Resamples at a time: what is computed of 2,000 clips of 16 frames stays in megabytes.
_BLOCK = 100


@functools.lru_cache(maxsize=4)
def draws(num_clips: int) -> np.ndarray:
    """Returns how often each resample has each clip.

    Args:
      num_clips: 1 or more.

    Returns:
      [1000, num_clips] float64 whole numbers, read-only.
    """
    generator = np.random.Generator(np.random.Philox(_SEED))
    shares = np.full(num_clips, 1.0 / num_clips)
    drawn = generator.multinomial(num_clips, shares, size=NUM_RESAMPLES)
    drawn = drawn.astype(np.float64)
    drawn.flags.writeable = False
    return drawn


def resample(
    statistics: Callable[[np.ndarray], Mapping[str, np.ndarray]], num_clips: int
) -> dict[str, np.ndarray]:
    """Computes statistics of every resample.

    Args:
      statistics: takes how often each clip counts, [R, num_clips] float64 whole numbers,
        and returns name -> [R] values. The clips should be `in_order`.
      num_clips: how many clips there are.

    Returns:
      Name -> [1000] float64; nothing for fewer than two clips.
    """
    if num_clips < FEWEST_CLIPS:
        return {}
    drawn = np.split(draws(num_clips), NUM_RESAMPLES // _BLOCK)
    parts = [statistics(counts) for counts in drawn]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def means(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Computes the means of every resample.

    Args:
      values: name -> [N] numbers, without NaN, N of its own for each name.

    Returns:
      Name -> [1000] float64, of names with two numbers or more.
    """
    return {
        name: draws(len(numbers)) @ np.sort(numbers) / len(numbers)
        for name, numbers in values.items()
        if len(numbers) >= FEWEST_CLIPS
    }


def intervals(resampled: Mapping[str, np.ndarray]) -> dict[str, tuple[float, float]]:
    """Returns the 95 % percentile intervals of resampled statistics.

    Args:
      resampled: name -> [1000]. NaN is a resample without a value and does not count.

    Returns:
      Name -> lower and upper end; a name without any number is left out.
    """
    found = {}
    for name, values in resampled.items():
        known = values[~np.isnan(values)]
        if known.size:
            low, high = np.percentile(known, PERCENTILES)
            found[name] = (float(low), float(high))
    return found


def centred(resampled: np.ndarray, value: float) -> np.ndarray:
    """Moves resamples of a distance so that their mean is the value of all clips.

    A distance of two samples grows when clips are drawn twice, so that its plain percentile
    interval lies too high, sometimes above the value itself. What remains is the spread of
    the distance at this number of clips; its bias, which shrinks with their number, is in
    the value and in the interval alike.

    Args:
      resampled: [1000].
      value: the distance over all clips.

    Returns:
      [1000], 0 or more; NaN where there is no distance, as without any object to follow.
    """
    known = resampled[~np.isnan(resampled)]
    if not known.size:
        return resampled
    return np.maximum(resampled - known.mean() + value, 0.0)


def in_order(*arrays: np.ndarray) -> list[np.ndarray]:
    """Sorts clips by their values, the first value of the first array foremost.

    Args:
      *arrays: [N, ...] each, of the same clips; NaN is last.

    Returns:
      The arrays, all in the same new order of clips, whatever the old one was.
    """
    rows = np.concatenate([one.reshape(len(one), -1) for one in arrays], axis=1)
    order = np.lexsort(rows.T[::-1])
    return [one[order] for one in arrays]
