"""A residual block adds what its layers make of the input, in their order."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.layers import residual


def make(*, has_last_norm: bool) -> residual.ResidualBlock:
    """A block of one channel: products by 2, then by 2; sums of 1 for norms."""
    return residual.ResidualBlock(
        lambda: keras.layers.Conv2D(
            1, 1, use_bias=False, kernel_initializer=keras.initializers.Constant(2.0)
        ),
        lambda: keras.layers.Rescaling(1.0, offset=1.0),
        tf.nn.relu,
        has_last_norm=has_last_norm,
    )


@pytest.mark.parametrize(
    ("has_last_norm", "expected"),
    # 3: 6, 7, 7, 14 (15). -3: -6, -5, 0, 0 (1).
    [(False, [3.0 + 14.0, -3.0]), (True, [3.0 + 15.0, -3.0 + 1.0])],
)
def test_layers_follow_one_another_and_the_input_is_added(has_last_norm, expected):
    block = make(has_last_norm=has_last_norm)
    found = block(tf.reshape([3.0, -3.0], [1, 1, 2, 1]))
    np.testing.assert_allclose(tf.reshape(found, [-1]), expected)
