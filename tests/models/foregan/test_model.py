"""ForeGAN keeps the promises of a model, and learns from what it says it learns from."""

import re
import types
from collections.abc import Mapping

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors, seeds
from tfvideogan.models.foregan import model as foregan
from tfvideogan.models.foregan import objective

SPEC = clip.ClipSpec(4, 16, 16, has_masks=True, has_flow=True)


def make_model(
    seed: int = 0,
    *,
    arguments: Mapping[str, object] = types.MappingProxyType({}),
    **options: object,
) -> foregan.ForeGAN:
    """Returns the smallest ForeGAN; `arguments` are those of its constructor."""
    tiny = {"width": 4, "critic_width": 4, "blocks": 1, "cycle_lengths": (1,)}
    tiny |= {"num_patches": 2, "patch_size": 8, "saturation_steps": 10}
    return foregan.ForeGAN(foregan.Options(**tiny | options), seed=seed, **arguments)


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


def test_no_mask_but_the_first_is_read(model):
    batch = CASE.batch()
    masks = batch["foreground_masks"].numpy()
    masks[:, 1:] = np.nan
    spoilt = dict(batch, foreground_masks=tf.constant(masks))
    seed = seeds.from_int(1)
    for given in (batch, spoilt):
        shared = model.shared_forward(given, seed)
        losses, _ = model.generator_losses(given, shared, seed)
        found, _ = model.critic_losses(given, shared, seed)
        assert all(np.isfinite(float(one)) for one in {**losses, **found}.values())


def test_generators_do_not_see_the_frame_they_make(model):
    batch = CASE.batch()
    rolled = model.roller.complete(batch, saturation=tf.constant(5.0))
    frames = batch["frames"].numpy()
    frames[:, -1] = 0.0
    blind = model.roller.complete(
        dict(batch, frames=tf.constant(frames)), saturation=tf.constant(5.0)
    )
    for key in ("foregrounds", "backgrounds"):
        np.testing.assert_array_equal(rolled[key][:, -1], blind[key][:, -1])


def test_the_loop_of_inference_equals_the_unrolled_one_of_training(model):
    batch = CASE.batch()
    saturation = tf.constant(3.0)
    looped = model.roller.complete(batch, saturation=saturation)
    state = model.roller.start(batch["frames"][:, 0], batch["foreground_masks"][:, 0])
    for t in range(SPEC.frames - 1):
        state, outputs = model.roller.step(
            state,
            batch["frames"][:, t + 1],
            batch["backward_flow"][:, t],
            batch["forward_flow"][:, t],
            saturation=saturation,
        )
    np.testing.assert_allclose(outputs["masks"], looped["masks"][:, -1], atol=1e-5)
    np.testing.assert_allclose(
        outputs["composites"], looped["composites"][:, -1], atol=1e-5
    )


@pytest.mark.long
def test_masks_of_any_length_and_odd_multiples_of_four():
    spec = clip.ClipSpec(4, 12, 20, has_masks=True, has_flow=True)
    case = check_model.Case(make_model=make_model, spec=spec)
    built = case.build()
    for frames in (2, 7):
        longer = check_model.Case(make_model, spec.with_frames(frames)).batch(1)
        outputs = built.evaluation_outputs(longer)
        assert outputs["foreground_masks"].shape == (1, frames, 12, 20, 1)


def test_saturation_is_annealed_from_first_to_last(model):
    other = make_model(saturation=(2.0, 20.0), saturation_steps=10)
    other.step = tf.Variable(0, dtype=tf.int64)
    found = []
    for step in (0, 5, 10, 99):
        other.step.assign(step)
        found.append(float(other.saturation()))
    # Half a cosine: the middle is the mean of the ends.
    np.testing.assert_allclose(found, [2.0, 11.0, 20.0, 20.0], rtol=1e-6)


