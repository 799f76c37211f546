"""The published networks against the notebooks' own, weight for weight, at full width.

tests/goldens/parity_text2video.npz holds what those made of weights and inputs by formula:
tools/parity_text2video.py.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests import check_parity, source_tree
from tests.models.text2video.paper import recorded_inputs
from tfvideogan.core import clip, seeds
from tfvideogan.models import weight_names
from tfvideogan.models.text2video import history as histories
from tfvideogan.models.text2video import rollout
from tfvideogan.models.text2video.paper import model as paper
from tfvideogan.models.text2video.paper import schedules, volume

GOLDENS = source_tree.ROOT / "tests/goldens/parity_text2video.npz"
SPEC = clip.ClipSpec(
    recorded_inputs.HISTORY + 1,
    recorded_inputs.SIDE,
    recorded_inputs.SIDE,
    channels=1,
    caption_length=recorded_inputs.SENTENCE_LENGTH,
    words=("", "right"),
)
# Of the largest distance from the mean: sums of up to 65,536 float32 products in another
# order.
NETWORK, LOSS = 1e-4, 1e-3
SEED = seeds.from_int(0)


@pytest.fixture(scope="module")
def recorded():
    with np.load(GOLDENS) as file:
        return dict(file)


@pytest.fixture(scope="module")
def model(recorded):
    options = paper.Options(history_align="left")
    made = paper.PaperTextToVideo(options, schedule=schedules.Schedule("double", 0, 0))
    # No optimizer is asked for its slots, which would hold the weights twice more.
    made.spec = SPEC
    made.build_networks(SPEC)
    weights = recorded_inputs.weights(recorded["parameters"])
    for weight, value in weight_names.values(made.published_weights(), weights):
        weight.variable.assign(value)
    return made


@pytest.fixture
def with_visible_dropout(monkeypatch):
    """What is kept for training is multiplied by 1 + rate, as in the recording."""
    monkeypatch.setattr(
        tf.nn.experimental,
        "stateless_dropout",
        lambda x, rate, seed, rng_alg: x * (1.0 + rate),
    )


def known():
    """The history that was shown to the original, in [-1, 1]."""
    valid = [
        [float(place >= recorded_inputs.HISTORY - length) for place in range(10)]
        for length in recorded_inputs.LENGTHS
    ]
    frames = volume.signed(tf.constant(recorded_inputs.history()))
    return histories.History(tuple(tf.unstack(frames, axis=1)), tf.constant(valid))


def assert_frames_close(ours, theirs):
    level = theirs.mean()
    thinned = recorded_inputs.thinned(ours)
    check_parity.assert_close(thinned - level, theirs - level, NETWORK)


def test_parameters_are_those_of_the_notebooks(model):
    assert model.generator.count_params() == 25_446_477
    assert model.critic.count_params() == 455_297


def test_every_variable_has_a_name(model):
    check_parity.every_variable_has_a_name(model)


def test_history_aligned_left_is_the_volume_of_the_original(model):
    found = volume.channels(known(), align="left")
    np.testing.assert_allclose(found, recorded_inputs.volume(), atol=1e-6)


@pytest.mark.usefixtures("with_visible_dropout")
@pytest.mark.parametrize("mode", ["inference", "training"])
def test_frames_are_those_of_the_original(mode, model, recorded):
    frames = model.generator(
        recorded_inputs.volume(),
        recorded_inputs.captions(),
        SEED,
        training=mode == "training",
    )
    assert_frames_close(frames, recorded[f"frames/{mode}"])


def test_scores_are_those_of_the_original(model, recorded):
    logits = model.critic(recorded_inputs.targets())
    check_parity.assert_close(tf.sigmoid(logits), recorded["scores"], NETWORK)


def test_a_rollout_is_that_of_the_original_as_long_as_it_goes(model, recorded):
    first = volume.signed(recorded_inputs.first_frame())[tf.newaxis, tf.newaxis]
    history = histories.of_context(first, recorded_inputs.HISTORY)
    caption = tf.constant(recorded_inputs.captions()[:1])
    # The original's eleventh step is an error.
    assert len(recorded["rollout"]) == recorded_inputs.HISTORY
    made, _ = rollout.predict(model.next_frame, history, caption, num_frames=12)
    assert made.shape[1] == 12
    assert_frames_close(volume.unit(made[0, :10]), recorded["rollout"])


@pytest.fixture
def batch(model, monkeypatch):
    """Gives the losses the samples that the original was given."""
    drawn = paper.Drawn(
        tf.constant(recorded_inputs.volume()),
        tf.constant(recorded_inputs.captions()),
        tf.constant(recorded_inputs.targets()),
    )
    monkeypatch.setattr(model, "_drawn", lambda batch, seed: drawn)
    moving = model.critic.non_trainable_weights
    before = [one.numpy() for one in moving]
    yield {}
    for variable, value in zip(moving, before, strict=True):
        variable.assign(value)


@pytest.mark.usefixtures("with_visible_dropout")
def test_losses_of_the_generator_are_those_of_the_original(model, batch, recorded):
    losses, _ = model.adversarial_losses("generator", 1.0, batch, None, SEED)
    for name in ("error", "adversarial"):
        found = losses[f"generator/{name}"]
        check_parity.assert_close(found, recorded[f"loss/{name}"], LOSS)


@pytest.mark.usefixtures("with_visible_dropout")
def test_loss_of_the_critic_is_the_sum_of_the_original_s_two(model, batch, recorded):
    losses, _ = model.critic_losses("critic", batch, None, SEED)
    wanted = recorded["loss/critic_real"] + recorded["loss/critic_fake"]
    check_parity.assert_close(*losses.values(), wanted, LOSS)
