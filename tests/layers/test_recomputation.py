"""Recomputed layers have the same gradients, and leave the same behind."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import batch_norm, recomputation, spectral_norm


class Layers:
    """A normalised convolution and batch norm, which both leave something behind."""

    def __init__(self) -> None:
        self.dense = spectral_norm.Dense(3)
        self.norm = batch_norm.BatchNorm()
        self(tf.zeros([1, 2, 2, 4]), tf.zeros([1, 1, 1, 3]), training=False)
        self.dense.weight.kernel.assign(seeds.normal([4, 3], seeds.from_int(1)))
        self.dense.weight.vector.assign([[1.0], [2.0], [3.0]])

    def __call__(self, x, y, *, training=True):
        made = self.norm(self.dense(x, training=training) + y, training=training)
        return tf.sin(made), y * 2.0

    @property
    def variables(self):
        return [*self.dense.variables, *self.norm.variables]


def outcome(is_recomputed: bool, is_graph: bool):
    """Gradients of the inputs and weights, and the variables afterwards."""
    layers = Layers()
    x, y = (
        seeds.normal(shape, seeds.from_int(3)) for shape in ([2, 4, 4, 4], [2, 1, 1, 3])
    )
    trainable = [layers.dense.weight.kernel, layers.norm.gamma, layers.norm.beta]

    def gradients():
        run = recomputation.recomputed(layers) if is_recomputed else layers
        with tf.GradientTape() as tape:
            tape.watch([x, y])
            made, other = run(x, y)
            loss = tf.reduce_sum(made**2) + tf.reduce_sum(other)
        return tape.gradient(loss, [x, y, *(one.value for one in trainable)])

    found = (tf.function(gradients) if is_graph else gradients)()
    return [*found, *(one.value for one in layers.variables)]


@pytest.mark.parametrize("is_graph", [False, True])
def test_gradients_and_what_is_left_behind_are_equal(is_graph):
    kept, again = (outcome(one, is_graph) for one in (False, True))
    assert len(kept) == len(again) == 2 + 3 + 7
    for one, other in zip(kept, again, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    # There is something to be equal.
    assert all(np.abs(one).max() > 1e-2 for one in kept[:5])


def test_the_forward_pass_is_made_twice_and_the_second_knows_it():
    passes = []

    def function(x):
        passes.append(recomputation.is_again())
        return (x * x,)

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        (made,) = recomputation.recomputed(function)(x)
    assert float(tape.gradient(made, x)) == 6.0
    assert passes == [False, True]
    assert not recomputation.is_again()
