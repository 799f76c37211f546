"""DVD-GAN for prediction keeps the promises of a model, and goes on from frames."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors, pixels, seeds
from tfvideogan.models.dvdgan import discriminators
from tfvideogan.models.dvdgan.prediction import encoder as encoders
from tfvideogan.models.dvdgan.prediction import model as prediction

SPEC = clip.ClipSpec(5, 16, 16)
CONTEXT = 2
HORIZON = SPEC.frames - CONTEXT
SEEDS = tf.constant([7, -3], tf.int64)


def make_model(
    seed: int = 0,
    *,
    generator_optimizer: keras.optimizers.Optimizer | None = None,
    **options: object,
) -> prediction.PredictionDVDGAN:
    """Returns the smallest DVD-GAN of prediction."""
    tiny = {"width": 1, "critic_width": 1, "encoder_width": 1}
    tiny |= {"latent": 4, "embedding": 3, "num_frames_judged": 2}
    tiny |= {"num_context": CONTEXT, "l1": 10.0, "num_samples": 2, "long_multiple": 2}
    return prediction.PredictionDVDGAN(
        prediction.Options(**tiny | options),
        generator_optimizer=generator_optimizer,
        seed=seed,
        ema_decay=0.999,
        ema_start=0,
    )


def make_ours(seed: int = 0) -> prediction.PredictionDVDGAN:
    """As `make_model`, with what is not published."""
    return make_model(seed, copies=True, has_step_statistics=True)


CASE, CASE_OF_OURS = (
    check_model.Case(make_model=make, spec=SPEC, draw=check_model.wave)
    for make in (make_model, make_ours)
)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.CHECKS), ids=check_model.name
)
def test_conformance(check, monkeypatch):
    check(CASE, monkeypatch)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.FILE_CHECKS), ids=check_model.name
)
def test_conformance_of_files(check, monkeypatch, tmp_path):
    check(CASE, monkeypatch, tmp_path)


@pytest.mark.parametrize(
    "check",
    check_model.of_large_model(
        (check_model.outputs_have_shape_and_range, check_model.two_replicas_equal_one)
    ),
    ids=check_model.name,
)
def test_conformance_of_ours(check, monkeypatch):
    check(CASE_OF_OURS, monkeypatch)


def with_size(model: prediction.PredictionDVDGAN) -> prediction.PredictionDVDGAN:
    """Gives states some size, so that rounding is small beside them."""
    for network in (model.encoder, model.generator):
        for number, one in enumerate(network.trainable_variables):
            if "kernel" in one.path:
                one.assign(seeds.normal(one.shape, seeds.from_int(number)))
    return model


@pytest.fixture(scope="module")
def model():
    return with_size(CASE.build())


@pytest.fixture(scope="module")
def frames():
    return CASE.batch()["frames"]


# --- The encoder


def test_states_have_the_places_and_channels_of_the_table():
    encoder = encoders.ContextEncoder(
        [2, 4, 8, 16, 16], inputs=3, recurrences=(8, 7, 6, 5)
    )
    states = encoder(tf.zeros([2, 3, 64, 64, 3]))
    assert [tuple(one.shape) for one in states] == [
        (2, 4, 4, 8),
        (2, 8, 8, 7),
        (2, 16, 16, 6),
        (2, 32, 32, 5),
    ]


def test_the_encoder_is_the_discriminator_of_frames_without_its_head():
    # In a graph, where no variable has memory.
    with tf.Graph().as_default():
        encoder = encoders.ContextEncoder(
            [32, 64, 128, 256, 256],
            inputs=3,
            recurrences=(128, 128, 128, 64),
            attends_behind=0,
        )
        encoder(tf.zeros([1, 5, 64, 64, 3]))
        variables = encoder.trainable_variables
        found = sum(np.prod(one.shape) for one in variables)
    # D_S of 600 classes has 2,551,138, with a row of 256 and a bias, and the embeddings.
    trunk = 2_551_138 - (256 + 1) - 600 * 256
    # 1x1 convolutions of five frames, with biases.
    states = (5 * 256 + 1) * 128 + (5 * 128 + 1) * 128 + (5 * 64 + 1) * 128
    assert found == trunk + states + (5 * 32 + 1) * 64


def test_each_context_frame_changes_the_state_of_every_resolution(model, frames):
    context = frames[:, :CONTEXT]
    before = model.encoder(context)
    assert len(before) == 2
    for time in range(CONTEXT):
        changed = tf.concat(
            [context[:, :time], -context[:, time : time + 1], context[:, time + 1 :]],
            axis=1,
        )
        for one, other in zip(before, model.encoder(changed), strict=True):
            assert np.abs(one - other).max() > 1e-3, time


def test_the_state_of_each_resolution_changes_the_prediction(model, frames):
    latent = tf.zeros([2, 4])
    states, others = (
        model.encoder(one[:, :CONTEXT]) for one in (frames, frames[:, ::-1])
    )
    before, _ = model.generator(latent, num_frames=HORIZON, states=states)
    for level in range(2):
        mixed = (*states[:level], others[level], *states[level + 1 :])
        made, _ = model.generator(latent, num_frames=HORIZON, states=mixed)
        assert np.abs(made - before).max() > 1e-3, level


def test_what_is_copied_is_the_last_context_frame(frames):
    ours = CASE_OF_OURS.build()
    ours.generator.to_colour.bias.assign([0.0, 0.0, 0.0, 99.0])
    context = frames[:, :CONTEXT]
    made, _ = ours.fakes({"frames": frames}, seeds.from_int(1))
    first = ours.predict_frames(context, SEEDS)
    for one in (made[:, CONTEXT:], first):
        expected = tf.repeat(context[:, -1:], HORIZON, axis=1)
        np.testing.assert_allclose(one, expected, atol=1e-6)


def test_every_frame_behind_the_context_may_have_its_statistics(frames):
    ours = CASE_OF_OURS.build()
    ours.train_step({"frames": frames})
    for norm in ours.generator.norms:
        assert norm.moving_mean.shape[0] == HORIZON
        # Steps differ, and so do what is remembered of them.
        assert np.ptp(norm.moving_variance, axis=0).max() > 0.0


def test_the_first_version_has_the_coarsest_state_alone(frames):
    built = make_model(version="v1")
    built.build_for(SPEC)
    coarsest, finest = built.encoder(frames[:, :CONTEXT])
    assert coarsest.shape == (2, 4, 4, built.generator.widths[0]) and finest is None
    losses, _ = built.generator_losses({"frames": frames}, None, seeds.from_int(1))
    assert all(np.isfinite(float(one)) for one in losses.values())
    made = built.predict_frames(frames, SEEDS, frames=HORIZON + 1)
    assert made.shape == (2, HORIZON + 1, 16, 16, 3)


# --- Training


def test_critics_see_the_context_and_what_was_made_as_one_clip(
    model, frames, monkeypatch
):
    seen = []

    def watched(clips, labels, seed, *, training):
        seen.append(clips.numpy())
        return judge(clips, labels, seed, training=training)

    judge = model.judge
    monkeypatch.setattr(model, "judge", watched)
    batch, seed = {"frames": frames}, seeds.from_int(1)
    model.critic_losses(batch, None, seed)
    model.generator_losses(batch, None, seed)
    both, fakes = seen
    np.testing.assert_array_equal(both[:2], frames)
    for clips in (both[2:], fakes):
        assert clips.shape == frames.shape
        np.testing.assert_array_equal(clips[:, :CONTEXT], frames[:, :CONTEXT])
        assert np.abs(clips[:, CONTEXT:] - frames[:, CONTEXT:]).min(axis=1).max() > 0.1


def test_the_views_are_those_of_dvdgan(model):
    spatial, temporal = model.critics.values()
    assert isinstance(spatial.view, discriminators.SomeFrames)
    assert isinstance(temporal.view, discriminators.Pooled)


def test_l1_is_of_the_frames_that_were_made(model, frames, monkeypatch):
    context, zeros = tf.ones([1, CONTEXT, 4, 4, 3]), tf.zeros([1, HORIZON, 4, 4, 3])
    real = tf.concat([context, zeros], axis=1)
    fakes = tf.concat([-context, zeros + 0.25], axis=1)
    # 10 times a quarter; the context, were it counted, would add 2 for each frame.
    losses = model.likeness_losses(real, fakes)
    assert float(losses.pop("generator/l1")) == 2.5 and not losses
    monkeypatch.setattr(model, "options", prediction.Options())
    assert model.likeness_losses(real, fakes) == {}


def test_encoder_and_generator_learn_together(model):
    critic, generator = model.make_phases()
    assert generator.networks == model.averaged_networks == ("encoder", "generator")
    assert set(critic.networks) == {"spatial_critic", "temporal_critic"}
    assert (critic.repeats, critic.own_batches) == (2, True)


@pytest.mark.long
def test_training_learns_where_things_go():
    """Stripes that move a row at a time, black and white of two clips exchanged."""
    built = make_model(
        generator_optimizer=keras.optimizers.Adam(3e-3, 0.0, 0.99),
        width=2,
        encoder_width=2,
        l1=100.0,
        critic_steps=1,
    )
    built.build_for(SPEC)
    rows = np.sign(np.sin(np.arange(16) * np.pi / 4 + 0.1)).astype(np.float32)
    stripes = np.stack([np.roll(rows, shift) for shift in range(5)])  # [T, H]
    clips = np.stack([stripes, -stripes])[..., np.newaxis, np.newaxis]
    batch = {"frames": tf.constant(np.tile(clips, [1, 1, 1, 16, 3]))}
    step = tf.function(built.train_step)
    before = float(step(batch)["generator/l1"])
    for _ in range(80):
        after = float(step(batch)["generator/l1"])
    assert after < 0.5 * before


# --- Predictions


def test_the_same_frames_and_seed_give_the_same_and_others_another(model, frames):
    first, again = (model.predict_frames(frames, SEEDS) for _ in range(2))
    assert first.shape == (2, HORIZON, 16, 16, 3)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - model.predict_frames(frames, SEEDS + 1)).max() > 1e-3
    assert np.abs(first - model.predict_frames(-frames, SEEDS)).max() > 1e-3
    # Without noise the seed is nothing.
    still = [
        model.predict_frames(frames, one, temperature=0.0) for one in (SEEDS, SEEDS + 1)
    ]
    np.testing.assert_array_equal(*still)


def test_a_prediction_depends_on_its_own_clip_alone(model, frames):
    both = model.predict_frames(frames, SEEDS)
    alone = model.predict_frames(frames[1:], SEEDS[1:])
    np.testing.assert_allclose(both[1:], alone, atol=1e-5)


def test_of_a_longer_context_the_last_frames_count(model, frames):
    whole = model.predict_frames(frames, SEEDS)
    np.testing.assert_array_equal(
        whole, model.predict_frames(frames[:, -CONTEXT:], SEEDS)
    )


def test_one_graph_takes_contexts_of_any_length(model, frames):
    specs = [
        tf.TensorSpec([None, None, 16, 16, 3]),
        tf.TensorSpec([None], tf.int64),
    ]
    graph = tf.function(model.predict_frames, input_signature=specs)
    whole = model.predict_frames(frames, SEEDS)
    for given in (frames, frames[:, -CONTEXT:]):
        np.testing.assert_allclose(graph(given, SEEDS), whole, atol=1e-5)


def test_a_shorter_context_is_one_line(model, frames):
    with pytest.raises(errors.UserError) as found:
        model.predict_frames(frames[:, :1], SEEDS)
    assert str(found.value) == (
        "`context` has 1 frames, but this model goes on from 2; give 2 or more, of which "
        "the last 2 count."
    )
    served = model.serving_functions()
    assert served["predict"].at_least == served["predict_start"].at_least == {"K": 2}


@pytest.mark.parametrize("length", [1, 4, 7, 9])
def test_a_prediction_of_any_length_begins_like_a_longer_one(model, frames, length):
    longest, made = (
        model.predict_frames(frames, SEEDS, frames=number) for number in (9, length)
    )
    assert made.shape == (2, length, 16, 16, 3)
    np.testing.assert_allclose(longest[:, :length], made, atol=1e-5)


def test_a_longer_prediction_goes_on_from_its_own_last_frames(model, frames):
    whole = model.predict_frames(frames, SEEDS, frames=2 * HORIZON)
    latent = []
    generate = model.generator.call

    def watched(code, *arguments, **keywords):
        latent.append(code.numpy())
        return generate(code, *arguments, **keywords)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model.generator, "call", watched)
        model.predict_frames(frames, SEEDS, frames=2 * HORIZON)
    # A code for each portion.
    assert len(latent) == 2 and np.abs(latent[0] - latent[1]).min() > 1e-3
    states = model.encoder(whole[:, HORIZON - CONTEXT : HORIZON])
    second, _ = model.generator(
        tf.constant(latent[1]), num_frames=HORIZON, states=states
    )
    np.testing.assert_allclose(whole[:, HORIZON:], second, atol=1e-5)


def test_portions_of_requests_are_one_long_prediction(model, frames):
    context = pixels.to_uint8(frames)
    served = model.serving_functions()
    answer = served["predict_start"].function(context=context, seed=SEEDS)
    parts = [answer["video_float"]]
    for _ in range(2):
        answer = served["predict_next"].function(
            state_frames=answer["next_state_frames"],
            state_seed=answer["next_state_seed"],
        )
        parts.append(answer["video_float"])
    whole = model.predict_frames(
        pixels.to_float(context), SEEDS, frames=3 * HORIZON
    ).numpy()
    np.testing.assert_allclose(tf.concat(parts, axis=1), whole, atol=1e-5)
    plain = served["predict"].function(context=context, seed=SEEDS)
    assert set(plain) == {"video", "video_float"}
    np.testing.assert_allclose(plain["video_float"], whole[:, :HORIZON], atol=1e-5)


def test_evaluations_hand_the_context_through(model, frames, monkeypatch):
    found = model.evaluation_outputs({"frames": frames})
    np.testing.assert_array_equal(found["frames"][:, :2], frames[:, :2])
    assert found["samples"].shape == (2, 2, HORIZON, 16, 16, 3)
    assert found["long_frames"].shape == (2, 10, 16, 16, 3)
    np.testing.assert_allclose(
        found["samples"][:, 0], found["long_frames"][:, :HORIZON], atol=1e-5
    )
    more = make_model(context=4).options
    monkeypatch.setattr(model, "options", more)
    given = model.evaluation_outputs({"frames": frames})["frames"]
    np.testing.assert_array_equal(given[:, :4], frames[:, :4])
    np.testing.assert_allclose(
        given[:, 4:],
        model.predict_frames(frames[:, 2:4], SEEDS, frames=1, temperature=0.0),
        atol=1e-5,
    )


@pytest.mark.long
def test_labels_go_with_the_clips_where_they_are_wanted():
    spec = clip.ClipSpec(5, 16, 16, num_classes=3)
    built = make_model(categories=None)
    built.build_for(spec)
    with_size(built)
    frames = CASE.batch()["frames"]
    batch = {"frames": frames, "labels": tf.constant([2, 0])}
    _, labels = built.fakes(batch, seeds.from_int(1))
    np.testing.assert_array_equal(labels, [2, 0])
    one, other = (
        built.predict_frames(frames, SEEDS, tf.constant([0, label])) for label in (0, 1)
    )
    np.testing.assert_allclose(one[0], other[0], atol=1e-5)
    assert np.abs(one[1] - other[1]).max() > 1e-3
    # Samples of a clip have its label.
    outputs = built.evaluation_outputs(batch)
    assert outputs["samples"].shape == (2, 2, HORIZON, 16, 16, 3)
    served = built.serving_functions()
    assert set(served["predict"].inputs) == {"context", "seed", "label"}
    assert "label" in served["predict_next"].inputs
    assert set(CASE.model().serving_functions()["predict"].inputs) == {
        "context",
        "seed",
    }


# --- Doors


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"num_context": 0}, r"`num_context` \(0\) must be at least 1"),
        ({"num_samples": 0}, r"`num_samples` \(0\) must be at least 1"),
        ({"l1": -1.0}, r"`l1` \(-1.0\) must be at least 0"),
        ({"context": 1}, r"`context` \(1\) must be at least `num_context` \(2\)"),
        ({"temporal_pool": 3}, r"`temporal_pool` \(3\) must be one of 1, 2, 4"),
    ],
)
def test_settings_without_a_choice_are_one_line(options, text):
    with pytest.raises(errors.UserError, match=text):
        make_model(**options)


@pytest.mark.parametrize(
    ("options", "spec", "text"),
    [
        ({"num_context": 5}, SPEC, r"`num_context` \(5\) must be 1 to 4 of the 5"),
        (
            {"num_frames_judged": 6},
            SPEC,
            r"`num_frames_judged` \(6\) must be 1 to the 5",
        ),
        ({"categories": 7}, SPEC, r"`categories` \(7\) must be the number of classes"),
        ({}, clip.ClipSpec(5, 16, 18), r"`width` \(18\) must be a multiple of 4"),
    ],
)
def test_what_does_not_fit_the_clips_is_one_line(options, spec, text):
    with pytest.raises(errors.UserError, match=text):
        make_model(**options).build_for(spec)
