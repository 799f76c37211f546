"""Precision and recall at every threshold."""

import numpy as np

from tfvideogan.metrics import precision_recall

# Two pixels of the object at 0.9 and 0.3, two of the ground at 0.6 and 0.
VALUES = np.array([[0.9, 0.3], [0.6, 0.0]], np.float32)
TRUTH = np.array([[True, True], [False, False]])


def counted(*parts: tuple[np.ndarray, np.ndarray]) -> precision_recall.Counts:
    found = precision_recall.Counts()
    for values, truth in parts:
        found.add(values, truth)
    return found


def test_counts_at_a_threshold_are_those_of_a_hand() -> None:
    curve = counted((VALUES, TRUTH)).curve()
    # From 0 on everything is positive; from 1/2 on 0.9 and 0.6; from 122/128 on nothing.
    np.testing.assert_array_equal(curve[:, 0], [2, 2, 0, 0, 0.5, 1])
    np.testing.assert_array_equal(curve[:, 64], [1, 1, 1, 1, 0.5, 0.5])
    np.testing.assert_array_equal(curve[:, 122], [0, 0, 2, 2, 0, 0])
    # From 3/4 on 0.9 alone, which is right: half of the object.
    np.testing.assert_array_equal(curve[:, 96], [1, 0, 2, 1, 1, 0.5])


def test_a_value_on_a_threshold_reaches_it() -> None:
    values = np.linspace(0, 1, precision_recall.THRESHOLDS, dtype=np.float32)
    found = counted((values, np.ones(len(values), bool))).curve()
    np.testing.assert_array_equal(found[0], np.arange(len(values), 0, -1))


def test_parts_add_up_and_values_outside_are_clipped() -> None:
    whole = counted((VALUES, TRUTH))
    parts = counted((VALUES[:1], TRUTH[:1]))
    parts.merge(counted((VALUES[1:], TRUTH[1:])))
    np.testing.assert_array_equal(whole.curve(), parts.curve())
    wide = counted((np.array([-1.0, 2.0]), np.array([False, True])))
    np.testing.assert_array_equal(wide.curve()[:, 128], [1, 0, 1, 0, 1, 1])
