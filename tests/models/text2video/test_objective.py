"""Losses by hand."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.models.text2video import objective


def test_adversarial_losses_count_behind_a_delay_and_in_full_after_the_ramp():
    weights = objective.LossWeights(
        adversarial_start=2, adversarial_delay=2, adversarial_ramp=4
    )
    steps = (0, 4, 6, 8)
    found = [float(weights.adversarial_share(tf.constant(step))) for step in steps]
    assert found == [0.0, 0.0, 0.5, 1.0]


def loss(wrong: float, is_wrong: bool = True) -> float:
    of_real, of_fake = tf.constant([[0.5], [2.0]]), tf.constant([[-3.0], [1.0]])
    return float(
        objective.critic_loss(
            of_real, of_fake, tf.fill([2, 1], wrong), tf.constant([is_wrong, False])
        )
    )


def test_a_wrong_caption_raises_the_loss_unless_it_is_found_out():
    # Real (0.5 + 0) / 2; fakes (0 + 2) / 2 and mismatched 1 + logit, half each.
    assert loss(wrong=0.0) == pytest.approx(0.25 + 0.5 * (1.0 + 1.0))
    assert loss(wrong=2.0) == pytest.approx(0.25 + 0.5 * (1.0 + 3.0))
    assert loss(wrong=-1.0) == pytest.approx(0.25 + 0.5 * 1.0)


def test_a_caption_that_says_the_same_does_not_count():
    assert loss(wrong=5.0, is_wrong=False) == pytest.approx(0.25 + 0.5 * 1.0)


def test_undecided_critics_have_a_loss_of_two():
    zeros = tf.zeros([3, 1])
    found = objective.critic_loss(zeros, zeros, zeros, tf.fill([3], True))
    assert float(found) == 2.0


def test_likeness_weighs_colours_blocks_edges_and_copies():
    weights = objective.LossWeights(l1=2.0, coarse=5.0, gradient=3.0, copy=4.0)
    real = np.zeros((1, 1, 8, 8, 1), np.float32)
    fake = real.copy()
    fake[0, 0, 0, 0] = 1.0  # one of 64 pixels, at one of 7 x 8 steps each way
    made = {"real": real, "fakes": fake, "copies": real + 0.5}
    made = {key: tf.constant(value) for key, value in made.items()}
    found = {key: float(one) for key, one in objective.likeness(weights, made).items()}
    assert found == pytest.approx(
        {
            "generator/l1": 2.0 / 64,
            "generator/coarse": 5.0 / 64**2,
            "generator/gradient": 3.0 * (1 / 56 + 1 / 56),
            "generator/copy": 4.0 * 0.5,
        },
        rel=1e-5,
    )
    del made["copies"]
    assert "generator/copy" not in objective.likeness(weights, made)
