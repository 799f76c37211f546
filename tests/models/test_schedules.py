"""Published schedules as data: who is updated, at which step, how often, with which clips.

NumPy follows every update of the single weights.
"""

from collections.abc import Callable, Mapping

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models import single_weights as single
from tfvideogan.core import errors, seeds
from tfvideogan.losses import penalties
from tfvideogan.models import phase

MOMENTUM = 0.5


class Sgd:
    """SGD with momentum as Keras has it, for single weights."""

    def __init__(self, momentum: float = 0.0) -> None:
        self.momentum = momentum
        self.speed: dict[str, float] = {}

    def apply(self, state: dict[str, float], name: str, gradient: float) -> None:
        speed = self.momentum * self.speed.get(name, 0.0) - single.RATE * gradient
        self.speed[name] = speed
        state[name] += speed


# --- StyleGAN2: lazy R1 and path length as updates of their own, optimizers shared


def test_stylegan2_regularizes_lazily_with_the_optimizers_of_the_main_losses():
    def schedule(toy: single.Toy) -> list[phase.Phase]:
        g, c = (keras.optimizers.SGD(single.RATE, momentum=MOMENTUM) for _ in range(2))
        generator = {"networks": ["generator"], "optimizer": g}
        critic = {"networks": ["critic"], "optimizer": c}
        return [
            toy.update_of("generator", loss=toy.fool, **generator),
            toy.update_of("path", loss=toy.path, every=2, gain=2.0, **generator),
            toy.update_of("critic", loss=toy.judge, **critic),
            toy.update_of("r1", loss=toy.r1, every=4, gain=4.0, **critic),
        ]

    model, weights, logs, real = single.train(schedule, steps=9)
    state, wanted = dict(single.START), []
    of_generator, of_critic = Sgd(MOMENTUM), Sgd(MOMENTUM)
    for step, numbers in enumerate(real):
        of_generator.apply(state, "generator", -state["critic"])
        if step % 2 == 0:
            of_generator.apply(state, "generator", 2 * 2 * (state["generator"] - 1))
        of_critic.apply(state, "critic", state["generator"] - numbers.mean())
        if step % 4 == 0:
            of_critic.apply(state, "critic", 4 * state["critic"])
        wanted.append(dict(state))
    single.assert_equal(weights, wanted)
    # 9 steps; path length on 0, 2, 4, 6, 8, R1 on 0, 4, 8.
    iterations = {name: int(one.iterations) for name, one in model.optimizers.items()}
    assert iterations == {"generator": 9 + 5, "critic": 9 + 3}
    assert ["r1/loss" in row for row in logs] == [step % 4 == 0 for step in range(9)]
    # Logs are without gain: the weight that R1 saw is that before its update.
    assert logs[0]["grad_norm/r1"] == pytest.approx(4 * np.sqrt(2 * logs[0]["r1/loss"]))


# --- Lazy R1 inside the critic's update


def _lazy(is_joined: bool) -> Callable[[single.Toy], list[phase.Phase]]:
    """R1 on every third step: as a phase that joins, or as a condition in the loss."""

    def penalty(toy: single.Toy, batch: Mapping, seed: tf.Tensor) -> tf.Tensor:
        # A curved critic and a drawn sample: the slope depends on both.
        column = batch["frames"][:, 0, 0, 0, :1]
        noise = seeds.normal(tf.shape(column), seeds.fold(seed, "r1"))
        return 0.5 * penalties.r1_penalty(
            lambda x: tf.sin(x * toy.weight("critic")), column + noise
        )

    def schedule(toy: single.Toy) -> list[phase.Phase]:
        def critic(batch, shared, seed):
            real = batch["frames"][:, 0, 0, 0, 0]
            losses = {"critic/loss": toy.judge(real)}
            if not is_joined:
                losses["critic/r1"] = tf.cond(
                    toy.step % 3 == 0,
                    lambda: 3 * penalty(toy, batch, seed),
                    lambda: tf.constant(0.0),
                )
            return losses, {}

        def r1(batch, shared, seed):
            return {"critic/r1": penalty(toy, batch, seed)}, {}

        adam = keras.optimizers.Adam(single.RATE)
        found = [
            phase.Phase("critic", ("critic",), critic, adam, repeats=2),
            toy.update_of("generator", ["generator"], toy.fool),
        ]
        if is_joined:
            found.append(phase.Phase("r1", (), r1, joins="critic", every=3, gain=3.0))
        return found

    return schedule


