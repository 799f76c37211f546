"""The losses with critics whose scores can be worked out by hand."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models import monitors
from tfvideogan.models.foregan.thesis import critic_inputs, objective, options

SEED = tf.constant([19, 20])
SIZE = (4, 6)
PIXELS = 4 * 6 * 3
SLOPE, MASK_SLOPE = 0.02, 0.05


class LinearCritic:
    """Gives each example two scores, each the slope times the sum of its pixels."""

    def __init__(self, slope, mask_slope=None):
        self.slope = slope
        self.mask_slope = mask_slope

    def __call__(self, images):
        score = self.slope * tf.reduce_sum(images, axis=[1, 2, 3], keepdims=True)
        return tf.repeat(score, 2, axis=2)

    def score_pairs(self, foregrounds, masks):
        return self(foregrounds), LinearCritic(self.mask_slope)(masks)


def make(weights=None, legacy=None, has_mask_critic=True):
    experiment = options.Options(
        has_mask_critic=has_mask_critic, patch_size=SIZE, num_patches=1
    )
    return objective.Objective(
        LinearCritic(SLOPE, MASK_SLOPE),
        LinearCritic(SLOPE),
        critic_inputs.CriticInputs(experiment, height=SIZE[0], width=SIZE[1]),
        weights=weights or options.LossWeights(),
        legacy=legacy or options.Legacy(),
    )


def make_batch(steps=2):
    """Grey frames without object: the first foreground is black."""
    return {
        "frames": tf.zeros([1, steps + 1, *SIZE, 3]),
        "foreground_masks": tf.zeros([1, steps + 1, *SIZE, 1]),
    }


def make_shared(steps=2):
    """Foregrounds 0.5, backgrounds 0.25, masks 0.75, composites 0.1 everywhere."""

    def filled(value, channels):
        return tf.fill([1, steps, *SIZE, channels], value)

    return {
        "foregrounds": filled(0.5, 3),
        "backgrounds": filled(0.25, 3),
        "masks": filled(0.75, 1),
        "composites": filled(0.1, 3),
        "first_background": tf.zeros([1, *SIZE, 3]),
        "first_mask": tf.zeros([1, *SIZE, 1]),
    }


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_critic_losses_by_hand_whatever_the_number_of_steps(steps):
    losses, logs = make().critic_losses(make_batch(steps), make_shared(steps), SEED)
    # fake - real: foreground 0.5 - (-1), background 0.25 - 0 per pixel and channel;
    # masks have one channel.
    expected = {
        "critic/foreground": 10 * SLOPE * PIXELS * 1.5,
        "critic/mask": 10 * MASK_SLOPE * PIXELS / 3 * 0.75,
        "critic/background": 0.05 * SLOPE * PIXELS * 0.25,
        # The slope of the sum of both scores is 2 · SLOPE at each of the pixels; masks
        # are shown as three channels.
        "critic/foreground_penalty": (2 * SLOPE * PIXELS**0.5 - 1) ** 2
        + (2 * MASK_SLOPE * PIXELS**0.5 - 1) ** 2,
        "critic/background_penalty": 0.05 * (2 * SLOPE * PIXELS**0.5 - 1) ** 2,
    }
    assert set(losses) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(losses[name], value, rtol=1e-5, err_msg=name)
    np.testing.assert_allclose(logs["logits/foreground_real"], -SLOPE * PIXELS)
    # Scores rise with brightness, and what is real is darker here: all signs are wrong.
    assert logs["signs/foreground_real"] == logs["signs/foreground_fake"] == 0


def test_critics_log_histograms_of_their_scores():
    _, logs = make().critic_losses(make_batch(), make_shared(), SEED)
    found = monitors.histograms({name: float(one) for name, one in logs.items()})
    # Scores are the slope times the sum of 24 pixels, of one or three channels:
    # foregrounds -1.44 and 0.72, backgrounds 0 and 0.36, masks 0 and 0.9.
    wanted = {
        "foreground_real": [[-1.5, -1, 1]],
        "foreground_fake": [[0.5, 0.75, 1]],
        "background_real": [[0, 0.0625, 1]],
        "background_fake": [[0.25, 0.5, 1]],
        "mask_real": [[0, 0.0625, 1]],
        "mask_fake": [[0.75, 1, 1]],
    }
    assert {name: one.tolist() for name, one in found.items()} == wanted


def test_generator_losses_by_hand():
    losses, _ = make().generator_losses(make_batch(), make_shared(), SEED)
    expected = {
        "generator/reconstruction": 0.1,
        "generator/foreground": -SLOPE * PIXELS * 0.5,
        "generator/mask": -MASK_SLOPE * PIXELS / 3 * 0.75,
        "generator/background": -SLOPE * PIXELS * 0.25,
    }
    assert set(losses) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(losses[name], value, rtol=1e-5, err_msg=name)


def gradients(legacy=None):
    """How the losses change with foregrounds, masks and backgrounds, each alike."""
    names = ("foregrounds", "masks", "backgrounds")
    shared = make_shared()
    weights = options.LossWeights(reconstruction=0.0)
    with tf.GradientTape() as tape:
        tape.watch([shared[name] for name in names])
        objective = make(weights, legacy)
        losses, _ = objective.generator_losses(make_batch(), shared, SEED)
        total = tf.add_n(list(losses.values()))
    found = tape.gradient(total, [shared[name] for name in names])
    return {
        name: 0.0 if one is None else float(tf.reduce_sum(one))
        for name, one in zip(names, found, strict=True)
    }


def test_descending_the_generator_loss_raises_every_score():
    # All critics here rise with their pixels.
    assert all(value < 0 for value in gradients().values())


def test_inverted_sign_lowers_the_scores_that_generators_should_raise():
    cured = gradients()
    faulty = gradients(options.Legacy(inverted_generator_sign=True))
    for name, value in cured.items():
        np.testing.assert_allclose(faulty[name], -value, rtol=1e-6)


def test_missing_mask_term_teaches_masks_nothing_and_foregrounds_twice():
    cured = gradients()
    faulty = gradients(options.Legacy(missing_mask_term=True))
    assert cured["masks"] != 0 and faulty["masks"] == 0
    np.testing.assert_allclose(faulty["foregrounds"], 2 * cured["foregrounds"])


def test_critics_do_not_teach_generators():
    shared = make_shared()
    names = ("foregrounds", "masks", "backgrounds")
    with tf.GradientTape() as tape:
        tape.watch([shared[name] for name in names])
        losses, _ = make().critic_losses(make_batch(), shared, SEED)
        total = tf.add_n(list(losses.values()))
    assert all(
        one is None for one in tape.gradient(total, [shared[name] for name in names])
    )


def test_first_of_two_legacy_steps_has_no_penalty():
    losses, _ = make().first_critic_losses(make_batch(), make_shared(), SEED)
    assert set(losses) == {
        "first_critic/foreground",
        "first_critic/mask",
        "first_critic/background",
    }


def test_without_mask_critic_there_is_no_mask_term():
    objective = make(has_mask_critic=False)
    losses, _ = objective.critic_losses(make_batch(), make_shared(), SEED)
    assert "critic/mask" not in losses
    np.testing.assert_allclose(
        losses["critic/foreground_penalty"],
        (2 * SLOPE * PIXELS**0.5 - 1) ** 2,
        rtol=1e-5,
    )
    losses, _ = objective.generator_losses(make_batch(), make_shared(), SEED)
    assert "generator/mask" not in losses


def test_penalty_points_differ_between_seeds():
    class Curved(LinearCritic):
        def __call__(self, images):
            return super().__call__(images**2)

    objective = make(has_mask_critic=False)
    objective.foreground_critic = Curved(SLOPE)
    found = [
        float(
            objective.critic_losses(
                make_batch(), make_shared(), seeds.fold(SEED, index)
            )[0]["critic/foreground_penalty"]
        )
        for index in (0, 0, 1)
    ]
    assert found[0] == found[1] != found[2]
