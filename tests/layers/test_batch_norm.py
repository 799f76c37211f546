"""Batch norm equals Keras' and takes its statistics over all replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import batch_norm


def draw(*shape: int) -> tf.Tensor:
    return 2.0 + 3.0 * seeds.normal(shape, seeds.from_int(2))


@pytest.mark.parametrize("shape", [(6, 4, 4, 3), (2, 3, 4, 4, 3)])
def test_outputs_and_slopes_equal_those_of_keras(shape):
    ours = batch_norm.BatchNorm()
    theirs = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    x = draw(*shape)
    found = []
    for layer in (ours, theirs):
        with tf.GradientTape() as tape:
            tape.watch(x)
            made = layer(x, training=True)
            squares = tf.reduce_sum(tf.tanh(made) * x)
        slopes = tape.gradient(squares, [x, *(v.value for v in layer.weights[:2])])
        found.append([made, *slopes, layer(x, training=False)])
    for mine, other in zip(found[0][:-1], found[1][:-1], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-3, atol=1e-3)
    # The moving variance is unbiased here and biased there: 1 of 96 and 1 of 480.
    np.testing.assert_allclose(found[0][-1], found[1][-1], rtol=1e-2, atol=1e-2)


def test_moving_statistics_are_those_of_pytorch():
    layer = batch_norm.BatchNorm()
    x = tf.constant([1.0, 3.0], shape=[2, 1, 1, 1])
    layer(x, training=True)
    # Mean 2; the unbiased variance is (1 + 1) / (2 - 1) = 2; a tenth of each is new.
    assert float(layer.moving_mean[0]) == pytest.approx(0.1 * 2.0)
    assert float(layer.moving_variance[0]) == pytest.approx(0.9 * 1.0 + 0.1 * 2.0)


def test_each_time_step_can_have_moving_statistics_of_its_own():
    layer = batch_norm.BatchNorm(per_step=True, num_steps=2, epsilon=0.0)
    clips = tf.reshape(tf.constant([1.0, 10.0, 3.0, 50.0]), [2, 2, 1, 1, 1])
    layer(clips, training=True)
    # Means 2 and 30; unbiased variances 2 and 800; a tenth of each is new.
    means = tf.constant([0.1 * 2.0, 0.1 * 30.0])
    variances = tf.constant([0.9 + 0.1 * 2.0, 0.9 + 0.1 * 800.0])
    np.testing.assert_allclose(layer.moving_mean[:, 0], means, rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance[:, 0], variances, rtol=1e-6)
    # The third step has those of the last; one frame those of the first.
    made = layer(tf.ones([1, 3, 1, 1, 1]))
    expected = (1.0 - means) / tf.sqrt(variances)
    np.testing.assert_allclose(made[0, :2, 0, 0, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(made[0, 2], made[0, 1], rtol=1e-6)
    np.testing.assert_allclose(layer(tf.ones([1, 1, 1, 1, 1]))[:, 0], made[:, 0])


def test_replicas_share_their_statistics(two_devices):
    # Collectives between two threads of one eager process may deadlock or mix up.
    strategy = tf.distribute.MirroredStrategy(
        two_devices, cross_device_ops=tf.distribute.ReductionToOneDevice()
    )
    x = draw(4, 2, 2, 3)
    alone = batch_norm.BatchNorm()
    with strategy.scope():
        shared = batch_norm.BatchNorm()
        shared.build(x.shape)
    halves = strategy.experimental_distribute_values_from_function(
        lambda context: x[2 * context.replica_id_in_sync_group :][:2]
    )
    run = tf.function(lambda part: shared(part, training=True))
    made = tf.function(lambda parts: strategy.run(run, args=(parts,)))(halves)
    joined = tf.concat(strategy.experimental_local_results(made), axis=0)
    np.testing.assert_allclose(joined, alone(x, training=True), rtol=1e-4, atol=1e-4)
    for mine, other in zip(shared.weights, alone.weights, strict=True):
        values = (keras.ops.convert_to_tensor(one).numpy() for one in (mine, other))
        np.testing.assert_allclose(*values, rtol=1e-4, atol=1e-5)


def test_half_precision_keeps_statistics_in_float32():
    layer = batch_norm.BatchNorm(dtype="mixed_bfloat16")
    assert (
        layer(tf.cast(draw(2, 4, 4, 3), tf.bfloat16), training=True).dtype == "bfloat16"
    )
    assert {v.dtype for v in layer.weights} == {"float32"}


@pytest.mark.parametrize("wrap", [lambda run: run, tf.function])
def test_standing_statistics_are_the_plain_means_over_batches(wrap):
    layer = batch_norm.BatchNorm()
    batches = tf.constant([[1.0, 3.0], [5.0, 9.0]])
    call = wrap(lambda x: layer(tf.reshape(x, [2, 1, 1, 1]), training=True))
    call(100.0 * batches[1])  # Forgotten.
    batch_norm.standing_statistics(
        [layer], lambda number: call(batches[number]), num_batches=2
    )
    # Means 2 and 7, unbiased variances 2 and 8.
    assert float(layer.moving_mean[0]) == pytest.approx(4.5, rel=1e-5)
    assert float(layer.moving_variance[0]) == pytest.approx(5.0, rel=1e-5)


def test_without_gain_and_bias_nothing_is_trained():
    layer, plain = batch_norm.BatchNorm(is_affine=False), batch_norm.BatchNorm()
    x = draw(2, 4, 4, 3)
    for training in (True, False):
        np.testing.assert_allclose(
            layer(x, training=training), plain(x, training=training)
        )
    assert not layer.trainable_variables


def test_gains_begin_where_their_initializer_puts_them():
    norm = batch_norm.BatchNorm(gamma_initializer=keras.initializers.Constant(3.0))
    x = tf.reshape(tf.constant([1.0, -1.0]), [2, 1, 1, 1])
    # Mean 0 and variance 1, times three.
    np.testing.assert_allclose(tf.squeeze(norm(x, training=True)), [3, -3], rtol=1e-4)


def test_statistics_of_time_steps_with_a_gain_and_bias():
    layer = batch_norm.BatchNorm(per_step=True, momentum=0.0)
    # Step 0: 1 and 3, step 1: 10 and 14; each becomes -1 and 1, then gain and bias.
    clips = tf.constant([[1.0, 10.0], [3.0, 14.0]], shape=[2, 2, 1, 1, 1])
    layer(clips)
    layer.gamma.assign([2.0])
    layer.beta.assign([5.0])
    made = layer(clips, training=True)
    np.testing.assert_allclose(made[..., 0, 0, 0], [[3.0, 3.0], [7.0, 7.0]], rtol=1e-4)
    assert float(layer.moving_mean[0]) == (2.0 + 12.0) / 2
