"""Adam in one pass goes where Keras' own goes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import adam, seeds

SHAPES = ((3, 4), (5,))


def trained(
    kind: type[keras.optimizers.Adam], *, steps: int = 4, **settings: object
) -> list[np.ndarray]:
    """Weights and the optimizer's variables after some steps in a graph."""
    weights = [keras.Variable(np.full(shape, 0.5, np.float32)) for shape in SHAPES]
    optimizer = kind(0.01, 0.8, 0.95, 1e-3, **settings)
    optimizer.build(weights)

    @tf.function
    def step(number: tf.Tensor) -> None:
        seed = seeds.fold(seeds.from_int(0), number)
        optimizer.apply([seeds.normal(shape, seed) for shape in SHAPES], weights)

    for number in range(steps):
        step(tf.constant(number))
    return [one.numpy() for one in (*weights, *optimizer.variables)]


@pytest.mark.parametrize(
    "settings", [{}, {"weight_decay": 0.1}, {"amsgrad": True}, {"clipnorm": 0.1}]
)
def test_every_number_is_that_of_keras(settings):
    ours = trained(adam.Adam, **settings)
    for one, other in zip(
        ours, trained(keras.optimizers.Adam, **settings), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def test_two_replicas_update_their_copies_alike():
    devices = [device.name for device in tf.config.list_logical_devices("CPU")]
    strategy = tf.distribute.MirroredStrategy(
        devices, cross_device_ops=tf.distribute.ReductionToOneDevice()
    )
    with strategy.scope():
        weight = keras.Variable(np.zeros(2, np.float32))
        optimizer = adam.Adam(0.1)
        optimizer.build([weight])

    def step() -> None:
        optimizer.apply([tf.constant([1.0, -2.0])], [weight])

    tf.function(strategy.run)(step)
    copies = strategy.experimental_local_results(weight.value)
    assert len(copies) == len(devices) > 1
    # The first step of Adam is the rate, against the gradient's sign.
    for copy in copies:
        np.testing.assert_allclose(copy.numpy(), [-0.1, 0.1], rtol=1e-5)
