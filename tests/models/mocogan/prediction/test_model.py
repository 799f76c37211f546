"""MoCoGAN for prediction keeps the promises of a model, and those of its own."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors, seeds
from tfvideogan.models.mocogan.prediction import (
    encoders,
    objective,
    predictor,
    rollouts,
)
from tfvideogan.models.mocogan.prediction import model as prediction

SPEC = clip.ClipSpec(5, 16, 16)


# Critics count at once, so that their share of the gradients is seen, too.
AT_ONCE = objective.LossWeights(adversarial_start=-1, adversarial_ramp=1)


def make_model(
    seed: int = 0,
    *,
    generator_optimizer: keras.optimizers.Optimizer | None = None,
    weights: objective.LossWeights = AT_ONCE,
    **options: object,
) -> prediction.PredictionMoCoGAN:
    """Returns the smallest model of prediction."""
    tiny = {"width": 2, "num_blocks": 1, "pair_width": 2, "critic_width": 2}
    tiny |= {"content": 3, "motion_units": 3, "motion_noise": 2, "motion_state": 4}
    tiny |= {"pair_units": 3, "clip_units": 3, "clip_code": 3}
    tiny |= {"num_samples": 2, "long_multiple": 2}
    return prediction.PredictionMoCoGAN(
        prediction.Options(**tiny | options),
        weights=weights,
        generator_optimizer=generator_optimizer,
        seed=seed,
    )


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


@pytest.fixture(scope="module")
def frames():
    return CASE.batch()["frames"]


# --- What may be varied


@pytest.mark.parametrize(
    ("options", "spec"),
    [
        pytest.param(
            {"has_posterior": False, "critics": "single"},
            SPEC,
            marks=pytest.mark.long,
        ),
        pytest.param(
            {"critics": "single", "has_warp": False}, SPEC, marks=pytest.mark.long
        ),
        ({}, clip.ClipSpec(4, 16, 20, channels=1, num_classes=3)),
        pytest.param({}, clip.ClipSpec(7, 36, 24), marks=pytest.mark.long),
    ],
)
def test_every_rung_and_any_size_that_divides_can_be_trained(options, spec):
    case = check_model.Case(lambda seed: make_model(seed, **options), spec)
    model = case.build()
    logs = model.train_step(case.batch())
    assert all(np.isfinite(float(value)) for value in logs.values())
    has_both = options.get("has_posterior", True)
    assert ("generator/posterior_l1" in logs) == has_both
    assert set(model.serving_functions()) == {"predict"} | (
        {"swap", "encode"} if has_both else set()
    )


@pytest.mark.parametrize(
    ("options", "spec", "words"),
    [
        ({}, clip.ClipSpec(3, 16, 16), "`frames` (3) must be at least 4"),
        ({}, clip.ClipSpec(4, 64, 64), "`frames` (4) must be at least 5"),
        ({}, clip.ClipSpec(6, 18, 16), "`height` (18) must be a multiple of 4"),
        ({}, clip.ClipSpec(6, 16, 12), "`width` (12) must be a multiple of 4 and at"),
        ({"generator": "dcgan"}, SPEC, "`height` (16) must be 64 for DCGAN"),
    ],
)
def test_clips_that_do_not_fit_are_refused_with_the_remedy(options, spec, words):
    with pytest.raises(errors.UserError) as found:
        make_model(**options).build_for(spec)
    assert words in str(found.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"generator": "unet"},
            "`generator` ('unet') must be one of 'resnet', 'dcgan'",
        ),
        ({"critics": "none"}, "`critics` ('none') must be one of 'single', 'dual'"),
        ({"has_posterior": False}, "`has_posterior` is False"),
    ],
)
def test_settings_that_do_not_exist_are_refused(options, words):
    with pytest.raises(errors.UserError) as found:
        make_model(**options)
    assert words in str(found.value)


# --- Context


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_any_number_of_context_frames_gives_the_same_shape(model, frames, count):
    made = model.predict_frames(frames[:, :count], tf.constant([1, 2], tf.int64))
    assert made.shape == (2, 2, 16, 16, 3)


def test_masked_frames_do_not_count(model, frames):
    three = tf.constant([[False, False, True]] * 2)
    noise = tf.zeros([2, 2, 2])
    found = []
    for before in (frames[:, :2], -frames[:, :2]):
        context = tf.concat([before, frames[:, 2:3]], axis=1)
        start = model.predictor.encode_context(context, three)
        found.append(model.predictor.roll_out(start, noise).frames)
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
    alone = model.predict_frames(
        frames[:, 2:3], tf.constant([1, 2], tf.int64), temperature=0.0
    )
    np.testing.assert_allclose(found[0], alone, atol=1e-6)


def test_of_a_longer_context_the_last_three_frames_count(model, frames):
    own = tf.constant([1, 2], tf.int64)
    whole = model.predict_frames(frames, own)
    np.testing.assert_array_equal(whole, model.predict_frames(frames[:, 2:], own))


def test_padding_repeats_the_first_frame_and_says_so(frames):
    context, valid = predictor.padded(frames[:, :2])
    np.testing.assert_array_equal(context[:, 0], frames[:, 0])
    np.testing.assert_array_equal(context[:, 1:], frames[:, :2])
    np.testing.assert_array_equal(valid, [[False, True, True]] * 2)


def test_training_shows_one_two_and_three_frames_at_their_shares():
    valid = rollouts.random_valid(tf.constant(4000), seeds.from_int(5)).numpy()
    counts = valid.sum(axis=1)
    assert valid[:, 2].all() and (valid[:, 1] >= valid[:, 0]).all()
    for count, share in ((1, 0.4), (2, 0.3), (3, 0.3)):
        # Three standard deviations of a share of 4000.
        assert np.mean(counts == count) == pytest.approx(share, abs=0.024)


# --- Trajectories


def test_another_seed_is_another_course_and_a_longer_one_begins_alike(model, frames):
    context = frames[:1, :3]
    first, other = (
        model.predict_frames(context, tf.constant([seed], tf.int64)) for seed in (3, 4)
    )
    assert np.abs(first - other).max() > 1e-4
    longer = model.predict_frames(context, tf.constant([3], tf.int64), frames=5)
    np.testing.assert_allclose(longer[:, :2], first, atol=1e-6)


def test_a_prediction_depends_on_its_own_clip_alone(model, frames):
    own = tf.constant([3, 4], tf.int64)
    both = model.predict_frames(frames[:, :3], own)
    alone = model.predict_frames(frames[1:, :3], own[1:])
    np.testing.assert_allclose(both[1:], alone, atol=1e-6)


def test_evaluations_predict_the_context_s_continuation(model, frames):
    found = model.evaluation_outputs({"frames": frames})
    np.testing.assert_array_equal(found["frames"][:, :3], frames[:, :3])
    assert found["samples"].shape == (2, 2, 2, 16, 16, 3)
    assert found["long_frames"].shape == (2, 10, 16, 16, 3)
    np.testing.assert_allclose(
        found["samples"][:, 0], found["long_frames"][:, :2], atol=1e-5
    )


def test_evaluations_give_as_many_frames_as_asked_for(model, frames, monkeypatch):
    longer = tf.concat(
        [-frames[:, :2], frames], axis=1
    )  # three last of five are the same
    short = model.evaluation_outputs({"frames": frames})
    options = dataclasses.replace(model.options, context=5)
    monkeypatch.setattr(model, "options", options)
    found = model.evaluation_outputs({"frames": longer})
    np.testing.assert_array_equal(found["frames"][:, :5], longer[:, :5])
    np.testing.assert_allclose(
        found["frames"][:, 5:], short["frames"][:, 3:], atol=1e-6
    )
    assert found["samples"].shape == (2, 2, 2, 16, 16, 3)


@pytest.mark.parametrize("name", ["context", "num_samples"])
def test_evaluations_without_frames_or_samples_are_refused(name):
    with pytest.raises(errors.UserError, match=rf"`{name}` \(0\) must be at least 1"):
        prediction.Options(**{name: 0})


# --- Content and motion


def test_codes_of_a_clip_have_their_sizes_and_swap_moves_content(model, frames):
    codes = model.predictor.encode(frames)
    assert {name: tuple(code.shape) for name, code in codes.items()} == {
        "content_code": (2, 3),
        "motion_codes": (2, 4, 2),
        "clip_code": (2, 3),
    }
    assert model.predictor.swap(frames[:, :1], frames).shape == (2, 2, 16, 16, 3)


def test_content_comes_from_one_clip_and_motion_from_the_other(model, frames):
    other = frames[::-1]
    made = model.predictor.swap(frames[:, :3], other)
    another_motion = model.predictor.swap(frames[:, :3], -other)
    another_content = model.predictor.swap(-frames[:, :3], other)
    for changed in (another_motion, another_content):
        assert np.abs(made - changed).max() > 1e-4
    # The content clip's frames before the last three say nothing.
    longer = tf.concat([-frames[:, :1], frames[:, :3]], axis=1)
    np.testing.assert_array_equal(made, model.predictor.swap(longer, other))


def test_some_content_comes_from_another_time(frames):
    number = 400
    clips = tf.repeat(frames[:1], number, axis=0)
    context = clips[:, :3]
    valid = tf.fill([number, 3], True)
    moved, moved_valid = rollouts.from_another_time(
        clips, context, valid, seeds.from_int(2)
    )
    is_other = ~moved_valid.numpy()[:, 0]
    # Three standard deviations of a half of 400.
    assert is_other.mean() == pytest.approx(0.5, abs=0.075)
    assert moved_valid.numpy()[:, 2].all()
    np.testing.assert_array_equal(moved.numpy()[~is_other], context[~is_other])
    lasts = moved.numpy()[is_other][:, 2]
    known = [np.abs(lasts - one).max(axis=(1, 2, 3)) == 0 for one in frames[0].numpy()]
    assert np.all(np.any(known, axis=0)) and all(one.any() for one in known)


@pytest.mark.parametrize("temperature", [0.0, 0.5])
def test_answers_have_as_much_noise_as_the_temperature_says(frames, temperature):
    model = make_model(temperature=temperature)
    model.build_for(SPEC)
    context = tf.cast(127.5 * (frames[:, :3] + 1.0), tf.uint8)
    seen = tf.cast(context, tf.float32) / 127.5 - 1.0
    draws = tf.constant([1, 2], tf.int64)
    expected = model.predict_frames(seen, draws, temperature=temperature)
    answer = model.serving_functions()["predict"].function(context=context, seed=draws)
    video = tf.cast(answer["video"], tf.float32) / 127.5 - 1.0
    np.testing.assert_allclose(video, expected, atol=1.01 / 127.5)
    # The seed matters but where there is no noise.
    other = model.predict_frames(seen, draws + 7, temperature=temperature)
    assert np.any(other != expected) == (temperature > 0.0)


def test_the_temperature_reaches_what_is_served(monkeypatch):
    # A fresh generator hardly looks at its codes: pixels alone would not show it.
    model = make_model(temperature=0.5)
    model.build_for(SPEC)
    asked, whole = [], model.predict_frames

    def predict(*args, **options):
        asked.append(options["temperature"])
        return whole(*args, **options)

    monkeypatch.setattr(model, "predict_frames", predict)
    context = tf.zeros([2, 3, 16, 16, 3], tf.uint8)
    draws = tf.constant([1, 2], tf.int64)
    model.serving_functions()["predict"].function(context=context, seed=draws)
    assert asked == [0.5]


def test_a_negative_temperature_is_refused():
    with pytest.raises(errors.UserError, match=r"`temperature` \(-0.5\)"):
        prediction.Options(temperature=-0.5)


# --- Training


def test_critics_count_from_their_start_and_in_full_after_the_ramp():
    weights = objective.LossWeights(adversarial_start=4, adversarial_ramp=4)
    steps = [tf.constant(step) for step in (0, 4, 6, 8, 100)]
    found = [float(weights.adversarial_share(step)) for step in steps]
    assert found == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_predictions_of_sampled_latents_are_not_compared(frames):
    model = make_model()
    model.build_for(SPEC)
    shared = rollouts.train(model.predictor, frames, seeds.from_int(0))
    losses = {}
    for is_mean in (True, False):
        given = shared | {"is_mean": tf.fill([2], is_mean)}
        found, _ = model.generator_losses({"frames": frames}, given, seeds.from_int(1))
        losses[is_mean] = {name: float(value) for name, value in found.items()}
    assert losses[True]["generator/prior_l1"] > 0.1
    assert losses[False]["generator/prior_l1"] == 0.0
    same = "generator/posterior_l1"
    assert losses[True][same] == losses[False][same] > 0.1


@pytest.mark.long
def test_training_moves_what_moves():
    """Frames of stripes that move a row at a time: held still they would cost more."""
    quick = keras.optimizers.Adam(3e-3)
    weights = objective.LossWeights(video=0.0, image=0.0)
    options = {"width": 4, "pair_width": 4, "motion_state": 16, "weights": weights}
    model = make_model(generator_optimizer=quick, **options)
    model.build_for(SPEC)
    rows = np.linspace(-1.0, 1.0, 16, dtype=np.float32)
    stripes = np.stack([np.roll(rows, shift) for shift in range(5)])  # [T, H]
    clips = np.stack([stripes, -stripes])[..., np.newaxis, np.newaxis]
    batch = {"frames": tf.constant(np.tile(clips, [1, 1, 1, 16, 3]))}
    step = tf.function(model.train_step)
    before = float(step(batch)["generator/posterior_l1"])
    for _ in range(120):
        after = float(step(batch)["generator/posterior_l1"])
    assert after < 0.7 * before
    averages = [one.numpy() for one in model.ema.averages]
    weights = [v.numpy() for n in model.averaged_networks for v in _floats(model, n)]
    assert any(
        np.abs(a - w).max() > 1e-6 for a, w in zip(averages, weights, strict=True)
    )


def _floats(model, name):
    return [v for v in model.networks[name].variables if "float" in v.dtype]


# --- Encoders


@pytest.mark.long
def test_bfloat16_predictions_are_near_those_of_float32(frames):
    made = []
    for policy in ("float32", "mixed_bfloat16"):
        keras.config.set_dtype_policy(policy)
        try:
            model = CASE.build()
            made.append(
                model.predict_frames(frames[:, :3], tf.constant([1, 2], tf.int64))
            )
        finally:
            keras.config.set_dtype_policy("float32")
    assert made[1].dtype == tf.float32
    # The spec's bar is 2e-2 of the range.
    assert np.abs(made[0] - made[1]).max() < 4e-2


def test_encoders_see_rows_and_columns():
    frames = tf.ones([2, 2, 3, 1])
    seen = encoders._with_coordinates(frames)
    rows = [[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]]
    columns = [[-1.0, 0.0, 1.0]] * 2
    for one in seen:
        np.testing.assert_array_equal(
            one, np.stack([np.ones([2, 3]), rows, columns], -1)
        )


def test_a_pair_encoder_knows_where_things_are():
    encoder = encoders.PairEncoder(width=2, code_size=4)
    left = np.zeros((1, 32, 32, 1), np.float32)
    left[0, 8:16, 8:16] = 1.0
    right = np.roll(left, 16, axis=2)
    codes = [
        encoder(tf.constant(one), tf.constant(one)).numpy() for one in (left, right)
    ]
    assert np.abs(codes[0] - codes[1]).max() > 1e-3


def test_the_last_frame_s_weight_is_learnt_and_masked_frames_have_none():
    encoder = encoders.ContentEncoder(width=2, code_size=3)
    frames = seeds.uniform([1, 3, 16, 16, 3], seeds.from_int(3), -1.0, 1.0)

    def pick(*flags):
        return encoder(frames, tf.constant([list(flags)])).maps.numpy()

    maps = [encoder.feature_maps(frames[:, t])[-1].numpy() for t in range(3)]
    np.testing.assert_allclose(pick(True, True, True), np.mean(maps, axis=0), atol=1e-5)
    np.testing.assert_allclose(pick(False, False, True), maps[2], atol=1e-5)
    encoder.last_weight.assign(np.log(3.0))
    expected = 0.25 * maps[1] + 0.75 * maps[2]
    np.testing.assert_allclose(pick(False, True, True), expected, atol=1e-5)
