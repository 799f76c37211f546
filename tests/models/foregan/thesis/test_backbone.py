import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors, seeds
from tfvideogan.models.foregan.thesis import backbone

SEED = tf.constant([3, 4])
WIDTH = 1 / 16


def images(*shape):
    return seeds.normal(shape, SEED)


def test_original_has_8411712_parameters_with_five_input_channels():
    network = backbone.Backbone()
    network(tf.zeros([1, 8, 8, 5]))
    # Kernel and the norm's scale and shift of each layer, from the table.
    stem = 7 * 7 * 5 * 64 + 2 * 64
    down = (4 * 4 * 64 * 128 + 2 * 128) + (4 * 4 * 128 * 256 + 2 * 256)
    blocks = 6 * 2 * (3 * 3 * 256 * 256 + 2 * 256)
    up = (4 * 4 * 256 * 128 + 2 * 128) + (4 * 4 * 128 * 64 + 2 * 64)
    assert stem + down + blocks + up == 8_411_712
    assert network.count_params() == 8_411_712


@pytest.mark.parametrize("size", [(8, 12), (16, 8)])
def test_features_have_the_size_of_the_images(size):
    features = backbone.Backbone(width=WIDTH, num_blocks=1)(images(2, *size, 3))
    assert features.shape == (2, *size, 4)


def test_halving_is_a_padding_of_one_on_every_side():
    layer = backbone.convolution(3, backbone.SCALE_KERNEL, strides=2)
    x = images(1, 8, 12, 2)
    found = layer(x)
    padded = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
    np.testing.assert_allclose(
        found, tf.nn.conv2d(padded, layer.kernel.value, 2, "VALID"), atol=1e-6
    )


def test_instance_norm_is_that_of_numpy():
    norm = backbone.InstanceNorm()
    x = images(3, 5, 7, 4)
    norm.build(x.shape)
    norm.gamma.assign([1.0, 2.0, -1.0, 0.5])
    norm.beta.assign([0.0, 1.0, 2.0, 3.0])
    mean = x.numpy().mean(axis=(1, 2), keepdims=True)
    variance = x.numpy().var(axis=(1, 2), keepdims=True)
    expected = (x - mean) / np.sqrt(variance + 1e-5) * [1, 2, -1, 0.5] + [0, 1, 2, 3]
    np.testing.assert_allclose(norm(x), expected, atol=2e-6)


def test_instance_norm_and_its_gradients_are_those_of_keras():
    ours, theirs = (
        backbone.InstanceNorm(),
        keras.layers.GroupNormalization(groups=-1, epsilon=1e-5),
    )
    x, weight = images(2, 6, 5, 3), images(2, 6, 5, 3) ** 2
    found = []
    for norm in (ours, theirs):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.sin(norm(x)) * weight)
        found.append(tape.gradient(loss, [x, *norm.trainable_variables]))
    for our, their in zip(*found, strict=True):
        np.testing.assert_allclose(our, their, atol=2e-5)


def test_instance_norm_of_an_unknown_batch_is_the_same():
    norm = backbone.InstanceNorm()
    x = images(2, 4, 4, 3)
    anyhow = tf.function(norm, input_signature=[tf.TensorSpec([None, 4, 4, 3])])
    np.testing.assert_allclose(anyhow(x), norm(x), atol=1e-6)


def test_a_block_adds_to_its_input_without_activation():
    block = backbone.Backbone(width=1 / 64, num_blocks=1).blocks[0]
    x = images(1, 4, 4, 4)
    block(x)
    block.second_norm.gamma.assign(tf.zeros(4))
    np.testing.assert_array_equal(block(x), x)


def test_kernels_start_small_and_all_different():
    network = backbone.Backbone()
    network(tf.zeros([1, 8, 8, 5]))
    first, second = (block.first.kernel.numpy() for block in network.blocks[:2])
    assert abs(first.std() - 0.02) < 1e-4
    assert np.abs(first - second).max() > 0


def test_sizes_that_do_not_divide_are_refused_with_a_way_out():
    with pytest.raises(errors.UserError, match=r"`WIDTH` \(30\).*use 28 or 32"):
        backbone.check_size(16, 30)
