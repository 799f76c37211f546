"""Text to video keeps the promises of a model, and those of its own."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tests.models.text2video import tiny
from tfvideogan.core import errors, seeds
from tfvideogan.models.text2video import discriminators, objective
from tfvideogan.models.text2video import model as text2video

CASE = check_model.Case(make_model=tiny.model, spec=tiny.SPEC)


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
    return CASE.model()


@pytest.fixture(scope="module")
def batch():
    # "the disc is falling", "the star is rising"
    tokens = tf.constant([[1, 2, 4, 5], [1, 3, 4, 6]])
    return CASE.batch() | {
        "caption_tokens": tokens,
        "caption_lengths": tf.constant([4, 4]),
    }


# --- What may be varied


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"depth": 11}, "`depth` (11) must be between 1 and 10"),
        (
            {"output_mode": "copy"},
            "('copy') must be one of 'warp', 'residual', 'direct', 'anchored'",
        ),
        ({"width": 0}, "`width` (0) must be at least 1"),
        ({"lead": -1}, "`lead` (-1) must not be negative"),
    ],
)
def test_settings_that_do_not_fit_are_refused(options, words):
    with pytest.raises(errors.UserError) as found:
        text2video.Options(**options)
    assert words in str(found.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"caption_length": 0, "words": ()}, "needs clips with captions"),
        ({"height": 20}, "`height` (20) must be a multiple of 8; use 16 or 24"),
        ({"frames": 1}, "`frames` (1) must be at least 2 and `rollout` (2) at least 1"),
        (
            {"height": 64, "width": 64},
            "and `rollout` (2) at least 3: the discriminator",
        ),
    ],
)
def test_clips_that_do_not_fit_are_refused_with_the_remedy(changes, words):
    spec = dataclasses.replace(tiny.SPEC, **changes)
    with pytest.raises(errors.UserError) as found:
        tiny.model().build_for(spec)
    assert words in str(found.value)


# --- Schedule


def test_discriminators_start_later_and_r1_is_lazy():
    weights = objective.LossWeights(
        adversarial_start=10, adversarial_delay=5, r1_every=4
    )
    model = text2video.TextToVideo(weights=weights)
    model._generators = {"generator": None, "captions": None}
    model.discriminators = discriminators.Discriminators(
        tiny.SPEC, width=2, num_frames=1, unseen_words=(), embedding=2, units=2
    )
    phases = {one.name: one for one in model.make_phases()}
    assert list(phases) == ["critic", "r1", "generator", "adversarial"]
    assert not phases["critic"].runs_at(9) and phases["critic"].runs_at(10)
    assert not phases["adversarial"].runs_at(14) and phases["adversarial"].runs_at(15)
    assert phases["generator"].runs_at(0)
    assert phases["r1"].gain == 4.0 and phases["r1"].runs_at(12)


def test_predictions_are_fed_back_and_led_up_to_on_a_schedule(model, monkeypatch):
    options = dataclasses.replace(
        model.options, own_start=2, own_ramp=4, lead=3, lead_start=10, lead_ramp=3
    )
    monkeypatch.setattr(model, "options", options)
    found = []
    for step in (0, 2, 4, 6, 10, 11, 13, 99):
        model.step.assign(step)
        plan = model._plan()
        found.append((float(plan.own_share), int(plan.most_lead)))
    model.step.assign(0)
    assert [share for share, _ in found] == [0.0, 0.0, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert [lead for _, lead in found] == [0, 0, 0, 0, 0, 1, 3, 3]


# --- Inference


def predicted(model, batch, **changes):
    given = batch | changes
    return model.predict_frames(
        given["frames"][:, :1],
        given["caption_tokens"],
        given["caption_lengths"],
        num_frames=3,
    )


def test_prediction_is_deterministic_and_each_clip_s_own(model, batch):
    made = predicted(model, batch)
    np.testing.assert_array_equal(made, predicted(model, batch))
    one = {key: value[1:] for key, value in batch.items()}
    np.testing.assert_allclose(made[1:], predicted(model, one), atol=1e-5)


def test_another_sentence_is_another_video(model, batch):
    made = predicted(model, batch)
    other = predicted(model, batch, caption_tokens=batch["caption_tokens"][::-1])
    assert np.abs(made - other).max() > 1e-4


# --- Training


@pytest.mark.long
def test_training_moves_what_the_sentence_says():
    """Rows that rise or fall, from one frame: held still they would cost more."""
    spec = dataclasses.replace(tiny.SPEC, frames=6, height=16, width=16)
    model = text2video.TextToVideo(
        text2video.Options(
            depth=2,
            width=8,
            units=32,
            narrow=4,
            embedding=4,
            caption_units=4,
            rollout=4,
            truncate=2,
            lead=0,
            own_start=0,
            own_ramp=50,
            word_dropout=0.0,
        ),
        weights=objective.LossWeights(adversarial_start=10_000),
        generator_optimizer=keras.optimizers.Adam(3e-3),
    )
    model.build_for(spec)
    rows = np.linspace(-1.0, 1.0, 16, dtype=np.float32)
    clips = [
        np.stack([np.roll(rows, way * shift) for shift in range(6)]) for way in (2, -2)
    ]
    frames = np.stack(clips)[..., np.newaxis, np.newaxis]
    batch = {
        "frames": tf.constant(np.tile(frames, [1, 1, 1, 16, 3])),
        "caption_tokens": tf.constant([[1, 2, 4, 5], [1, 2, 4, 6]]),
        "caption_lengths": tf.constant([4, 4]),
    }
    active = model.active_phases(0)
    step = tf.function(lambda: model.train_step(batch, active), autograph=False)
    losses = [float(step()["generator/l1"]) for _ in range(150)]
    assert np.mean(losses[-10:]) < 0.4 * np.mean(losses[:10])


def test_an_anchored_model_learns_its_motions_and_its_share(batch):
    # Where predictions are fed back: the share is of no matter at a given frame.
    made = tiny.model(output_mode="anchored", own_start=0, own_ramp=1)
    made.build_for(tiny.SPEC)
    moves = made.generator.to_motion
    layers = (made.generator.to_share, moves.to_motion, moves.centre.to_heat)
    before = [layer.kernel.numpy() for layer in layers]
    made.step.assign(2)
    with check_model.eagerly():
        logs = made.train_step(batch, made.active_phases(2))
    assert float(logs["skipped"]) == 0.0
    for layer, kernel in zip(layers, before, strict=True):
        assert np.abs(layer.kernel.numpy() - kernel).max() > 0.0


def test_both_discriminators_and_the_clip_teach_the_generator(model, batch):
    losses = {}
    with check_model.eagerly():
        shared = model.shared_forward(batch, seeds.from_int(1))
        model.step.assign(5)
        for compute in (model.generator_losses, model.adversarial_losses):
            found, _ = compute(batch, shared, seeds.from_int(2))
            losses |= found
        model.step.assign(0)
    assert set(losses) == {
        "generator/l1",
        "generator/coarse",
        "generator/gradient",
        "generator/copy",
        "generator/frame_critic",
        "generator/clip_critic",
    }
    assert all(np.isfinite(float(one)) for one in losses.values())
