"""Each example is scaled by its own condition, and no frame tells another its contents."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import batch_norm, conditional_norm

EPSILON = batch_norm.EPSILON


def draw(*shape: int, seed: int = 2) -> tf.Tensor:
    return 2.0 + 3.0 * seeds.normal(shape, seeds.from_int(seed))


def normalised(x, axes):
    """In NumPy: less the mean, by the deviation, over some axes."""
    mean, variance = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + EPSILON)


@pytest.mark.parametrize("shape", [(3, 2, 4, 5), (3, 2, 2, 4, 5)])
def test_gain_and_bias_are_linear_in_the_condition_of_each_example(shape):
    layer = conditional_norm.ConditionalBatchNorm()
    x, condition = draw(*shape), draw(3, 2, seed=3)
    made = layer(x, condition, training=True)
    gain = condition.numpy() @ np.asarray(layer.gain.weight.kernel)
    bias = condition.numpy() @ np.asarray(layer.bias.weight.kernel)
    plain = normalised(x.numpy(), tuple(range(len(shape) - 1)))
    for example in range(3):
        expected = plain[example] * (1.0 + gain[example]) + bias[example]
        np.testing.assert_allclose(made[example], expected, rtol=1e-3, atol=1e-4)


def test_a_condition_of_zeros_is_batch_norm():
    layer, plain = conditional_norm.ConditionalBatchNorm(), batch_norm.BatchNorm()
    x, zeros = draw(3, 4, 4, 2), tf.zeros([3, 5])
    for training in (True, False):
        np.testing.assert_allclose(
            layer(x, zeros, training=training), plain(x, training=training), atol=1e-6
        )
    assert len(layer.trainable_variables) == 2


def test_statistics_per_step_are_those_of_the_step():
    layer = conditional_norm.ConditionalBatchNorm(per_step=True)
    clips = draw(2, 3, 4, 4, 2) * tf.reshape([1.0, 5.0, 0.2], [1, 3, 1, 1, 1])
    made = layer(clips, tf.zeros([2, 1]), training=True)
    expected = normalised(clips.numpy(), (0, 2, 3))
    np.testing.assert_allclose(made, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("per_step", "leaks"), [(True, False), (False, True)])
def test_one_frame_changes_the_others_only_through_common_statistics(per_step, leaks):
    layer = conditional_norm.ConditionalBatchNorm(per_step=per_step)
    clips, condition = draw(2, 3, 4, 4, 2), draw(2, 4, seed=3)
    changed = tf.concat([clips[:, :1], 7.0 * clips[:, 1:2], clips[:, 2:]], axis=1)
    before, after = (
        layer(one, condition, training=True).numpy() for one in (clips, changed)
    )
    others = [0, 2]
    assert (np.abs(before[:, others] - after[:, others]).max() > 1e-3) == leaks


def test_moving_statistics_are_the_means_of_the_steps_and_serve_any_length():
    layer = conditional_norm.ConditionalBatchNorm(per_step=True, momentum=0.0)
    # Step 0: 1 and 3, mean 2, unbiased variance 2. Step 1: 10 and 14, 12 and 8.
    clips = tf.constant([[1.0, 10.0], [3.0, 14.0]], shape=[2, 2, 1, 1, 1])
    layer(clips, tf.zeros([2, 1]), training=True)
    assert float(layer.moving_mean[0]) == pytest.approx((2.0 + 12.0) / 2)
    assert float(layer.moving_variance[0]) == pytest.approx((2.0 + 8.0) / 2)
    longer = layer(tf.ones([1, 5, 1, 1, 1]), tf.zeros([1, 1]), training=False)
    np.testing.assert_allclose(longer, (1.0 - 7.0) / np.sqrt(5.0 + EPSILON), rtol=1e-5)


def test_replicas_share_the_statistics_of_a_step(two_devices):
    # Collectives between two threads of one eager process may deadlock or mix up.
    strategy = tf.distribute.MirroredStrategy(
        two_devices, cross_device_ops=tf.distribute.ReductionToOneDevice()
    )
    clips, zeros = draw(4, 2, 2, 2, 3), tf.zeros([2, 1])
    with strategy.scope():
        shared = conditional_norm.ConditionalBatchNorm(per_step=True)
        shared.build(clips.shape, zeros.shape)
    halves = strategy.experimental_distribute_values_from_function(
        lambda context: clips[2 * context.replica_id_in_sync_group :][:2]
    )
    run = tf.function(lambda part: shared(part, zeros, training=True))
    made = tf.function(lambda parts: strategy.run(run, args=(parts,)))(halves)
    joined = tf.concat(strategy.experimental_local_results(made), axis=0)
    expected = normalised(clips.numpy(), (0, 2, 3))
    np.testing.assert_allclose(joined, expected, rtol=1e-3, atol=1e-4)


def test_half_precision_keeps_statistics_in_float32():
    layer = conditional_norm.ConditionalBatchNorm(dtype="mixed_bfloat16")
    clips = tf.cast(draw(2, 4, 4, 3), tf.bfloat16)
    assert layer(clips, tf.ones([2, 2]), training=True).dtype == "bfloat16"
    assert {variable.dtype for variable in layer.weights} == {"float32"}


def test_the_maps_of_the_condition_have_the_norm_one_on_demand():
    x, condition = draw(2, 4, 4, 3), draw(2, 5, seed=3)
    for has_norm in (True, False):
        layer = conditional_norm.ConditionalBatchNorm(has_spectral_norm=has_norm)
        before = layer(x, condition).numpy()
        layer.gain.weight.kernel.assign(4.0 * layer.gain.weight.kernel.value)
        changed = np.abs(layer(x, condition) - before).max() > 1e-3
        assert changed == (not has_norm)