def test_lazy_r1_as_a_joining_phase_equals_the_conditional_form():
    joined, weights, logs, _ = single.train(_lazy(is_joined=True), steps=8)
    _, wanted, conditional, _ = single.train(_lazy(is_joined=False), steps=8)
    for one, other in zip(weights, wanted, strict=True):
        assert one == pytest.approx(other, abs=1e-6)
    assert int(joined.optimizers["critic"].iterations) == 8 * 2
    for step, (row, other) in enumerate(zip(logs, conditional, strict=True)):
        assert ("critic/r1" in row) == (step % 3 == 0)  # These steps are eager.
        for name in ("critic/r1", "grad_norm/critic"):
            assert row.get(name, 0.0) == pytest.approx(other[name], abs=1e-5)
    # It matters: without R1 the critic is another one.
    _, without, *_ = single.train(lambda toy: _lazy(is_joined=True)(toy)[:2], steps=8)
    assert abs(without[-1]["critic"] - wanted[-1]["critic"]) > 1e-3


@pytest.mark.parametrize("active", [None, ("critic", "generator")], ids=["fit", "ours"])
def test_a_joining_phase_is_a_condition_in_one_graph(active):
    _, wanted, logs, real = single.train(_lazy(is_joined=True), steps=5)
    toy = single.Toy(_lazy(is_joined=True))
    toy.build_for(single.SPEC)
    step = tf.function(lambda batch: toy.train_step(batch, active))
    for numbers, weights, row in zip(real, wanted, logs, strict=True):
        found = step(single.batch_of(numbers))
        after = {name: float(toy.weight(name)) for name in single.START}
        assert after == pytest.approx(weights, abs=1e-6)
        # With the gain where it is due, else 0: its mean is what it adds to a step.
        known = row.get("critic/r1", 0.0)
        assert float(found["critic/r1"]) == pytest.approx(known, abs=1e-6)
    assert step.experimental_get_tracing_count() == 1


# --- BigGAN and WGAN-GP: the critic learns more often, with clips of its own


def test_biggan_updates_its_critic_twice_with_different_clips():
    def schedule(toy: single.Toy) -> list[phase.Phase]:
        twice = {"repeats": 2, "own_batches": True}
        return [
            toy.update_of("critic", ["critic"], toy.judge, **twice),
            toy.update_of("generator", ["generator"], toy.rebuild),
        ]

    model, weights, logs, real = single.train(schedule, steps=3, clips=6)
    assert model.batches_per_step == 2
    state, wanted, sgd = dict(single.START), [], Sgd()
    for numbers in real:
        for own in (numbers[:3], numbers[3:]):
            sgd.apply(state, "critic", state["generator"] - own.mean())
        # The generator sees the first batch.
        gradient = 2 * (state["generator"] - numbers[:3].mean())
        sgd.apply(state, "generator", gradient)
        wanted.append(dict(state))
    single.assert_equal(weights, wanted)
    assert model.calls == ["critic", "critic", "generator"] * 3
    # Of a phase that repeats, the last update is logged.
    assert [row["real/critic"] for row in logs] == pytest.approx(list(real[:, 3]))
    assert [row["real/generator"] for row in logs] == pytest.approx(list(real[:, 0]))


