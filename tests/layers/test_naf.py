import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.layers import naf


def features():
    return tf.constant(np.random.default_rng(0).normal(size=(2, 5, 6, 4)), tf.float32)


def test_the_norm_is_that_of_keras():
    theirs = keras.layers.LayerNormalization(epsilon=naf.EPSILON)
    ours = naf.ChannelNorm()
    x = 3.0 * features() + 1.0
    theirs(x), ours(x)
    for one in (ours, theirs):
        one.gamma.assign([0.5, 1.0, 2.0, -1.0])
        one.beta.assign([0.0, 1.0, 2.0, 3.0])
    np.testing.assert_allclose(ours(x), theirs(x), atol=1e-5)


def test_a_new_block_changes_nothing():
    x = features()
    np.testing.assert_array_equal(naf.NAFBlock()(x), x)


def test_a_block_has_the_numbers_of_its_table():
    block = naf.NAFBlock()
    block(features())
    # Norms 2 · 2C; dense C -> 2C and C -> C, twice; depthwise; attention; scales.
    c = 4
    dense = 2 * (c * 2 * c + 2 * c + c * c + c)
    assert block.count_params() == 4 * c + dense + 10 * 2 * c + c * c + c + 2 * c


def test_the_gate_multiplies_halves():
    x = tf.constant([[1.0, 2.0, 3.0, 4.0]])
    np.testing.assert_array_equal(naf.gated(x), [[3.0, 8.0]])


def test_the_attention_scales_by_the_means_of_channels():
    block = naf.NAFBlock()
    x = features()
    block(x)
    block.scales[0].assign(tf.ones([4]))
    # A depthwise identity, and dense layers that copy; attention sums all means.
    kernel = np.zeros((3, 3, 8, 1), np.float32)
    kernel[1, 1] = 1.0
    block.depthwise.kernel.assign(kernel)
    block.widen[0].kernel.assign(np.concatenate([np.eye(4), np.zeros((4, 4))], axis=1))
    block.widen[0].bias.assign([0.0] * 4 + [1.0] * 4)
    block.narrow[0].kernel.assign(np.eye(4))
    block.attention.kernel.assign(np.ones((4, 4)))
    block.attention.bias.assign([1.0, 0.0, 0.0, 0.0])
    normed = block.norms[0](x).numpy()
    total = normed.mean(axis=(1, 2), keepdims=True).sum(axis=-1, keepdims=True)
    scale = total + np.array([1.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(block(x), x + normed * scale, atol=1e-5)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_gradients_reach_every_weight(policy):
    keras.config.set_dtype_policy(policy)
    try:
        block = naf.NAFBlock()
        x = features()
        block(x)
        for scale in block.scales:
            scale.assign(tf.ones([4]))
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(tf.cast(block(x), tf.float32)))
        gradients = tape.gradient(loss, block.trainable_variables)
    finally:
        keras.config.set_dtype_policy("float32")
    assert all(float(tf.reduce_max(tf.abs(one))) > 0 for one in gradients)
