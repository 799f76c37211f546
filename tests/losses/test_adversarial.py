"""Adversarial pairs against numbers worked out by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.losses import adversarial

REAL = tf.constant([[2.0], [0.5]])
FAKE = tf.constant([[-3.0], [0.5]])
PAIRS = {
    "hinge": (adversarial.hinge_critic_loss, adversarial.hinge_generator_loss),
    "wgan": (adversarial.wgan_critic_loss, adversarial.wgan_generator_loss),
    "logistic": (
        adversarial.logistic_critic_loss,
        adversarial.logistic_generator_loss,
    ),
}


def softplus(x):
    return math.log1p(math.exp(x))


@pytest.mark.parametrize(
    ("name", "critic", "generator"),
    [
        # Real margins max(0, 1 - 2, 1 - .5): 0, .5; fake 1 - 3 < 0, 1 + .5: 0, 1.5.
        ("hinge", 0.25 + 0.75, 1.25),
        # Means: real 1.25, fake -1.25.
        ("wgan", -2.5, 1.25),
        (
            "logistic",
            (softplus(-2) + softplus(-0.5) + softplus(-3) + softplus(0.5)) / 2,
            (softplus(3) + softplus(-0.5)) / 2,
        ),
    ],
)
def test_losses_equal_hand_numbers(name, critic, generator):
    critic_loss, generator_loss = PAIRS[name]
    np.testing.assert_allclose(critic_loss(REAL, FAKE), critic, rtol=1e-6)
    np.testing.assert_allclose(generator_loss(FAKE), generator, rtol=1e-6)


@pytest.mark.parametrize("name", PAIRS)
def test_generator_step_raises_the_score_of_fakes_and_critic_step_lowers_it(name):
    critic_loss, generator_loss = PAIRS[name]
    fake = tf.zeros([2, 3, 3, 1])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(fake)
        of_critic = critic_loss(tf.zeros_like(fake), fake)
        of_generator = generator_loss(fake)
    assert np.all(tape.gradient(of_generator, fake) < 0)
    assert np.all(tape.gradient(of_critic, fake) > 0)


@pytest.mark.parametrize("name", PAIRS)
def test_critic_step_raises_the_score_of_reals(name):
    critic_loss, _ = PAIRS[name]
    real = tf.zeros([4, 1])
    with tf.GradientTape() as tape:
        tape.watch(real)
        loss = critic_loss(real, tf.zeros([4, 1]))
    assert np.all(tape.gradient(loss, real) < 0)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
def test_half_precision_logits_are_reduced_in_float32(name, dtype):
    critic_loss, generator_loss = PAIRS[name]
    # The sum of 4096 scores of 100 overflows float16 (65504).
    fake = tf.fill([4096, 1], tf.cast(100.0, dtype))
    for loss in (critic_loss(-fake, fake), generator_loss(-fake)):
        assert loss.dtype == tf.float32 and loss.shape == []
    np.testing.assert_allclose(generator_loss(-fake), 100.0, rtol=1e-6)


def test_hinge_critic_is_content_beyond_the_margin():
    real = tf.constant([[1.0], [5.0]])
    np.testing.assert_array_equal(adversarial.hinge_critic_loss(real, -real), 0)