def test_every_critic_reaches_the_generators(model):
    batch, seed = CASE.batch(), seeds.from_int(1)
    for name, networks in (
        ("mask", (model.mask_head,)),
        ("foreground", (model.foreground_generator,)),
        ("background", (model.background_generator,)),
        ("temporal", (model.foreground_generator,)),
    ):
        with tf.GradientTape() as tape:
            shared = model.shared_forward(batch, seed)
            losses, _ = model.generator_losses(batch, shared, seed)
        variables = [v for one in networks for v in one.trainable_variables]
        gradients = tape.gradient(losses[f"generator/{name}_critic"], variables)
        assert any(one is not None and float(tf.norm(one)) > 0 for one in gradients), (
            name
        )


@pytest.mark.long
def test_a_generator_step_raises_the_score_of_fakes():
    only = objective.LossWeights(
        **dict.fromkeys(objective.LossWeights.__dataclass_fields__, 0.0)
        | {"foreground": 1.0}
    )
    built = make_model(
        arguments={
            "weights": only,
            "generator_optimizer": keras.optimizers.SGD(0.01),
        },
        clip_norm=1e9,
    )
    built.build_for(SPEC)
    batch = CASE.batch()
    # The seeds of the first step, so that noise and augmentation are the step's own.
    root = seeds.fold(seeds.from_int(0), 0, 0)

    def loss() -> float:
        shared = built.shared_forward(batch, seeds.fold(root, "shared"))
        seed = seeds.fold(root, "generator", 0)
        losses, _ = built.generator_losses(batch, shared, seed)
        return float(losses["generator/foreground_critic"])

    before = loss()
    built.train_step(batch, active=("generator",))
    # Not a step later: the masks would be steeper.
    built.step.assign(0)
    # The loss is minus the critic's score.
    assert loss() < before


@pytest.mark.long
def test_truncation_cuts_the_gradient_between_chunks():
    batch, seed = CASE.batch(1), seeds.from_int(1)
    norms = {}
    for steps in (1, 3, 99):
        built = make_model(bptt_steps=steps)
        built.build_for(SPEC)
        frames = batch["frames"][:, :1]
        with tf.GradientTape() as tape:
            tape.watch(frames)
            whole = tf.concat([frames, batch["frames"][:, 1:]], axis=1)
            rolled, _ = built.roller.train(
                dict(batch, frames=whole),
                seed,
                saturation=tf.constant(3.0),
                bptt_steps=steps,
            )
            last = tf.reduce_sum(rolled["foregrounds"][:, -1])
        gradient = tape.gradient(last, frames)
        norms[steps] = float(tf.norm(gradient))
    # Three steps fit into one chunk of three: nothing is cut. The first object is a
    # memory that is never detached, so the gradient shrinks but does not vanish.
    assert norms[3] == pytest.approx(norms[99], rel=1e-4)
    assert norms[1] != pytest.approx(norms[99], rel=1e-3)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("width", 0),
        ("critic_width", 0),
        ("bptt_steps", 0),
        ("num_patches", 0),
        ("patch_size", 7),
        ("cycle_lengths", (2, 0)),
    ],
)
def test_settings_without_meaning_are_refused_in_one_line(option, value):
    words = re.escape(
        f"`{option}` {value if option == 'cycle_lengths' else f'({value})'}"
    )
    with pytest.raises(errors.UserError, match=f"{words} must be") as caught:
        foregan.Options(**{option: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "options", "words"),
    [
        (clip.ClipSpec(4, 16, 16), {}, "needs RGB clips with masks and flow"),
        (
            clip.ClipSpec(3, 16, 16, has_masks=True, has_flow=True),
            {},
            "`frames` (3) must be at least 4",
        ),
        (
            clip.ClipSpec(4, 18, 16, has_masks=True, has_flow=True),
            {},
            "`height` (18) must be a multiple of 4 for ForeGAN; use 16 or 20",
        ),
        (SPEC, {"patch_size": 24}, "in a frame of 16x16; it leaves 0"),
        (SPEC, {"patch_size": 16}, "leave `num_patches` (2) places"),
        (SPEC, {"cycle_lengths": (4,)}, "must be at least 5"),
        (SPEC.with_frames(3), {"cycle_lengths": ()}, "must be at least 4"),
    ],
)
def test_clips_that_do_not_fit_are_refused_in_one_line(spec, options, words):
    with pytest.raises(errors.UserError) as caught:
        make_model(**options).build_for(spec)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
