"""One update: means over replicas, clipping after the sum, skipping what is not finite."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import update

RATE = 0.5


def _strategy(replicas: int) -> tf.distribute.Strategy:
    devices = [device.name for device in tf.config.list_logical_devices("CPU")]
    if replicas == 1:
        return tf.distribute.OneDeviceStrategy(devices[0])
    return tf.distribute.MirroredStrategy(
        devices[:replicas], cross_device_ops=tf.distribute.ReductionToOneDevice()
    )


def _step(replicas: int, inputs: list[list[float]], **options: float):
    """Minimises mean(w · x) of each replica once; returns weight, norm and steps."""
    strategy = _strategy(replicas)
    with strategy.scope():
        weight = keras.Variable(np.zeros(2, np.float32))
        optimizer = keras.optimizers.SGD(RATE)
        optimizer.build([weight])
    values = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(inputs[context.replica_id_in_sync_group])
    )

    def replica(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(weight * x)
            total = update.total_loss({"critic/real": loss}, optimizer)
        gradients = tape.gradient(total, [weight])
        result = update.apply(optimizer, gradients, [weight], **options)
        return result.gradient_norm, result.is_finite

    norm, is_finite = tf.function(lambda: strategy.run(replica, args=(values,)))()
    first = strategy.experimental_local_results
    value = keras.ops.convert_to_tensor(weight).numpy()
    steps = int(optimizer.iterations.value.numpy())
    return value, float(first(norm)[0]), bool(first(is_finite)[0]), steps


def test_gradients_are_means_over_replicas():
    value, norm, is_finite, _ = _step(2, [[6.0, 0.0], [0.0, 8.0]])
    # Mean gradient (3, 4), norm 5, rate 0.5.
    np.testing.assert_allclose(value, [-1.5, -2.0], rtol=1e-6)
    assert norm == pytest.approx(5.0) and is_finite


def test_clipping_sees_the_mean_gradient_not_each_replica():
    value, norm, _, _ = _step(2, [[6.0, 0.0], [0.0, 8.0]], clip_norm=1.0)
    # (3, 4) clipped to norm 1 is (0.6, 0.8); the norm is reported before clipping.
    np.testing.assert_allclose(value, [-0.3, -0.4], rtol=1e-6)
    assert norm == pytest.approx(5.0)


def test_short_gradients_are_not_stretched_by_clipping():
    value, _, _, _ = _step(1, [[0.3, 0.4]], clip_norm=1.0)
    np.testing.assert_allclose(value, [-0.15, -0.2], rtol=1e-6)


@pytest.mark.parametrize("replicas", [1, 2])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_one_bad_replica_skips_the_update_everywhere(replicas, bad):
    inputs = [[1.0, 1.0]] * (replicas - 1) + [[bad, 1.0]]
    value, _, is_finite, steps = _step(replicas, inputs)
    np.testing.assert_array_equal(value, [0.0, 0.0])
    assert not is_finite
    assert steps == 0


def test_a_variable_that_the_losses_do_not_reach_stays():
    weight, idle = keras.Variable([1.0]), keras.Variable([1.0])
    optimizer = keras.optimizers.SGD(RATE)
    optimizer.build([weight, idle])
    with tf.GradientTape() as tape:
        total = update.total_loss({"a/b": tf.reduce_sum(weight * 2.0)}, optimizer)
    gradients = update.differentiate(tape, total, [weight, idle])
    update.apply(optimizer, gradients, [weight, idle])
    assert float(weight[0]) == 0.0 and float(idle[0]) == 1.0


def test_a_gain_weighs_all_losses():
    losses = {"r1/a": tf.constant(2.0), "r1/b": tf.constant(3.0)}
    total = update.total_loss(losses, keras.optimizers.SGD(), gain=16.0)
    assert float(total) == 80.0  # 16 * (2 + 3)


def test_gradients_of_a_table_are_dense():
    table = keras.Variable(np.zeros([3, 2], np.float32))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.gather(tf.convert_to_tensor(table), [1, 1]))
    [found] = update.differentiate(tape, total, [table])
    np.testing.assert_array_equal(found, [[0, 0], [2, 2], [0, 0]])


def test_means_over_parts_know_their_number():
    found = update.mean_over([1.0, 3.0], lambda number, x: ([x], {"n": number + x}))
    # Means of 1 and 3, and of 0 + 1 and 1 + 3.
    assert float(found[0][0]) == 2.0 and float(found[1]["n"]) == 2.5


def test_a_part_waits_for_the_gradients_of_the_one_before():
    def compute(number, part):
        with tf.GradientTape() as tape:
            tape.watch(part)
            loss = tf.sin(part)
        return tape.gradient(loss, part)

    @tf.function
    def gradients(x):
        return update.mean_over([x, 2.0 * x], compute)

    graph = gradients.get_concrete_function(tf.constant(1.0)).graph
    first, second = (op for op in graph.get_operations() if op.type == "Sin")
    [awaited] = second.control_inputs
    # The gradient of a sine: upstream times cosine.
    assert awaited.type == "Mul" and not first.control_inputs


def test_loss_scaling_changes_the_gradient_not_the_step():
    weight = keras.Variable([1.0])
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(RATE), initial_scale=1024.0
    )
    optimizer.build([weight])
    with tf.GradientTape() as tape:
        total = update.total_loss({"a/b": tf.reduce_sum(weight * 2.0)}, optimizer)
    assert float(total) == 2048.0
    result = update.apply(optimizer, tape.gradient(total, [weight]), [weight])
    assert float(result.gradient_norm) == 2.0
    assert float(weight[0]) == 0.0


def test_an_overflow_under_loss_scaling_is_skipped_and_halves_the_scale():
    weight = keras.Variable([1.0])
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(RATE), initial_scale=1024.0
    )
    optimizer.build([weight])
    result = update.apply(optimizer, [tf.constant([np.inf])], [weight])
    assert not bool(result.is_finite)
    assert float(weight[0]) == 1.0
    assert float(optimizer.dynamic_scale) == 512.0


def test_a_step_outside_a_replica_is_explained():
    strategy = _strategy(2)
    with strategy.scope(), pytest.raises(RuntimeError, match="strategy.run"):
        update.total_loss({"a/b": tf.constant(1.0)}, keras.optimizers.SGD(RATE))
