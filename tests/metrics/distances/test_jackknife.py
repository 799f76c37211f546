"""Blocks of neighbours, and the variance of a mean."""

import numpy as np
import pytest

from tfvideogan.metrics.distances import jackknife


@pytest.mark.parametrize(
    ("number", "group", "expected"),
    [
        (5, 1, [(0, 2), (2, 5)]),
        (12, 3, [(0, 6), (6, 12)]),  # four groups of three: two blocks of two
        (9, 1, [(0, 2), (2, 4), (4, 6), (6, 9)]),
    ],
)
def test_blocks_are_of_neighbours_and_hold_whole_groups(number, group, expected):
    assert jackknife.blocks(number, group=group) == expected


def test_there_are_at_most_twenty_blocks():
    found = jackknife.blocks(2048)
    assert len(found) == 20
    assert {stop - start for start, stop in found} == {102, 103}


def test_variance_of_a_mean_is_the_textbook_one():
    # 20 blocks of one size: the variance of block means over the number of blocks.
    values = np.random.default_rng(0).normal(size=200)
    without = [
        np.delete(values, slice(*block)).mean() for block in jackknife.blocks(200)
    ]
    means = values.reshape(20, 10).mean(axis=1)
    assert jackknife.variance(without) == pytest.approx(np.var(means, ddof=1) / 20)
