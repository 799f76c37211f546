"""Averages of weights: by formula, swapped in and out, never lost."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.models import ema


def _average(decay: float) -> tuple[keras.Variable, ema.WeightAverage]:
    variable = keras.Variable(np.array([1.0, 2.0], np.float32))
    return variable, ema.WeightAverage([variable], decay)


def test_the_average_follows_its_formula_after_the_warm_up():
    variable, average = _average(0.9)
    variable.assign([3.0, 2.0])
    average.update(tf.constant(1_000_000))
    np.testing.assert_allclose(average.averages[0], [1.2, 2.0], rtol=1e-6)


def test_the_warm_up_lets_the_first_weights_go():
    variable, average = _average(0.9)
    variable.assign([3.0, 2.0])
    average.update(tf.constant(0))
    # The first decay is 1 / 10.
    np.testing.assert_allclose(average.averages[0], [0.1 * 1 + 0.9 * 3, 2.0], rtol=1e-6)


def test_restarted_averages_are_the_variables():
    variable, average = _average(0.9)
    variable.assign([3.0, 2.0])
    average.restart()
    np.testing.assert_array_equal(average.averages[0], [3.0, 2.0])


def test_statistics_are_copied_not_averaged():
    variable = keras.Variable(np.ones(2, np.float32), trainable=False)
    average = ema.WeightAverage([variable], 0.9)
    variable.assign([5.0, 6.0])
    average.update(tf.constant(1_000_000))
    np.testing.assert_array_equal(average.averages[0], [5.0, 6.0])


def test_counters_are_left_out():
    counter = keras.Variable(3, dtype="int64", trainable=False)
    assert ema.WeightAverage([counter], 0.9).averages == []


def test_averages_are_swapped_in_and_out_even_when_something_fails():
    variable, average = _average(0.5)
    variable.assign([3.0, 4.0])
    with pytest.raises(KeyError), average.swapped():
        np.testing.assert_array_equal(variable.value, [1.0, 2.0])
        raise KeyError
    np.testing.assert_array_equal(variable.value, [3.0, 4.0])
    np.testing.assert_array_equal(average.averages[0], [1.0, 2.0])


def test_averages_take_the_place_of_the_variables():
    variable, average = _average(0.5)
    average.averages[0].assign([7.0, 7.0])
    average.take_over()
    np.testing.assert_array_equal(variable.value, [7.0, 7.0])


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_a_decay_out_of_range_is_named(decay):
    with pytest.raises(ValueError, match=r"`ema_decay` \("):
        _average(decay)


def test_an_average_that_starts_late_is_the_weights_until_then():
    variable = keras.Variable(np.array([1.0, 2.0], np.float32))
    average = ema.WeightAverage([variable], 0.9, start=100)
    for step, value in ((0, 7.0), (99, 5.0)):
        variable.assign([value, 2.0])
        average.update(tf.constant(step, tf.int64))
        np.testing.assert_array_equal(average.averages[0], [value, 2.0])
    variable.assign([3.0, 2.0])
    average.update(tf.constant(100, tf.int64))
    # The warm-up begins at the start: the first decay is 1 / 10.
    np.testing.assert_allclose(average.averages[0], [0.1 * 5 + 0.9 * 3, 2.0], rtol=1e-6)
    with pytest.raises(ValueError, match=r"`ema_start` \(-1\) must be 0 or more"):
        ema.WeightAverage([variable], 0.9, start=-1)


def test_what_follows_from_the_averages_is_made_when_they_are_in_and_undone():
    weight = keras.Variable(np.ones(1, np.float32))
    statistic = keras.Variable(np.ones(1, np.float32), trainable=False)

    def settle():
        statistic.assign(10.0 * weight.value)

    average = ema.WeightAverage([weight, statistic], 0.5, settle=settle)
    weight.assign([4.0])
    with average.swapped():
        np.testing.assert_array_equal(statistic.value, [10.0])
    np.testing.assert_array_equal(statistic.value, [1.0])
    np.testing.assert_array_equal(weight.value, [4.0])
