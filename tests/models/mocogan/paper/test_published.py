"""The paper's networks against the released code, weight for weight, at full width.

tests/goldens/parity_mocogan.npz holds what that code made of weights and inputs by
formula: tools/parity_mocogan.py.
"""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests import check_parity, formula_weights, source_tree
from tests.models.mocogan.paper import recorded_inputs
from tfvideogan.core import clip, errors, seeds
from tfvideogan.engine import loop
from tfvideogan.engine.config import config
from tfvideogan.models import weight_names
from tfvideogan.models.mocogan import codes as codes_lib
from tfvideogan.models.mocogan import motion
from tfvideogan.models.mocogan.paper import discriminators, published

GOLDENS = source_tree.ROOT / "tests/goldens/parity_mocogan.npz"
GIN = "gin/mocogan/paper.gin"
SPEC = clip.ClipSpec(16, 64, 64, num_classes=recorded_inputs.CATEGORIES)
# Of the largest number: sums of up to 32,768 float32 products in another order.
NETWORK, LOSS = 1e-4, 1e-3
# Rounding errors of 4e-6 behind the norms move the original's own gradients by up to 8e-3:
# some of millions of rectifiers switch.
GRADIENT = 2e-2
SEED = seeds.from_int(0)


def weights_of(parameters):
    lines = [line.split() for line in parameters]
    shapes = {name: [int(one) for one in sizes] for name, *sizes in lines}
    return formula_weights.weights(shapes)


@pytest.fixture(scope="module")
def recorded():
    with np.load(GOLDENS) as file:
        return dict(file)


@pytest.fixture(scope="module")
def weights(recorded):
    """The original's parameters, by formula."""
    return weights_of(recorded["parameters"])


@pytest.fixture(scope="module")
def built(weights):
    """The published configuration, which has the category where the code has it."""
    config.parse([GIN], ["paper.Options.noise = 0.0"])
    made = config.arguments(loop.run)["make_model"]()
    config.reset()
    made.build_for(SPEC)
    for weight, value in weight_names.values(made.published_weights(), weights):
        weight.variable.assign(value)
    return made


@pytest.fixture
def model(built):
    """The built model; what a test does to its statistics is undone."""
    moving = [
        one for net in built.networks.values() for one in net.non_trainable_weights
    ]
    before = [one.numpy() for one in moving]
    yield built
    for variable, value in zip(moving, before, strict=True):
        variable.assign(value)


def codes_of(name, num_clips=recorded_inputs.NUM_CLIPS):
    drawn = recorded_inputs.codes(name, num_clips)
    labels = tf.constant(drawn.pop("labels"), tf.int32)
    return codes_lib.Codes(
        labels=labels, **{part: tf.constant(value) for part, value in drawn.items()}
    )


def test_every_variable_has_a_name(model):
    check_parity.every_variable_has_a_name(model)


# --- Networks


def test_motion_codes_are_those_of_the_original(model, recorded):
    check_parity.assert_close(
        model.motion(codes_of("codes")), recorded["motion"], NETWORK
    )


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_frames_are_those_of_the_original(mode, model, recorded):
    frames = model.renderer(codes_of("codes"), training=mode == "training")
    thinned = recorded_inputs.thinned(frames)
    check_parity.assert_close(thinned, recorded[f"frames/{mode}"], NETWORK)


def test_statistics_move_as_those_of_the_original(model, recorded):
    model.renderer(codes_of("codes"), training=True)
    norm = model.generator.norms[-1]
    check_parity.assert_close(norm.moving_mean, recorded["statistics/mean"], NETWORK)
    check_parity.assert_close(
        norm.moving_variance, recorded["statistics/variance"], NETWORK
    )


@pytest.fixture
def judge(monkeypatch):
    """Lets a discriminator judge: in inference, in training, or with ones for noise."""

    def judge(critic, shown, mode):
        noise = recorded_inputs.NOISE if mode == "noisy" else 0.0
        monkeypatch.setattr(critic, "noise", noise)
        monkeypatch.setattr(seeds, "normal", lambda shape, _: tf.ones(shape))
        return critic(shown, SEED, training=mode == "training")

    return judge


MODES = ["inference", "training", "noisy"]


@pytest.mark.parametrize("mode", MODES)
def test_logits_of_patches_are_those_of_the_original(mode, model, judge, recorded):
    logits = judge(model.image_critic, recorded_inputs.images(), mode)
    check_parity.assert_close(logits[..., 0], recorded[f"patches/{mode}"], NETWORK)


@pytest.mark.parametrize("mode", MODES)
def test_logits_of_clips_are_those_of_the_original(mode, model, judge, recorded):
    logits, categories = judge(model.video_critic, recorded_inputs.clips(), mode)
    check_parity.assert_close(logits, recorded[f"video/{mode}"], NETWORK)
    check_parity.assert_close(categories, recorded[f"categories/{mode}"], NETWORK)


