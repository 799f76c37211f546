"""The trunk keeps sizes, remembers when it may, and starts heads at a constant."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.models.foregan import trunk


@pytest.mark.parametrize("size", [(8, 8), (12, 20)])
def test_features_have_the_size_of_the_images(size):
    net = trunk.Trunk(4, blocks=1)
    state = net.initial_state(2, *size)
    features, new = net(tf.zeros([2, *size, 5]), state)
    assert features.shape == (2, *size, 4)
    assert new.shape == state.shape == (2, size[0] // 4, size[1] // 4, 16)


def test_the_state_changes_the_features():
    net = trunk.Trunk(4, blocks=1)
    images = tf.ones([1, 8, 8, 3])
    fresh, state = net(images, net.initial_state(1, 8, 8))
    again, _ = net(images, state)
    assert np.abs(fresh - again).max() > 0


def test_without_memory_the_state_comes_back_as_it_went_in():
    net = trunk.Trunk(4, blocks=1, is_recurrent=False)
    state = net.initial_state(1, 8, 8)
    assert state.shape == (1, 2, 2, 0)
    _, new = net(tf.zeros([1, 8, 8, 3]), state)
    assert new is state
    assert net(tf.zeros([1, 8, 8, 3]))[1] is None


def test_parameters_are_those_of_the_table():
    net = trunk.Trunk(8, blocks=2, is_gated=True)
    net(tf.zeros([1, 8, 8, 5]), net.initial_state(1, 8, 8))
    enter = 2 * (9 * 5 * 8 + 8)  # and its gate
    down = (16 * 8 * 16 + 16) + (16 * 16 * 32 + 32)
    block = 2 * (9 * 32 * 32 + 32) + 2 * 32
    memory = (9 * 64 * 64 + 64) + (9 * 64 * 32 + 32)
    up = (9 * 32 * 16 + 16) + (9 * 16 * 8 + 8)
    assert net.count_params() == enter + down + 2 * block + memory + up


def test_a_head_starts_at_its_bias():
    head = trunk.head(2, "residual", bias=-1.5)
    np.testing.assert_array_equal(
        head(tf.random.stateless_normal([1, 4, 4, 3], [1, 2])),
        np.full([1, 4, 4, 2], -1.5),
    )
