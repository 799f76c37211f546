"""The original experiments keep the promises of a model; each fault and its cure."""

import dataclasses
import types
from collections.abc import Mapping

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors, seeds
from tfvideogan.engine import flops
from tfvideogan.models.foregan.thesis import model as thesis
from tfvideogan.models.foregan.thesis import options as thesis_options

SPEC = clip.ClipSpec(3, 16, 16, has_masks=True, has_flow=True)
# The richest variant: feedback, a critic of masks, moved real samples.
VARIANT = {
    "alpha": 4.0,
    "mask_feedback": "propagated",
    "has_mask_critic": True,
    "transform_real": "both",
}


def make_model(
    seed: int = 0,
    *,
    variant: Mapping[str, object] = types.MappingProxyType(VARIANT),
    options: Mapping[str, object] = types.MappingProxyType({}),
    **arguments: object,
) -> thesis.ThesisForeGAN:
    """Returns the smallest model of a variant, with every phase in every step."""
    tiny = {"width": 1 / 16, "blocks": 1, "num_patches": 2, "patch_size": (16, 16)}
    tiny |= {"generator_every": 1, **variant, **options}
    return thesis.ThesisForeGAN(thesis_options.Options(**tiny), seed=seed, **arguments)


CASE = check_model.Case(make_model=make_model, spec=SPEC)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.CHECKS), ids=check_model.name
)
def test_conformance(check, monkeypatch):
    check(CASE, monkeypatch)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.FILE_CHECKS), ids=check_model.name
)
def test_conformance_on_disk(check, monkeypatch, tmp_path):
    check(CASE, monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def model():
    return CASE.build()


VARIANTS = {
    "attention": {
        "mask_source": "attention",
        "update": "sum",
        "warp": "previous",
        "background_flow_input": True,
        "fake_patches": "on_mask",
    },
    "convlstm": {
        "recurrence": "convlstm",
        "background_recurrence": "none",
        "dark": True,
    },
    "concat_unshared": {
        "recurrence": "concat_unshared",
        "background_recurrence": "concat_unshared",
        "mask_source": "fg_rgb",
        "warp": "first",
        "bg_fill": "noise",
    },
    "next_frame": {
        "flow_input": "next_frame",
        "mask_source": "recurrent",
        "affine_stn": True,
    },
}


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("switches", VARIANTS.values(), ids=VARIANTS)
def test_variant_trains_and_rolls_beyond_its_length(switches):
    legacy = thesis_options.Legacy()
    model = make_model(variant=switches, legacy=legacy)
    model.build_for(SPEC)
    logs = tf.function(model.train_step)(CASE.batch())
    assert all(np.isfinite(float(value)) for value in logs.values())
    long = dataclasses.replace(CASE, spec=SPEC.with_frames(5)).batch()
    outputs = tf.function(model.evaluation_outputs)(long)
    for key in ("frames", "foreground_masks"):
        assert outputs[key].shape == long[key].shape


@pytest.mark.long
def test_all_faults_together_train():
    names = [field.name for field in dataclasses.fields(thesis_options.Legacy)]
    legacy = thesis_options.Legacy(**dict.fromkeys(names, True))
    model = make_model(legacy=legacy)
    model.build_for(SPEC)
    logs = tf.function(model.train_step)(CASE.batch())
    assert all(np.isfinite(float(value)) for value in logs.values())


@pytest.mark.parametrize(("is_double", "updates"), [(False, 1), (True, 2)])
def test_critics_are_updated_once_a_step_and_twice_with_the_fault(is_double, updates):
    legacy = thesis_options.Legacy(double_critic_step=is_double)
    model = make_model(legacy=legacy)
    model.build_for(SPEC)
    model.train_step(CASE.batch())
    critics = [one for one in model.phases if one.networks == thesis.CRITICS]
    assert sum(int(one.optimizer.iterations) for one in critics) == updates
    assert len({id(one.optimizer) for one in model.phases}) == len(model.phases)


@pytest.mark.long
def test_two_legacy_steps_move_along_adversarial_gradients_twice(monkeypatch):
    def moved(is_double):
        legacy = thesis_options.Legacy(double_critic_step=is_double)
        model = make_model(
            legacy=legacy,
            weights=thesis_options.LossWeights(
                foreground_penalty=0.0, background_penalty=0.0
            ),
            # So small that the second step finds the gradients of the first.
            critic_optimizer=keras.optimizers.SGD(2e-5),
        )
        model.build_for(SPEC)
        _strengthen(model.foreground_critic)
        before = [v.numpy() for v in model.foreground_critic.trainable_variables]
        steps = tuple(one.name for one in model.phases if one.name != "generator")
        model.train_step(CASE.batch(), active=steps)
        after = [v.numpy() for v in model.foreground_critic.trainable_variables]
        return after[0] - before[0]

    # Both phases draw their own random samples; one constant draw makes them equal.
    monkeypatch.setattr(
        seeds, "uniform", lambda shape, seed, *bounds: tf.fill(shape, 0.25)
    )
    once, twice = moved(False), moved(True)
    assert np.linalg.norm(once) > 0
    assert np.linalg.norm(twice - 2 * once) < 0.02 * np.linalg.norm(twice)


def test_generators_learn_on_every_fifth_step():
    model = make_model(options={"generator_every": 5})
    model.build_for(SPEC)
    assert [model.active_phases(step) for step in (0, 1, 4, 5)] == [
        ("critic", "generator"),
        ("critic",),
        ("critic",),
        ("critic", "generator"),
    ]


def test_one_generator_step_raises_the_scores_of_frozen_critics(model):
    batch, seed = CASE.batch(), seeds.from_int(1)
    for is_inverted in (False, True):
        legacy = thesis_options.Legacy(inverted_generator_sign=is_inverted)
        model = make_model(
            legacy=legacy,
            weights=thesis_options.LossWeights(reconstruction=0.0),
            generator_optimizer=keras.optimizers.SGD(1e-1),
        )
        model.build_for(SPEC)
        _strengthen(model.foreground_critic)

        def score(model=model):
            shared = model.shared_forward(batch, seed)
            fakes = model.critic_inputs.fake(shared, seed)["foreground"]
            return float(tf.reduce_mean(model.foreground_critic(fakes)))

        before = score()
        model.train_step(batch, active=("generator",))
        assert (score() > before) != is_inverted


def test_generator_phase_computes_no_weight_gradients_of_critics():
    model = make_model()
    spec = clip.ClipSpec(2, 16, 16, has_masks=True, has_flow=True)
    model.build_for(spec)
    batch = clip.zeros_like_spec(spec, 1)
    step = tf.function(model.train_step)
    work = flops.count(step.get_concrete_function(batch, active=("generator",)))
    # One step of a rollout: each generator kernel is used once, and its gradient costs
    # what its forward pass costs, 2 · size · positions.
    expected = 0
    for network in (model.foreground_generator, model.background_generator):
        body = network.backbone
        full, half, quarter = 16 * 16, 8 * 8, 4 * 4
        layers = zip(body.downward, (full, half, quarter), strict=True)
        layers = [*layers, *zip(body.upward, (quarter, half), strict=True)]
        layers += [(body.blocks[0].first, quarter), (body.blocks[0].second, quarter)]
        layers += [(network.heads[0], full)]
        if network.mask_layer is not None:
            layers += [(network.mask_layer, full)]
        for layer, positions in layers:
            expected += 2 * int(np.prod(layer.kernel.shape)) * positions
    # The state after the last step is not needed, so neither is its kernel's gradient.
    assert work.by_op["Conv2DBackpropFilter"] == expected


def test_evaluation_repeats_itself(model):
    first, again = (model.evaluation_outputs(CASE.batch()) for _ in range(2))
    for key, value in first.items():
        np.testing.assert_array_equal(value, again[key])


def test_parameters_of_the_original():
    model = make_model(options={"width": 1.0, "blocks": 6, "patch_size": (60, 112)})
    model.build_for(clip.ClipSpec(2, 64, 112, has_masks=True, has_flow=True))
    counts = {name: net.count_params() for name, net in model.networks.items()}
    assert counts == {
        "foreground_generator": 8_464_832,  # 8,461,696 and 49 · 64 for the mask.
        "background_generator": 8_454_848,
        "foreground_critic": 15_351_746,
        "background_critic": 15_345_601,
    }


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (clip.ClipSpec(4, 16, 16), "needs RGB clips with masks and flow"),
        (clip.ClipSpec(4, 16, 16, has_masks=True), "flow=False"),
        (
            clip.ClipSpec(4, 16, 18, has_masks=True, has_flow=True),
            "`WIDTH` .18. must be a multiple of 4",
        ),
        (
            clip.ClipSpec(1, 16, 16, has_masks=True, has_flow=True),
            "`frames` .1. must be at least 2",
        ),
    ],
)
def test_unsuitable_clips_are_refused_in_one_line(spec, message):
    with pytest.raises(errors.UserError, match=message):
        make_model().build_for(spec)


def test_a_variant_without_flow_needs_none():
    variant = {"flow_input": "next_frame"}
    make_model(variant=variant).build_for(clip.ClipSpec(2, 16, 16, has_masks=True))


def _strengthen(network):
    """Makes the scores of a fresh critic, next to nothing, large enough to see."""
    for variable in network.trainable_variables:
        variable.assign(variable * 5.0)
