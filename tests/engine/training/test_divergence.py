"""Steps that are skipped too often, and variables that are lost, end a training."""

import math

import keras
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.engine import build
from tfvideogan.engine.training import divergence

GOOD = {"skipped": 0.0, "g/rec": 1.0}
BAD = {"skipped": 1.0, "g/rec": math.nan}


def watch(**options: object) -> divergence.SkipWatch:
    options = {"max_in_a_row": 20, "max_share": 0.25, **options}
    return divergence.SkipWatch(["g"], **options)


def test_a_row_of_skipped_steps_is_counted_over_blocks() -> None:
    one = watch(max_in_a_row=3)
    one.add([BAD, BAD, GOOD, BAD], 4)
    one.add([BAD], 5)
    with pytest.raises(divergence.TrainingDiverged) as caught:
        one.add([BAD, BAD], 7)
    assert "stopped at step 7" in str(caught.value)
    assert "4 steps in a row" in str(caught.value)
    assert "`g/rec` blew" in str(caught.value)


def test_every_third_step_skipped_ends_the_training() -> None:
    one = watch()
    with pytest.raises(divergence.TrainingDiverged, match="10 of the last 30 steps"):
        for step in range(1, 200):
            one.add([GOOD if step % 3 else BAD], step)
    assert step == 30


def test_every_fifth_step_does_not() -> None:
    one = watch()
    for step in range(1, 200):
        one.add([GOOD if step % 5 else BAD], step)


def test_the_search_for_a_loss_scale_is_no_divergence() -> None:
    one = watch(is_scaled=True)
    one.add([BAD] * 15, 15)
    for step in range(16, 200):
        one.add([GOOD], step)


@pytest.mark.parametrize(
    "options", [{"max_in_a_row": 0}, {"max_share": 0.0}, {"max_share": 1.5}]
)
def test_numbers_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(errors.UserError, match="`max_skipped_"):
        watch(**options)


def test_blame_prefers_losses_to_their_consequences() -> None:
    nan = math.nan
    row = {"critic/real": 1.0, "g/rec": nan, "grad_norm/g": nan, "learning_rate/g": 1.0}
    phases = ("critic", "g")
    assert divergence.blame(row, phases) == "`g/rec`"
    row = {"critic/real": 1.0, "grad_norm/g": nan}
    assert divergence.blame(row, phases) == "`grad_norm/g`"


def test_the_first_gradients_of_a_step_tell_of_the_weights_before_it() -> None:
    lost_here = {"grad_norm/critic": 1.0, "grad_norm/g": math.nan, "skipped": 1.0}
    lost_before = {"grad_norm/critic": math.inf, "grad_norm/g": 1.0, "skipped": 1.0}
    assert divergence.was_sound(lost_here) and not divergence.was_sound(lost_before)
    assert divergence.was_sound(GOOD) and not divergence.was_sound(BAD)


@pytest.mark.parametrize("value", [math.nan, math.inf, 2.5e30])
def test_lost_weights_are_named(
    value: float, built: build.Built, one_device: tf.distribute.Strategy
) -> None:
    items = built.model.checkpoint_items()
    assert divergence.broken_variables(items, one_device) == []
    kernel = built.model.critic.last.kernel
    kernel.assign(keras.ops.full(kernel.shape, value))
    assert divergence.broken_variables(items, one_device) == ["critic"]


def test_an_optimizer_may_hold_large_squares(
    built: build.Built, one_device: tf.distribute.Strategy
) -> None:
    items = built.model.checkpoint_items()
    slot = built.model.optimizers["critic"].variables[-1]
    slot.assign(keras.ops.full(slot.shape, 1e25))
    assert divergence.broken_variables(items, one_device) == []
    slot.assign(keras.ops.full(slot.shape, math.inf))
    assert divergence.broken_variables(items, one_device) == ["critic_optimizer"]
