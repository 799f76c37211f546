"""Slope penalties on critics whose slopes are known."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.losses import penalties

SEED = seeds.from_int(3)


def linear_critic(samples):
    """Has slope (3, 4), of length 5, everywhere."""
    return tf.reduce_sum(samples * [3.0, 4.0], axis=-1, keepdims=True)


def squares_critic(samples):
    """Has slope x everywhere."""
    return 0.5 * tf.reduce_sum(tf.square(samples), axis=-1, keepdims=True)


def test_gradient_penalty_of_a_linear_critic_is_known():
    real, fake = tf.ones([4, 2]), tf.zeros([4, 2])
    # The slope has length 5 everywhere, 4 more than it should.
    np.testing.assert_allclose(
        penalties.gradient_penalty(linear_critic, real, fake, SEED), 16, rtol=1e-6
    )


def test_gradient_penalty_takes_points_uniformly_between_real_and_fake():
    # Slope length = x = u on the segment from 0 to 1: mean (u - 1)^2 is 1/3, sd .298.
    real, fake = tf.ones([10_000, 1]), tf.zeros([10_000, 1])
    penalty = penalties.gradient_penalty(squares_critic, real, fake, SEED)
    np.testing.assert_allclose(penalty, 1 / 3, atol=4 * 0.298 / 100)


def test_gradient_penalty_is_the_same_for_the_same_seed_only():
    real, fake = tf.ones([4, 1]), tf.zeros([4, 1])
    first, again, other = (
        float(penalties.gradient_penalty(squares_critic, real, fake, seed))
        for seed in (SEED, SEED, seeds.from_int(4))
    )
    assert first == again != other


def test_gradient_penalty_uses_one_share_for_a_whole_example():
    # With one share per example x is constant inside it and the slope of sum x^2 / 2
    # is u (1, 1, 1, 1), of length 2 u: critic scaled to make the length exactly u.
    def critic(samples):
        return 0.25 * tf.reduce_sum(tf.square(samples), axis=[1, 2, 3])

    real, fake = tf.ones([64, 2, 2, 1]), tf.zeros([64, 2, 2, 1])
    share = seeds.uniform([64, 1, 1, 1], SEED)
    np.testing.assert_allclose(
        penalties.gradient_penalty(critic, real, fake, SEED),
        tf.reduce_mean(tf.square(share - 1)),
        rtol=1e-5,
    )


def test_r1_penalty_is_half_the_squared_slope():
    real = tf.constant([[3.0, 4.0], [1.0, 0.0]])
    # Slopes have squared lengths 25 and 1: (25 + 1) / 2 / 2.
    np.testing.assert_allclose(
        penalties.r1_penalty(squares_critic, real), 6.5, rtol=1e-6
    )


@pytest.mark.parametrize("repeats", [1, 6])
def test_penalties_do_not_depend_on_the_size_of_the_score_map(repeats):
    def critic(samples):
        score = linear_critic(samples)
        return tf.tile(score[:, tf.newaxis, tf.newaxis], [1, repeats, repeats, 1])

    real, fake = tf.ones([2, 2]), tf.zeros([2, 2])
    np.testing.assert_allclose(
        penalties.gradient_penalty(critic, real, fake, SEED), 16, rtol=1e-5
    )
    np.testing.assert_allclose(penalties.r1_penalty(critic, real), 12.5, rtol=1e-5)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_penalty_reaches_the_weights_of_the_critic_in_a_graph(jit_compile):
    weights = tf.Variable([3.0, 4.0])

    def critic(samples):
        return tf.reduce_sum(samples * weights, axis=-1)

    @tf.function(jit_compile=jit_compile)
    def slopes(real, fake):
        with tf.GradientTape(persistent=True) as tape:
            gradient = penalties.gradient_penalty(critic, real, fake, SEED)
            r1 = penalties.r1_penalty(critic, real)
        return tape.gradient(gradient, weights), tape.gradient(r1, weights)

    of_penalty, of_r1 = slopes(tf.ones([2, 2]), tf.zeros([2, 2]))
    # d (|w| - 1)^2 / dw = 2 (5 - 1) w / 5; d |w|^2 / 2 / dw = w.
    np.testing.assert_allclose(of_penalty, [4.8, 6.4], rtol=1e-5)
    np.testing.assert_allclose(of_r1, [3, 4], rtol=1e-5)


def test_dead_critic_gives_a_finite_gradient():
    weights = tf.Variable([0.0, 0.0])
    with tf.GradientTape() as tape:
        penalty = penalties.gradient_penalty(
            lambda x: tf.reduce_sum(x * weights, -1),
            tf.ones([2, 2]),
            tf.zeros([2, 2]),
            SEED,
        )
    np.testing.assert_allclose(penalty, 1, atol=1e-5)
    assert np.all(np.isfinite(tape.gradient(penalty, weights)))


def test_float16_critic_gives_finite_float32_penalties():
    # Slopes of 300 have squares above 65504, the largest float16.
    dense = keras.layers.Dense(
        1, kernel_initializer=keras.initializers.Constant(300.0), dtype="mixed_float16"
    )
    real, fake = tf.ones([2, 1]), tf.zeros([2, 1])
    penalty = penalties.gradient_penalty(dense, real, fake, SEED)
    r1 = penalties.r1_penalty(dense, real)
    assert penalty.dtype == r1.dtype == tf.float32
    np.testing.assert_allclose([penalty, r1], [299.0**2, 300.0**2 / 2], rtol=1e-3)


def test_unequal_shapes_are_refused():
    with pytest.raises(ValueError, match="`fake` has shape .* must be equal"):
        penalties.gradient_penalty(
            linear_critic, tf.zeros([4, 2]), tf.zeros([3, 2]), SEED
        )
