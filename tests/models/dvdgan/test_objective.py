"""The sum of a clip's logits comes before the hinge; the generator has none."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.models.dvdgan import objective

REAL = tf.constant([[2.0, -0.5], [0.5, 0.0]])
FAKE = tf.constant([[-3.0, 2.5], [0.5, 0.0]])


def test_the_hinge_is_that_of_the_sum():
    # Scores 1.5 and 0.5, -0.5 and 0.5: (0 + 0.5) / 2 + (0.5 + 1.5) / 2.
    assert float(objective.critic_loss(REAL, FAKE, "sum")) == pytest.approx(1.25)
    # The community's code takes the hinge of every frame, then the mean: another number.
    of_frames = tf.reduce_mean(tf.nn.relu(1 - REAL)) + tf.reduce_mean(
        tf.nn.relu(1 + FAKE)
    )
    # A quarter of 1.5, 0.5 and 1, and a quarter of 3.5, 1.5 and 1.
    assert float(of_frames) == pytest.approx(2.25)


def test_the_mean_has_a_margin_that_does_not_depend_on_k():
    # Scores 0.75 and 0.25, -0.25 and 0.25: (0.25 + 0.75) / 2 + (0.75 + 1.25) / 2.
    assert float(objective.critic_loss(REAL, FAKE, "mean")) == pytest.approx(1.5)
    twice = [tf.concat([one, one], axis=1) for one in (REAL, FAKE)]
    assert float(objective.critic_loss(*twice, "mean")) == pytest.approx(1.5)


def test_the_generator_has_no_hinge():
    # Its scores are far beyond any margin, and count in full: -(30 + 10) / 2.
    logits = tf.constant([[10.0, 20.0], [5.0, 5.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = objective.generator_loss(logits, "sum")
    assert float(loss) == pytest.approx(-20.0)
    np.testing.assert_allclose(tape.gradient(loss, logits), np.full([2, 2], -0.5))


def test_an_unknown_reduction_is_refused():
    with pytest.raises(errors.UserError, match=r"'max'\) must be one of sum, mean"):
        objective.check_reduction("max")
