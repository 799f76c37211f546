"""The kernel distance: by hand, without bias, and how sure it is."""

import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.metrics.distances import jackknife, kernel


def gaussian(number: int, size: int, seed: int, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1.0, (number, size))


def test_distance_of_numbers_by_hand():
    # (ab + 1)³ of 0·1 is 1, of 1·2 is 27; across 1, 1, 8 and 27.
    first, second = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    expected = 1.0 + 27.0 - 2.0 * 37.0 / 4.0
    assert kernel.squared_mmd(first, second) == pytest.approx(expected)


def test_products_are_divided_by_the_number_of_features():
    # Twice the same feature is as good as once.
    first, second = gaussian(5, 1, 0), gaussian(6, 1, 1)
    doubled = [np.repeat(one, 2, axis=1) for one in (first, second)]
    assert kernel.squared_mmd(*doubled) == pytest.approx(
        kernel.squared_mmd(first, second)
    )


def test_equal_distributions_are_at_nothing_in_the_mean():
    values = [
        kernel.squared_mmd(gaussian(20, 4, 2 * seed), gaussian(20, 4, 2 * seed + 1))
        for seed in range(400)
    ]
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values)) < 3.0 * error
    assert min(values) < 0.0
    # With the pairs of a vector and itself it would be about 2/20 of 7.6.
    assert error < 0.1


def test_standard_error_is_the_deviation_over_draws():
    values, found = [], []
    for seed in range(150):
        first = gaussian(60, 3, seed=2 * seed)
        second = gaussian(80, 3, seed=2 * seed + 1, shift=0.5)
        values.append(kernel.squared_mmd(first, second))
        found.append(kernel.standard_error(first, second))
    assert 0.8 < np.mean(found) / np.std(values) < 1.3


def test_jackknife_leaves_blocks_out():
    first, second = gaussian(7, 2, 0), gaussian(5, 2, 1)

    def variance(kept, other):
        values = [
            kernel.squared_mmd(np.delete(kept, slice(*block), axis=0), other)
            for block in jackknife.blocks(len(kept))
        ]
        return (len(values) - 1) * np.var(values)

    expected = np.sqrt(variance(first, second) + variance(second, first))
    assert kernel.standard_error(first, second) == pytest.approx(expected)


def test_small_sets_are_compared_once():
    first, second = gaussian(9, 2, 0), gaussian(9, 2, 1)
    found = kernel.distance(first, second, seed=0)
    assert found == (kernel.squared_mmd(first, second), 0.0)


def test_large_sets_are_compared_by_subsets(monkeypatch):
    monkeypatch.setattr(kernel, "SUBSET", 30)
    first, second = gaussian(90, 2, 0), gaussian(120, 2, 1, shift=1.0)
    found = kernel.distance(first, second, seed=0)
    assert found == kernel.distance(first, second, seed=0)
    error = found.spread / np.sqrt(kernel.DRAWS)
    assert abs(found.mean - kernel.squared_mmd(first, second)) < 4.0 * error


def test_fewer_than_two_clips_are_refused():
    with pytest.raises(errors.UserError, match="of 1 clips is none"):
        kernel.squared_mmd(gaussian(1, 2, 0), gaussian(5, 2, 1))
    assert np.isnan(kernel.standard_error(gaussian(3, 2, 0), gaussian(5, 2, 1)))
