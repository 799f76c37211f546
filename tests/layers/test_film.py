"""A condition scales and shifts each channel."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.layers import film


@pytest.mark.parametrize("shape", [(2, 1, 1, 2), (2, 1, 1, 1, 2)])
def test_a_condition_scales_and_shifts_each_channel(shape):
    layer = film.FiLM()
    inputs = tf.reshape(tf.constant([1.0, -1.0, 5.0, 3.0]), shape)
    condition = tf.constant([[1.0], [2.0]])
    layer(inputs, condition)
    # Gains 1 + 0.5 c and 1 - c, biases 0 and 3 c.
    layer.to_film.kernel.assign([[0.5, -1.0, 0.0, 3.0]])
    made = layer(inputs, condition)
    assert made.shape == shape
    np.testing.assert_allclose(np.ravel(made), [1.5, 3.0, 10.0, 3.0])


def test_without_a_condition_features_stay_as_they_are():
    inputs = tf.reshape(tf.range(12.0), [1, 2, 2, 3])
    np.testing.assert_array_equal(film.FiLM()(inputs, tf.zeros([1, 4])), inputs)
