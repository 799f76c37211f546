"""DVD-GAN keeps the promises of a model, and is faithful where public code is not."""

import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors, seeds
from tfvideogan.models.dvdgan import model as dvdgan

SPEC = clip.ClipSpec(4, 16, 16, num_classes=3)


def make_model(
    seed: int = 0, *, ema_decay: float = 0.999, ema_start: int = 0, **options: object
) -> dvdgan.DVDGAN:
    """Returns the smallest DVD-GAN."""
    tiny = {"width": 1, "critic_width": 1, "latent": 4, "embedding": 3}
    tiny |= {"num_frames_judged": 2, "standing_batches": 2, "standing_clips": 2}
    tiny |= {"long_multiple": 2}
    return dvdgan.DVDGAN(
        dvdgan.Options(**tiny | options),
        seed=seed,
        ema_decay=ema_decay,
        ema_start=ema_start,
    )


CASE = check_model.Case(make_model=make_model, spec=SPEC, draw=check_model.wave)


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


@pytest.fixture(scope="module")
def model():
    return CASE.build()


@pytest.mark.long
def test_the_critics_are_updated_twice_each_time_with_real_clips_of_their_own(
    model, monkeypatch
):
    seen, drawn = [], []
    losses = model.critic_losses

    def watched(batch, shared, seed):
        seen.append(batch["frames"].numpy())
        drawn.append(seed.numpy())
        return losses(batch, shared, seed)

    monkeypatch.setattr(model, "critic_losses", watched)
    [critic, generator] = model.make_phases()
    assert (critic.repeats, critic.own_batches, generator.repeats) == (2, True, 1)
    monkeypatch.setattr(model, "phases", (critic, generator))
    assert model.batches_per_step == 2
    batch = CASE.batch(4)
    with check_model.eagerly():
        model.train_step(batch)
    np.testing.assert_array_equal(np.concatenate(seen), batch["frames"])
    assert not np.array_equal(seen[0], seen[1])
    # And with fresh codes.
    assert not np.array_equal(drawn[0], drawn[1])


def test_the_generator_is_told_by_scores_not_by_a_hinge(model):
    """Its loss is linear in the critics' last bias, beyond any margin."""
    batch, seed = CASE.batch(), seeds.from_int(1)
    spatial = model.critics["spatial_critic"].score.bias
    before = spatial.value.numpy()
    found = []
    for bias in (0.0, 100.0, -100.0):
        spatial.assign([bias])
        losses, _ = model.generator_losses(batch, None, seed)
        found.append(float(losses["generator/spatial_critic"]))
    spatial.assign(before)
    # Two frames are judged, and their logits added.
    np.testing.assert_allclose(
        np.array(found[1:]) - found[0], [-200.0, 200.0], atol=0.1
    )


def test_the_score_may_be_a_mean(model):
    built = make_model(score_reduction="mean")
    built.build_for(SPEC)
    spatial = built.critics["spatial_critic"].score.bias
    found = []
    for bias in (0.0, 100.0):
        spatial.assign([bias])
        losses, _ = built.generator_losses(CASE.batch(), None, seeds.from_int(1))
        found.append(float(losses["generator/spatial_critic"]))
    assert found[0] - found[1] == pytest.approx(100.0, abs=0.1)


def test_rates_and_betas_are_those_of_the_second_version():
    built = dvdgan.DVDGAN()
    generator, critic = built.generator_optimizer, built.critic_optimizer
    assert (float(generator.learning_rate), float(critic.learning_rate)) == (
        pytest.approx(1e-4),
        pytest.approx(5e-4),
    )
    for one in (generator, critic):
        assert (one.beta_1, one.beta_2) == (0.0, 0.999)
    assert (built.ema_decay, built.ema_start) == (0.9999, 20_000)
    options = built.options
    assert (options.num_frames_judged, options.critic_steps) == (8, 2)
    assert options.latent == options.embedding == 120
    assert options.score_reduction == "sum" and options.temporal_pool == 2


