"""The published variant's networks against the original's own code, weight for weight.

tests/goldens/parity_foregan.npz holds what that code made of weights and inputs by
formula: tools/parity_foregan.py.
"""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_parity, formula_weights, source_tree
from tests.models.foregan.thesis import recorded_scenes
from tfvideogan.core import clip, errors, seeds
from tfvideogan.engine import loop
from tfvideogan.engine.config import config
from tfvideogan.models import weight_names
from tfvideogan.models.foregan.thesis import (
    critic_inputs,
    generators,
    objective,
    options,
    published,
    rollout,
)

# Full widths: 48 million weights are drawn, twice.
pytestmark = pytest.mark.slow

GOLDENS = source_tree.ROOT / "tests/goldens/parity_foregan.npz"
GIN = "gin/foregan/dmask_prop.gin"
SPEC = clip.ClipSpec(2, 60, 112, has_masks=True, has_flow=True)
# Of the largest number: sums of up to 8,192 float32 products in another order.
NETWORK, LOSS = 1e-4, 1e-3
# Each step of a rollout starts from the differences of the one before. Measured: the first
# has 7e-6, the third 8e-5.
GROWTH = 3
# The faults that the original's losses have; the others lie in its data and its updates.
LEGACY = options.Legacy(additive_composite=True, missing_mask_term=True)


@pytest.fixture(scope="module")
def recorded():
    with np.load(GOLDENS) as file:
        return dict(file)


@pytest.fixture(scope="module")
def weights(recorded):
    """The original's parameters, by formula."""
    lines = [line.split() for line in recorded["parameters"]]
    shapes = {name: [int(one) for one in sizes] for name, *sizes in lines}
    return formula_weights.weights(shapes)


@pytest.fixture(scope="module")
def model(weights):
    config.parse([GIN])
    made = config.arguments(loop.run)["make_model"]()
    config.reset()
    made.build_networks(SPEC)
    for weight, value in weight_names.values(made.published_weights(), weights):
        weight.variable.assign(value)
    return made


def roll(model, scene):
    """Our rollout over a scene; the first axis is of one clip."""
    roller = rollout.Roller(
        model.foreground_generator, model.background_generator, model.options, LEGACY
    )
    foreground, background, mask = (
        tf.constant(scene[name]) for name in ("foreground", "background", "mask")
    )
    state = rollout.State(foreground, background, mask, mask, foreground)
    conditions = {"codes": tf.constant(scene["codes"])[tf.newaxis]}
    return roller.train(state, conditions, len(scene["codes"]))


def shared(model, scene):
    """What the losses read of a scene."""
    first = {"first_background": scene["background"], "first_mask": scene["mask"]}
    return roll(model, scene) | {
        name: tf.constant(value) for name, value in first.items()
    }


def losses_of(model):
    """The losses with the original's faults; real samples stay where they are."""
    unmoved = dataclasses.replace(model.options, transform_real="none")
    return objective.Objective(
        model.foreground_critic,
        model.background_critic,
        critic_inputs.CriticInputs(unmoved, height=SPEC.height, width=SPEC.width),
        weights=model.loss_weights,
        legacy=LEGACY,
    )


def test_every_variable_has_a_name(model):
    check_parity.every_variable_has_a_name(model)


@pytest.fixture(scope="module")
def rolled(model):
    return roll(model, recorded_scenes.scene("rollout", **recorded_scenes.ROLLOUT))


@pytest.mark.parametrize("name", rollout.OUTPUTS)
def test_layers_are_those_of_the_original(name, rolled, recorded, model):
    # At the edge of a mask sigmoid(alpha · x) is alpha / 4 times as steep as x.
    has_mask = name in ("masks", "composites")
    tolerance = NETWORK * (model.options.alpha / 4 if has_mask else 1)
    theirs = recorded[f"rollout/{name}"]
    for ours_now, theirs_now in zip(rolled[name][0], theirs, strict=True):
        check_parity.assert_close(ours_now, theirs_now, tolerance)
        tolerance *= GROWTH


