"""The one train step: phases, shared forward pass and optimizers, guard, counters, fit."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tests.models import single_weights as single
from tfvideogan.core import clip, errors, seeds
from tfvideogan.models import base, phase

SPEC = clip.ClipSpec(3, 4, 4)


class SharedGAN(base.VideoModel):
    """A scale and a shift of frames: small enough to be worked out by hand."""

    def __init__(self, *, every: int = 1, repeats: int = 1, **options: object) -> None:
        super().__init__(**options)
        self.every, self.repeats = every, repeats
        self.forward_passes = 0

    def build_networks(self, spec: clip.ClipSpec) -> None:
        self.generator = keras.layers.Dense(1, use_bias=False)
        self.critic = keras.layers.Dense(1, use_bias=False)
        for network in (self.generator, self.critic):
            network(tf.zeros([1, 1]))
            network.set_weights([np.ones([1, 1])])

    def make_phases(self) -> tuple[phase.Phase, ...]:
        return (
            phase.Phase(
                "critic",
                ("critic",),
                self.critic_losses,
                keras.optimizers.SGD(0.1),
                repeats=self.repeats,
            ),
            phase.Phase(
                "generator",
                ("generator",),
                self.generator_losses,
                keras.optimizers.SGD(0.1),
                every=self.every,
                trains_shared=True,
            ),
        )

    @property
    def networks(self) -> dict[str, keras.Layer]:
        return {"generator": self.generator, "critic": self.critic}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        return ("generator",)

    def shared_forward(self, batch, seed):
        self.forward_passes += 1
        means = tf.reduce_mean(batch["frames"], axis=[1, 2, 3, 4])[:, tf.newaxis]
        return {"fake": self.generator(means)}

    def critic_losses(self, batch, shared, seed):
        score = tf.reduce_mean(self.critic(shared["fake"]))
        return {"critic/fake": score}, {"logits/fake": score, "histogram/fake/0": score}

    def generator_losses(self, batch, shared, seed):
        return {"generator/fake": -tf.reduce_mean(self.critic(shared["fake"]))}, {}


def _built(**options: object) -> SharedGAN:
    model = SharedGAN(**options)
    model.build_for(SPEC)
    return model


def _frames(value: float) -> dict[str, tf.Tensor]:
    return {"frames": tf.fill([2, 3, 4, 4, 3], value)}


def _weights(model: SharedGAN) -> tuple[float, float]:
    return tuple(float(n.get_weights()[0][0, 0]) for n in model.networks.values())


def test_one_step_by_hand():
    model = _built()
    logs = model.train_step(_frames(2.0))
    # fake = 2; critic: 1 - 0.1 * 2 = 0.8; then the generator sees the new critic:
    # 1 + 0.1 * 2 * 0.8 = 1.16.
    generator, critic = _weights(model)
    assert critic == pytest.approx(0.8)
    assert generator == pytest.approx(1.16)
    assert float(logs["critic/fake"]) == pytest.approx(2.0)
    assert float(logs["generator/fake"]) == pytest.approx(-1.6)
    assert float(logs["grad_norm/critic"]) == pytest.approx(2.0)
    assert float(logs["learning_rate/generator"]) == pytest.approx(0.1)
    assert float(logs["skipped"]) == 0.0


def test_fit_shows_no_buckets_of_histograms():
    model = _built()
    for active, wanted in ((None, False), (("critic", "generator"), True)):
        logs = model.train_step(_frames(2.0), active)
        assert "logits/fake" in logs and ("histogram/fake/0" in logs) == wanted


def test_the_forward_pass_is_made_once_for_all_phases():
    model = _built(repeats=3)
    model.train_step(_frames(2.0))
    assert model.forward_passes == 1


def test_a_lazy_phase_runs_on_its_steps_only():
    model = _built(every=3)
    active = [model.active_phases(step) for step in range(4)]
    assert active == [("critic", "generator"), ("critic",), ("critic",), active[0]]
    model.train_step(_frames(2.0), active=("critic",))
    assert _weights(model) == pytest.approx((1.0, 0.8))


def test_fit_refuses_a_lazy_phase():
    with pytest.raises(errors.UserError, match="generator of sharedgan run on some"):
        _built(every=3).train_step(_frames(2.0))


def test_fit_trains_with_an_empty_compile():
    model = _built()
    model.compile()
    data = tf.data.Dataset.from_tensors(_frames(2.0)).repeat(2)
    history = model.fit(data, epochs=1, verbose=0, shuffle=False).history
    assert "generator/fake" in history
    assert int(model.step) == 2


def test_bad_steps_are_counted_and_change_nothing():
    model = _built()
    for bad in (True, True, False, True):
        before = _weights(model)
        logs = model.train_step(_frames(float("nan") if bad else 1.0))
        assert float(logs["skipped"]) == bad
        assert (_weights(model) == before) == bad
    assert int(model.step) == 4
    assert int(model.skipped_steps) == 3
    assert int(model.skipped_in_a_row) == 1


def test_the_shared_pass_cannot_be_trained_before_it_is_judged():
    model = SharedGAN()
    model.build_networks(SPEC)
    phases = model.make_phases()
    model.make_phases = lambda: phases[::-1]
    with pytest.raises(ValueError, match="must come last: generator, critic"):
        model.build_for(SPEC)


def test_half_precision_scales_the_loss():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = _built()
        model.train_step(_frames(0.5))
    finally:
        keras.config.set_dtype_policy("float32")
    for one in model.phases:
        assert isinstance(one.optimizer, keras.optimizers.LossScaleOptimizer)
    assert _weights(model) == pytest.approx((1.0475, 0.95), rel=1e-3)


def test_what_a_subclass_must_provide_raises_by_name():
    with pytest.raises(NotImplementedError, match="VideoModel.build_networks"):
        base.VideoModel().build_for(SPEC)
    for method in ("evaluation_outputs", "sample_clips"):
        with pytest.raises(NotImplementedError, match=f"VideoModel.{method}"):
            getattr(base.VideoModel(), method)({})


# --- Optimizers that phases share


def test_shared_optimizers_are_saved_once_and_unshared_ones_as_ever(tmp_path):
    def schedule(toy: single.Toy) -> list[phase.Phase]:
        common = keras.optimizers.Adam(single.RATE)
        return [
            toy.update_of("critic", ["critic"], toy.judge, optimizer=common),
            toy.update_of("generator", ["generator"], toy.fool),
            toy.update_of("both", ["critic", "aligner"], toy.align, optimizer=common),
        ]

    model, *_ = single.train(schedule, steps=3)
    items = model.checkpoint_items()
    assert {name for name in items if name.endswith("_optimizer")} == {
        "critic_optimizer",
        "generator_optimizer",
    }
    # Adam: iterations, rate, and two moments of each of the two weights.
    assert len(items["critic_optimizer"].held) == 2 + 2 * 2
    path = tf.train.Checkpoint(**items).write(f"{tmp_path}/saved")
    again, *_ = single.train(schedule, steps=1)
    tf.train.Checkpoint(**again.checkpoint_items()).read(path).assert_consumed()
    for one in (model, again):
        one.train_step(
            single.batch_of(np.float32([0.25, 1.0])), active=("critic", "both")
        )
    for name in single.START:
        assert float(model.weight(name)) == float(again.weight(name)), name
    assert int(again.optimizers["critic"].iterations) == 2 * 3 + 2


def test_a_shared_optimizer_has_one_loss_scale():
    def schedule(toy: single.Toy) -> list[phase.Phase]:
        common = keras.optimizers.SGD(single.RATE)
        return [
            toy.update_of("critic", ["critic"], toy.judge, optimizer=common),
            toy.update_of("r1", ["critic"], toy.r1, optimizer=common),
        ]

    keras.config.set_dtype_policy("mixed_float16")
    try:
        model, weights, _, real = single.train(schedule, steps=2)
    finally:
        keras.config.set_dtype_policy("float32")
    first, second = (one.optimizer for one in model.phases)
    assert first is second and isinstance(first, keras.optimizers.LossScaleOptimizer)
    assert not isinstance(first.inner_optimizer, keras.optimizers.LossScaleOptimizer)
    state, wanted = dict(single.START), []
    for numbers in real:
        state["critic"] -= single.RATE * (state["generator"] - numbers.mean())
        state["critic"] -= single.RATE * state["critic"]
        wanted.append(dict(state))
    single.assert_equal(weights, wanted)


def test_two_replicas_share_optimizers_as_one_does(monkeypatch):
    def schedule(toy: single.Toy) -> list[phase.Phase]:
        common = keras.optimizers.SGD(single.RATE, momentum=0.5)
        return [
            toy.update_of("critic", ["critic"], toy.judge, optimizer=common),
            toy.update_of("r1", [], toy.r1, joins="critic", gain=2.0),
            toy.update_of("both", ["critic", "aligner"], toy.align, optimizer=common),
        ]

    case = check_model.Case(lambda seed: single.Toy(schedule, seed=seed), single.SPEC)
    check_model.two_replicas_equal_one(case, monkeypatch)


# --- Joining phases


def test_what_joins_alone_does_nothing():
    def schedule(toy: single.Toy) -> list[phase.Phase]:
        return [
            toy.update_of("critic", ["critic"], toy.judge),
            toy.update_of("r1", [], toy.r1, joins="critic"),
        ]

    model = single.Toy(schedule)
    model.build_for(single.SPEC)
    logs = model.train_step(single.batch_of(np.ones(2, np.float32)), active=("r1",))
    assert set(logs) == {"skipped"}
    assert float(model.weight("critic")) == single.START["critic"]


# --- Accumulation of gradients


@pytest.mark.parametrize("own_batches", [False, True])
def test_two_halves_give_the_update_of_the_whole(own_batches):
    def schedule(number: int) -> Callable[[single.Toy], list[phase.Phase]]:
        def phases(toy: single.Toy) -> list[phase.Phase]:
            adam = keras.optimizers.Adam(single.RATE)
            options = {"repeats": 2, "own_batches": own_batches}
            return [
                toy.update_of(
                    "rebuild",
                    ["generator"],
                    toy.rebuild,
                    optimizer=adam,
                    accumulate=number,
                    **options,
                )
            ]

        return phases

    whole, wanted, logs, _ = single.train(schedule(1), steps=4, clips=8)
    halves, weights, averaged, _ = single.train(schedule(2), steps=4, clips=8)
    assert len(halves.calls) == 2 * len(whole.calls)
    assert int(halves.optimizers["rebuild"].iterations) == 8
    for one, other in zip(weights, wanted, strict=True):
        assert one == pytest.approx(other, abs=1e-6)
    for row, other in zip(averaged, logs, strict=True):
        for name in ("rebuild/loss", "grad_norm/rebuild"):
            assert row[name] == pytest.approx(other[name], abs=1e-5), name


def test_each_part_draws_from_a_seed_of_its_own_and_meets_no_shared_pass():
    drawn = []

    def schedule(toy: single.Toy) -> list[phase.Phase]:
        def losses(batch, shared, seed):
            drawn.append((int(batch["frames"].shape[0]), seed.numpy().tolist(), shared))
            return {"critic/loss": toy.judge(batch["frames"])}, {}

        sgd = keras.optimizers.SGD(single.RATE)
        return [phase.Phase("critic", ("critic",), losses, sgd, accumulate=3)]

    model = single.Toy(schedule, seed=4)
    model.shared_forward = lambda batch, seed: {"fake": tf.zeros([6, 1])}
    model.build_for(single.SPEC)
    model.train_step(single.batch_of(np.ones(6, np.float32)))
    # Run, step 0, replica 0, phase, repeat 0, part.
    whole = seeds.fold(seeds.from_int(4), 0, 0, "critic", 0)
    wanted = [seeds.fold(whole, part).numpy().tolist() for part in range(3)]
    assert drawn == [(2, seed, None) for seed in wanted]


# --- XLA


@pytest.mark.parametrize("options", [{}, {"accumulate": 2}, {"repeats": 2}])
def test_a_compiled_phase_gives_the_same_update(options):
    def schedule(toy: single.Toy) -> list[phase.Phase]:
        return [
            toy.update_of("critic", ["critic"], toy.judge, **options),
            toy.update_of("r1", [], toy.r1, joins="critic", gain=2.0),
            toy.update_of("generator", ["generator"], toy.fool),
        ]

    def weights(jit_phases: Sequence[str]) -> list[float]:
        model = single.Toy(schedule)
        model.build_for(single.SPEC)
        step = tf.function(lambda batch: model.train_step(batch, None, jit_phases))
        for numbers in np.float32([[1.0, 2.0], [0.5, -3.0]]):
            step(single.batch_of(numbers))
        text = str(
            step.get_concrete_function(single.batch_of(numbers)).graph.as_graph_def()
        )
        assert ("_XlaMustCompile" in text) == bool(jit_phases)
        return [float(model.weight(name)) for name in single.START]

    np.testing.assert_allclose(weights(("critic",)), weights(()), atol=1e-6)


# --- The promises of every model


CASE = check_model.Case(lambda seed: SharedGAN(seed=seed), SPEC)


@pytest.mark.parametrize(
    "check",
    [
        check_model.builds_and_names_its_phases,
        check_model.a_phase_changes_its_networks_only,
        check_model.losses_are_finite_and_named,
        check_model.eager_equals_graph,
        check_model.two_replicas_equal_one,
        check_model.half_precision_stays_finite,
    ],
    ids=check_model.name,
)
def test_conformance(check, monkeypatch):
    check(CASE, monkeypatch)


def test_checkpoints_hold_everything(monkeypatch, tmp_path):
    check_model.checkpoints_hold_everything(CASE, monkeypatch, tmp_path)
