"""The background generator starts by keeping what it is given."""

import numpy as np
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan import background


def _net() -> tuple[background.BackgroundGenerator, tf.Tensor]:
    net = background.BackgroundGenerator(4, blocks=1, is_recurrent=True)
    return net, net.trunk.initial_state(1, 8, 8)


def _moved() -> tf.Tensor:
    return seeds.uniform([1, 8, 8, 3], seeds.from_int(1), -1.0, 1.0)


def test_an_untrained_generator_changes_an_eighth():
    net, state = _net()
    moved, empty = _moved(), tf.zeros([1, 8, 8, 1])
    found, _ = net(moved, empty, empty, state)
    # sigmoid(-2) = 0.119 of the way to a colour in [-1, 1].
    assert float(tf.reduce_max(tf.abs(found - moved))) <= 0.1193 * 2
    assert float(tf.reduce_max(tf.abs(found))) <= 1.0


def test_noise_counts_in_the_hole_only():
    net, state = _net()
    moved, empty = _moved(), tf.zeros([1, 8, 8, 1])
    noise = seeds.normal([1, 8, 8, 1], seeds.from_int(2))
    quiet, _ = net(moved, empty, empty, state)
    noisy, _ = net(moved, empty, noise, state)
    np.testing.assert_array_equal(quiet, noisy)
    hole = tf.ones([1, 8, 8, 1])
    quiet, _ = net(moved, hole, empty, state)
    noisy, _ = net(moved, hole, noise, state)
    assert np.abs(quiet - noisy).max() > 0
