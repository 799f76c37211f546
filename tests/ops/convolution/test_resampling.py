"""Doubling and halving in one operation equal the two, one after the other."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.ops.convolution import convolution, resampling


def draw(*shape: int, seed: int = 2) -> tf.Tensor:
    return seeds.normal(shape, seeds.from_int(seed))


def doubled(x):
    return np.asarray(x).repeat(2, axis=1).repeat(2, axis=2)


def with_gradients(function, x, kernel):
    """The result, and the gradients of the sum of its sines."""
    with convolution.planned_gradients(), tf.GradientTape() as tape:
        tape.watch([x, kernel])
        made = function(x, kernel)
        loss = tf.reduce_sum(tf.sin(made))
    return [made, *tape.gradient(loss, [x, kernel])]


def plain_doubled(x, kernel):
    grown = tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)
    return tf.nn.conv2d(grown, kernel, 1, "SAME")


def plain_halved(x, kernel):
    return tf.nn.avg_pool2d(tf.nn.conv2d(x, kernel, 1, "SAME"), 2, 2, "VALID")


def plain_halved_clip(x, kernel):
    made = tf.nn.conv3d(x, kernel, [1] * 5, "SAME")
    return tf.nn.avg_pool3d(made, (1, 2, 2), (1, 2, 2), "VALID")


@pytest.mark.parametrize(
    ("function", "plain", "shape", "kernel"),
    [
        (resampling.conv2d_of_doubled, plain_doubled, (2, 4, 6, 3), (3, 3, 3, 5)),
        (resampling.halved_conv2d, plain_halved, (2, 4, 6, 3), (3, 3, 3, 5)),
        (resampling.halved_conv3d, plain_halved_clip, (2, 3, 4, 6, 3), (3, 3, 3, 3, 5)),
    ],
)
def test_one_operation_equals_two(function, plain, shape, kernel):
    x, weights = draw(*shape), draw(*kernel, seed=3)
    for found, expected in zip(
        with_gradients(function, x, weights),
        with_gradients(plain, x, weights),
        strict=True,
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_a_hand_case():
    # A single tap in the middle: doubling repeats, halving takes means.
    tap = np.zeros([3, 3, 1, 1], np.float32)
    tap[1, 1] = 1.0
    x = tf.reshape(tf.range(4.0), [1, 2, 2, 1])
    np.testing.assert_allclose(
        resampling.conv2d_of_doubled(x, tf.constant(tap)), doubled(x), atol=1e-6
    )
    np.testing.assert_allclose(
        resampling.halved_conv2d(x, tf.constant(tap)), [[[[1.5]]]], atol=1e-6
    )