def test_wgan_gp_updates_its_critic_five_times():
    def schedule(toy: single.Toy) -> list[phase.Phase]:
        def critic(batch, shared, seed):
            real = batch["frames"][:, 0, 0, 0, :1]
            slope = penalties.gradient_penalty(
                lambda x: x * toy.weight("critic"), real, tf.zeros_like(real), seed
            )
            losses = {"critic/loss": toy.judge(real), "critic/slope": 10.0 * slope}
            return losses, {}

        slow = keras.optimizers.SGD(single.RATE / 10)
        options = {"repeats": 5, "own_batches": True}
        return [
            phase.Phase("critic", ("critic",), critic, slow, **options),
            toy.update_of("generator", ["generator"], toy.fool),
        ]

    model, weights, _, real = single.train(schedule, steps=3, clips=10)
    state, wanted = dict(single.START), []
    for numbers in real:
        for own in numbers.reshape(5, 2):
            # c (g - x) + 10 (|c| - 1)^2
            slope = 20 * (abs(state["critic"]) - 1) * np.sign(state["critic"])
            gradient = state["generator"] - own.mean() + slope
            state["critic"] -= single.RATE / 10 * gradient
        state["generator"] += single.RATE * state["critic"]
        wanted.append(dict(state))
    single.assert_equal(weights, wanted)
    assert int(model.optimizers["critic"].iterations) == 15


def test_clips_that_the_repeats_cannot_share_are_refused():
    def schedule(toy: single.Toy) -> list[phase.Phase]:
        twice = {"repeats": 2, "own_batches": True}
        return [toy.update_of("critic", ["critic"], toy.judge, **twice)]

    with pytest.raises(errors.UserError, match="3 examples .* into the 2 parts"):
        single.train(schedule, steps=1, clips=3)


# --- Windows of steps


def test_adversarial_steps_alternate_with_steps_that_rebuild():
    def schedule(toy: single.Toy) -> list[phase.Phase]:
        adversarial = {"every": 6, "length": 3}
        return [
            toy.update_of("critic", ["critic"], toy.judge, **adversarial),
            toy.update_of("generator", ["generator"], toy.fool, **adversarial),
            toy.update_of(
                "rebuild", ["generator"], toy.rebuild, every=6, length=3, offset=3
            ),
        ]

    model, weights, logs, real = single.train(schedule, steps=10)
    state, wanted, sgd = dict(single.START), [], Sgd()
    for step, numbers in enumerate(real):
        if step in (0, 1, 2, 6, 7, 8):
            sgd.apply(state, "critic", state["generator"] - numbers.mean())
            sgd.apply(state, "generator", -state["critic"])
        else:
            sgd.apply(state, "generator", 2 * (state["generator"] - numbers.mean()))
        wanted.append(dict(state))
    single.assert_equal(weights, wanted)
    pair = ["critic", "generator"]
    assert model.calls == pair * 3 + ["rebuild"] * 3 + pair * 3 + ["rebuild"]
    assert "grad_norm/critic" not in logs[3] and "grad_norm/rebuild" in logs[3]


def test_alignment_comes_first_and_rests_when_the_others_start():
    def schedule(toy: single.Toy) -> list[phase.Phase]:
        return [
            toy.update_of("alignment", ["aligner"], toy.align, stop=3),
            toy.update_of("critic", ["critic"], toy.judge, start=3),
            # Counted from its start: steps 3 and 5.
            toy.update_of("generator", ["generator"], toy.fool, start=3, every=2),
        ]

    model, weights, _, real = single.train(schedule, steps=6)
    state, wanted, sgd = dict(single.START), [], Sgd()
    for step, numbers in enumerate(real):
        if step < 3:
            sgd.apply(state, "aligner", 2 * (state["aligner"] - numbers.mean()))
        else:
            sgd.apply(state, "critic", state["generator"] - numbers.mean())
            if step in (3, 5):
                sgd.apply(state, "generator", -state["critic"])
        wanted.append(dict(state))
    single.assert_equal(weights, wanted)
    with pytest.raises(
        errors.UserError, match="but alignment, critic, generator of toy"
    ):
        model.train_step(single.batch_of(real[0]))