@pytest.mark.parametrize("mode", MODES)
def test_logits_of_whole_images_are_those_of_the_original(mode, judge, recorded):
    images = recorded_inputs.images()
    critic = discriminators.ImageDiscriminator(is_patch=False, noise=0.0)
    critic(images, SEED)
    named = list(published.of_critic(critic, "whole", has_noisy_score=False))
    table = weight_names.Table({"whole": named})
    weights = weights_of(recorded["whole/parameters"])
    for weight, value in weight_names.values(table, weights):
        weight.variable.assign(value)
    logits = judge(critic, images, mode)
    check_parity.assert_close(np.ravel(logits), recorded[f"whole/{mode}"], NETWORK)


# --- Losses


@pytest.fixture
def drawn(model, monkeypatch):
    """Gives a model the codes, and the picks among them, that the original was given."""

    def codes(number, _):
        is_of_clips = number == recorded_inputs.NUM_CLIPS
        return codes_of("codes" if is_of_clips else "image_codes", int(number))

    def integers(shape, _, maxval):
        if len(shape) > 1:
            return tf.constant(recorded_inputs.REAL_TIMES)[:, tf.newaxis]
        is_time = maxval == recorded_inputs.NUM_FRAMES
        picked = "PICKED_TIMES" if is_time else "PICKED_CLIPS"
        return tf.constant(getattr(recorded_inputs, picked))

    monkeypatch.setattr(model, "_codes", codes)
    monkeypatch.setattr(seeds, "integers", integers)
    return model


def batch():
    return {
        "frames": tf.constant(recorded_inputs.clips()),
        "labels": tf.constant(recorded_inputs.REAL_LABELS),
    }


def total(losses, *, without=()):
    """The loss as the original adds it up: L2 is a matter of its optimizers."""
    return tf.add_n(
        [
            value
            for name, value in losses.items()
            if not name.endswith(("/l2", *without))
        ]
    )


def test_loss_of_images_is_that_of_the_original(drawn, recorded):
    losses, _ = drawn.image_critic_losses(batch(), None, SEED)
    check_parity.assert_close(total(losses), recorded["critic_loss/image"], LOSS)


def test_loss_of_clips_is_that_of_the_original(drawn, recorded):
    losses, _ = drawn.video_critic_losses(batch(), None, SEED)
    # The original's head learns from real labels or, by its fault, from nothing; ours
    # from the fakes as well.
    labelled = total(losses, without=["/category_fake"])
    check_parity.assert_close(labelled, recorded["critic_loss/video_labelled"], LOSS)


def test_loss_of_clips_without_labels_is_the_legacy(drawn, recorded, monkeypatch):
    legacy = dataclasses.replace(drawn.options, is_legacy=True)
    monkeypatch.setattr(drawn, "options", legacy)
    losses, _ = drawn.video_critic_losses(batch(), None, SEED)
    check_parity.assert_close(total(losses), recorded["critic_loss/video"], LOSS)


def test_generator_loss_and_its_gradients_are_those_of_the_original(
    drawn, weights, recorded
):
    table = drawn.published_weights().networks
    learnt = [
        weight
        for weight in (*table["motion"], *table["generator"])
        if weight.variable.trainable
    ]
    with tf.GradientTape() as tape:
        losses, _ = drawn.generator_losses(batch(), None, SEED)
        loss = total(losses)
    gradients = tape.gradient(loss, [weight.variable.value for weight in learnt])
    check_parity.assert_close(loss, recorded["generator_loss"], LOSS)
    for weight, gradient in zip(learnt, gradients, strict=True):
        norms, shares = np.transpose(
            [recorded[f"gradient/{name}"] for name in weight.names]
        )
        direction = weight.convert(
            *(
                recorded_inputs.direction(name, weights[name].shape)
                for name in weight.names
            )
        )
        ours = [np.linalg.norm(gradient), np.sum(gradient * direction)]
        theirs = [np.linalg.norm(norms), shares.sum()]
        check_parity.assert_close(ours, theirs, GRADIENT)


# --- Released weights


def test_the_category_as_an_input_of_the_motion_is_refused(weights):
    sizes = codes_lib.Sizes(content=4, noise=10, state=10, categories=6)
    network = motion.GRUMotion(sizes, takes_category=True)
    drawn = codes_lib.draw(sizes, num_clips=1, num_frames=2, seed=SEED)
    network(drawn)
    table = weight_names.Table({"motion": published.of_motion(network, "generator")})
    names = [name for weight in table.networks["motion"] for name in weight.names]
    with pytest.raises(errors.UserError, match=r"weight_ih` \[30, 10\] cannot make"):
        weight_names.values(table, {name: weights[name] for name in names})


def test_a_file_of_the_generator_alone_is_partial(model, weights):
    table = model.published_weights()
    generator = {
        name: value for name, value in weights.items() if name.startswith("generator.")
    }
    with pytest.raises(errors.UserError, match="`image_discriminator.main.1.weight`"):
        weight_names.values(table, generator)
    found = weight_names.values(table, generator, is_partial=True)
    named = len(table.networks["motion"]) + len(table.networks["generator"])
    assert len(found) == named