def test_scores_are_those_of_the_original(model, recorded):
    shown = recorded_scenes.judged()
    critic = model.foreground_critic
    of_mask = critic.mask_score(critic.trunk(np.repeat(shown["mask"], 3, axis=-1)))
    patches = model.background_critic(shown["patches"])
    check_parity.assert_close(patches, recorded["scores/background"], NETWORK)
    check_parity.assert_close(
        critic(shown["foreground"]), recorded["scores/foreground"], NETWORK
    )
    check_parity.assert_close(of_mask, recorded["scores/mask"], NETWORK)


def test_generator_losses_are_those_of_the_original(model, recorded):
    sizes = recorded_scenes.GENERATOR_LOSS
    scene = recorded_scenes.scene("generator_loss", **sizes)
    batch = {"frames": tf.constant(scene["frames"])[tf.newaxis]}
    found, _ = losses_of(model).generator_losses(
        batch, shared(model, scene), seeds.from_int(0)
    )
    # Ours are means over the steps, the original's are sums.
    ours = {name: (sizes["num_frames"] - 1) * loss for name, loss in found.items()}
    # The original adds the score of the mask, by its fault that of the foreground.
    foreground = ours["generator/foreground"] + ours["generator/mask"]
    background = ours["generator/background"]
    reconstruction = ours["generator/reconstruction"]
    check_parity.assert_close(
        reconstruction, recorded["generator/reconstruction"], LOSS
    )
    check_parity.assert_close(foreground, recorded["generator/foreground"], LOSS)
    check_parity.assert_close(background, recorded["generator/background"], LOSS)
    check_parity.assert_close(sum(ours.values()), recorded["generator/total"], LOSS)


def test_critic_losses_are_those_of_the_original(model, recorded, monkeypatch):
    scene = recorded_scenes.scene("critic_loss", **recorded_scenes.CRITIC_LOSS)
    batch = {"frames": tf.constant(scene["frames"])[tf.newaxis]}
    monkeypatch.setattr(
        seeds, "uniform", lambda shape, *_: tf.fill(shape, recorded_scenes.MIX)
    )
    ours, _ = losses_of(model).critic_losses(
        batch, shared(model, scene), seeds.from_int(0)
    )
    kinds = ("foreground", "mask", "background")
    adversarial = sum(ours[f"critic/{kind}"] for kind in kinds)
    check_parity.assert_close(adversarial, recorded["critic/adversarial"], LOSS)
    for name in ("background", "foreground_penalty", "background_penalty"):
        check_parity.assert_close(
            ours[f"critic/{name}"], recorded[f"critic/{name}"], LOSS
        )


def test_weights_of_another_variant_are_refused(model, weights):
    table = model.published_weights()
    # `baseline` sees no mask: five input channels instead of six.
    name = "Gf.main.0.weight"
    other = weights | {name: weights[name][:, :5]}
    with pytest.raises(errors.UserError, match=r"`Gf.main.0.weight` \[64, 5, 7, 7\]"):
        weight_names.values(table, other)
    # The last commit's transformer.
    name = "Gf.affine_tr_estimator.affine_tr_estimator_linears.2.bias"
    with pytest.raises(errors.UserError, match="hold `Gf.affine_tr_estimator"):
        weight_names.values(table, weights | {name: np.zeros(6)})


@pytest.mark.parametrize("settings", [{"recurrence": "convlstm"}, {"num_steps": 3}])
def test_networks_with_other_layers_have_no_names(settings):
    recurrence = settings.get("recurrence", "concat_unshared")
    network = generators.LayerGenerator(**{"recurrence": recurrence, **settings})
    with pytest.raises(errors.UserError, match="'additive' and 'none'"):
        published.of_generator(network, "Gf")


def test_a_generator_without_memory_has_no_reductor():
    network = generators.LayerGenerator(recurrence="none", width=1 / 16, num_blocks=1)
    network(keras.ops.zeros([1, 8, 8, 3]))
    names = {
        name
        for weight in published.of_generator(network, "Gb")
        for name in weight.names
    }
    assert "Gb.main.10.weight" in names  # Nine places, one block, then upwards.
    assert not any("reductor" in name or "fgmask" in name for name in names)
