"""The network over steps of flow, layer by layer."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.models.flow_completion import network


@pytest.mark.parametrize("size", [(8, 16), (9, 13), (5, 5)])
def test_any_size_and_number_of_steps_comes_back(size):
    built = network.FlowNetwork(2)
    made = tf.function(built)(tf.ones([2, 3, *size, 11]))
    assert made.shape == (2, 3, *size, 2)


def test_it_begins_with_next_to_nothing():
    inputs = tf.random.stateless_normal([1, 2, 16, 16, 11], [1, 2])
    made = network.FlowNetwork(8)(inputs)
    assert 0 < np.std(made) < 0.1


@pytest.mark.parametrize(("stride", "wanted"), [(1, (6, 4)), (2, (3, 2))])
def test_a_block_adds_the_steps_beside_to_each(stride, wanted):
    block = network.Block(1, stride=stride)
    steps = tf.random.stateless_normal([1, 4, 6, 4, 2], [3, 4])
    block(steps)
    plane = tf.nn.leaky_relu(network.on_steps(block.plane, steps), 0.2).numpy()
    block.time.kernel.assign([[2.0], [3.0], [5.0]])
    block.time.bias.assign([0.5])
    made = block(steps).numpy()
    assert made.shape == (1, 4, *wanted, 1)
    # Before the first step and behind the last one there is nothing.
    whole = np.concatenate([0 * plane[:, :1], plane, 0 * plane[:, :1]], axis=1)
    mixed = plane + 2 * whole[:, :-2] + 3 * plane + 5 * whole[:, 2:] + 0.5
    np.testing.assert_allclose(made, np.where(mixed > 0, mixed, 0.2 * mixed), rtol=1e-5)


def test_layers_are_those_of_the_table():
    built = network.FlowNetwork(4)
    built(tf.ones([1, 1, 8, 8, 11]))
    planes = [
        layer.kernel.shape
        for layer in (
            built.first,
            built.half.plane,
            *(block.plane for block in built.quarter),
            built.eighth.plane,
            *(block.plane for block in built.middle),
            built.to_quarter,
            built.quarter_again.plane,
            built.to_half,
            built.half_again.plane,
            built.last,
        )
    ]
    assert [tuple(one) for one in planes] == [
        (5, 5, 11, 4),
        (3, 3, 4, 4),
        (3, 3, 4, 8),
        (3, 3, 8, 8),
        (3, 3, 8, 12),
        (3, 3, 12, 12),
        (3, 3, 12, 12),
        (3, 3, 20, 8),
        (3, 3, 8, 8),
        (3, 3, 12, 4),
        (3, 3, 4, 4),
        (3, 3, 4, 8),
    ]