@pytest.mark.long
def test_averages_begin_late_and_are_judged_with_statistics_of_their_own():
    built = make_model(ema_start=2, ema_decay=0.9)
    built.build_for(SPEC)
    norm = built.generator.norms[-1]
    with check_model.eagerly():
        for _ in range(2):
            built.train_step(CASE.batch())
            raw = [one.value for one in built.generator.variables]
            for one, average in zip(raw, built.ema.averages, strict=True):
                np.testing.assert_array_equal(one, average)
        built.train_step(CASE.batch())
    kernel = built.generator.to_colour.weight.kernel
    raw, moving = kernel.value.numpy(), norm.moving_mean.value.numpy()
    with built.ema.swapped():
        assert np.abs(kernel.value - raw).max() > 0
        standing = norm.moving_mean.value.numpy()
        clips = built.generate(tf.constant([1], tf.int64))
    assert np.abs(standing - moving).max() > 1e-4
    assert np.isfinite(clips).all()
    np.testing.assert_array_equal(kernel.value, raw)
    np.testing.assert_array_equal(norm.moving_mean.value, moving)
    # The statistics are the same each time.
    with built.ema.swapped():
        np.testing.assert_allclose(norm.moving_mean.value, standing, atol=1e-6)


def test_standing_statistics_are_means_over_batches(model):
    norm = model.generator.norms[0]
    found = []

    def moments(number):
        seed = seeds.fold(seeds.from_int(model.seed), "standing", number)
        condition = model.generator.condition(
            seeds.normal([2, 4], seeds.fold(seed, "latent")),
            seeds.integers([2], seeds.fold(seed, "labels"), 3),
        )
        return condition.numpy()

    # Different batches are made of different codes.
    assert np.abs(moments(0) - moments(1)).max() > 0.1
    with model.ema.swapped():
        for _ in range(2):
            model.settle()
            found.append(norm.moving_mean.value.numpy())
    np.testing.assert_allclose(found[0], found[1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "spec", "text"),
    [
        (
            {"num_frames_judged": 5},
            SPEC,
            r"`num_frames_judged` \(5\) must be 1 to the 4",
        ),
        (
            {"num_frames_judged": 0},
            SPEC,
            r"`num_frames_judged` \(0\) must be 1 to the 4",
        ),
        ({"categories": 7}, SPEC, r"`categories` \(7\) must be the number of classes"),
    ],
)
def test_what_does_not_fit_the_clips_is_one_line(options, spec, text):
    with pytest.raises(errors.UserError, match=text):
        make_model(**options).build_for(spec)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"temporal_pool": 3}, r"`temporal_pool` \(3\) must be one of 1, 2, 4"),
        (
            {"recurrence": "gru"},
            r"`recurrence` \('gru'\) must be one of conv_gru, tsru_c",
        ),
        ({"critics": ()}, r"`critics` \(\(\)\) must be one or more of spatial_critic"),
        ({"critics": ("local",)}, r"`critics` \(\('local',\)\) must be one or more of"),
        ({"critics": "local_critic"}, r"`critics` \('local_critic'\) must be one or"),
        ({"critics": ("local_critic",) * 2}, r"coarse_critic, local_critic, each once"),
        ({"score_reduction": "max"}, r"`score_reduction` \('max'\) must be one of sum"),
    ],
)
def test_settings_without_a_choice_are_one_line(options, text):
    with pytest.raises(errors.UserError, match=text):
        dvdgan.Options(**options)


def test_labels_may_be_left_alone():
    built = make_model(categories=0)
    built.build_for(SPEC)
    assert built.generator.embedding is None
    assert built.critics["temporal_critic"].embedding is None
    losses, _ = built.critic_losses(CASE.batch(), None, seeds.from_int(1))
    assert all(np.isfinite(float(one)) for one in losses.values())
    assert set(built.serving_functions()["generate"].inputs) == {"seed"}
