"""Divergences of normal distributions."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.losses import variational


def test_alike_is_zero():
    moments = (tf.constant([[1.0, -2.0]]), tf.constant([[0.3, -0.7]]))
    np.testing.assert_allclose(
        variational.kl(moments, moments), [[0.0, 0.0]], atol=1e-6
    )


@pytest.mark.parametrize(
    ("posterior", "prior", "expected"),
    [
        # A shift by one deviation costs half a nat.
        ((1.0, 0.0), (0.0, 0.0), 0.5),
        # N(0, 2²) from N(0, 1): (4 - 1) / 2 - ln 2.
        ((0.0, math.log(2.0)), (0.0, 0.0), 1.5 - math.log(2.0)),
        # N(3, 1) from N(1, 2²): (1/4 + 4/4 - 1) / 2 + ln 2.
        ((3.0, 0.0), (1.0, math.log(2.0)), 0.125 + math.log(2.0)),
    ],
)
def test_divergence_of_two_normals(posterior, prior, expected):
    moments = [tuple(tf.constant([one]) for one in pair) for pair in (posterior, prior)]
    assert float(variational.kl(*moments)[0]) == pytest.approx(expected, rel=1e-6)


def test_free_nats_and_balance_of_the_slopes():
    mean = tf.Variable([[1.0, 0.2]])
    other = tf.Variable([[0.0, 0.0]])
    zeros = tf.zeros([1, 2])
    with tf.GradientTape() as tape:
        loss = variational.balanced_kl(
            (mean, zeros), (other, zeros), free_nats=0.1, prior_share=0.8
        )
    # 0.5 is charged; 0.02 lies below the free 0.1.
    assert float(loss) == pytest.approx(0.6)
    of_posterior, of_prior = tape.gradient(loss, [mean, other])
    # The slope of half a square: 1, a fifth of it to the posterior; none for what is free.
    np.testing.assert_allclose(of_posterior, [[0.2, 0.0]], atol=1e-6)
    np.testing.assert_allclose(of_prior, [[-0.8, 0.0]], atol=1e-6)
