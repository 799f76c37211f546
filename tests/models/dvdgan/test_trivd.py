"""TrIVD-GAN is DVD-GAN with other units and critics, for classes and for prediction."""

import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, seeds
from tfvideogan.models.dvdgan import discriminators
from tfvideogan.models.dvdgan import model as dvdgan
from tfvideogan.models.dvdgan.prediction import model as prediction

CRITICS = ("coarse_critic", "local_critic", "temporal_critic")
TINY = {"width": 1, "critic_width": 1, "latent": 4, "embedding": 3}
TINY |= {"num_frames_judged": 2, "has_attention": False, "critics": CRITICS}
SPEC = clip.ClipSpec(4, 16, 16, num_classes=3)
CONTEXT = 2


def make_model(seed: int = 0) -> dvdgan.DVDGAN:
    """Returns the smallest TrIVD-GAN of classes."""
    options = dvdgan.Options(**TINY, recurrence="tsru_s", standing_batches=0)
    return dvdgan.DVDGAN(options, seed=seed, ema_decay=0.999, ema_start=0)


def make_predictor(seed: int = 0) -> prediction.PredictionDVDGAN:
    """Returns the smallest TrIVD-GAN-FP."""
    options = prediction.Options(
        **TINY, recurrence="tsru_p", encoder_width=1, num_context=CONTEXT, l1=10.0
    )
    return prediction.PredictionDVDGAN(options, seed=seed, ema_decay=0.999, ema_start=0)


CASES = {
    make: check_model.Case(make_model=make, spec=spec, draw=check_model.wave)
    for make, spec in ((make_model, SPEC), (make_predictor, clip.ClipSpec(4, 16, 16)))
}
# What units and critics of their own could break; the rest is DVD-GAN's.
CHECKS = (
    check_model.a_phase_changes_its_networks_only,
    check_model.losses_are_finite_and_named,
)
COSTLY_CHECKS = (
    check_model.eager_equals_graph,
    check_model.two_replicas_equal_one,
    check_model.half_precision_stays_finite,
)


def with_flow(model: object) -> object:
    """Makes states move, and gives them some size; see tests of the prediction form."""
    for number, one in enumerate(model.generator.trainable_variables):
        if "kernel" in one.path:
            one.assign(seeds.normal(one.shape, seeds.from_int(number)))
    for group in model.generator.groups:
        group.recurrence.gain.assign(1.0)
    return model


@pytest.mark.long
@pytest.mark.parametrize("check", CHECKS, ids=check_model.name)
@pytest.mark.parametrize("make", [make_model, make_predictor])
def test_conformance(check, make, monkeypatch):
    check(CASES[make], monkeypatch)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(COSTLY_CHECKS), ids=check_model.name
)
def test_conformance_of_long_checks(check, monkeypatch):
    check(CASES[make_model], monkeypatch)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.FILE_CHECKS), ids=check_model.name
)
def test_conformance_of_files(check, monkeypatch, tmp_path):
    check(CASES[make_predictor], monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def predictor():
    return with_flow(CASES[make_predictor].build())


def test_all_three_critics_judge_and_their_losses_are_added():
    model = CASES[make_model].build()
    assert tuple(model.critics) == CRITICS
    critic, generator = model.make_phases()
    assert critic.networks == CRITICS and generator.networks == ("generator",)
    losses, _ = model.critic_losses(CASES[make_model].batch(), None, seeds.from_int(1))
    assert set(losses) == {f"critic/{name}" for name in CRITICS}


def test_each_critic_teaches_the_generator_what_it_sees(predictor):
    """Gradients reach the clips everywhere, but of what is cropped at its place only."""
    clips = CASES[make_predictor].batch()["frames"]
    seed, labels = seeds.from_int(1), tf.zeros([2], tf.int32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(clips)
        judged = predictor.judge(clips, labels, seed, training=False)
        scores = {name: tf.reduce_sum(one) for name, one in judged.items()}
    found = {  # whether a pixel has a gradient, [N, T, H, W]
        name: np.abs(tape.gradient(one, clips)).max(axis=-1) > 0
        for name, one in scores.items()
    }
    assert found["temporal_critic"].mean() > 0.9
    # k = 2 frames of 4.
    assert found["coarse_critic"].any(axis=(2, 3)).sum() == 2 * 2
    for one in found["local_critic"]:
        rows, columns = one.any(axis=(0, 2)).nonzero()[0], one.any(axis=(0, 1))
        assert len(rows) == columns.sum() == 8
        assert one[:, rows].mean() == pytest.approx(0.5, abs=0.1)
        assert one.any(axis=(1, 2)).all()


@pytest.mark.long
@pytest.mark.parametrize("make", CASES)
def test_gradients_reach_every_variable_of_the_units(make):
    case = CASES[make]
    model, batch = with_flow(case.build()), case.batch()
    units = [group.recurrence for group in model.generator.groups]
    variables = [one for unit in units for one in unit.trainable_variables]
    assert len(units) == 2 and len(variables) == 2 * 9
    with tf.GradientTape() as tape:
        losses, _ = model.generator_losses(batch, None, seeds.from_int(1))
        total = tf.add_n(list(losses.values()))
    assert set(losses) - {"generator/l1"} == {f"generator/{one}" for one in CRITICS}
    for one, gradient in zip(
        variables, tape.gradient(total, [v.value for v in variables]), strict=True
    ):
        assert gradient is not None and np.abs(gradient).max() > 0, one.path


def test_the_encoder_gives_every_unit_its_first_state(predictor):
    frames, latent = CASES[make_predictor].batch()["frames"], tf.zeros([2, 4])
    states, others = (
        predictor.encoder(one[:, :CONTEXT]) for one in (frames, frames[:, ::-1])
    )
    assert len(states) == 2 and all(one is not None for one in states)
    before, _ = predictor.generator(latent, num_frames=2, states=states)
    for level in range(2):
        mixed = (*states[:level], others[level], *states[level + 1 :])
        made, _ = predictor.generator(latent, num_frames=2, states=mixed)
        assert np.abs(made - before).max() > 1e-3, level


def test_views_have_the_sizes_of_the_paper(predictor):
    """(k + T) H W / s^2 pixels of the two, and the small clip."""
    clips = tf.zeros([1, 4, 16, 16, 3])
    found = {
        name: critic.view(clips, seeds.from_int(0)).shape[1:4]
        for name, critic in predictor.critics.items()
    }
    assert found == {
        "coarse_critic": (2, 8, 8),
        "local_critic": (4, 8, 8),
        "temporal_critic": (4, 8, 8),
    }
    assert isinstance(predictor.critics["local_critic"].view, discriminators.Cropped)
