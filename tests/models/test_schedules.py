"""Published schedules as data: who is updated, at which step, how often, with which clips.

Networks are single weights, so that NumPy can follow every update: the generator makes
the number g, the critic gives a sample x the score c * x.
"""

from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.losses import penalties
from tfvideogan.models import base, phase

SPEC = clip.ClipSpec(1, 1, 1)
RATE, MOMENTUM = 0.1, 0.5
START = {"generator": 0.5, "critic": 2.0, "aligner": 3.0}


class Toy(base.VideoModel):
    """Single weights under any schedule."""

    def __init__(
        self, schedule: Callable[["Toy"], Sequence[phase.Phase]], **options: object
    ) -> None:
        super().__init__(**options)
        self.schedule = schedule
        self.calls: list[str] = []

    def build_networks(self, spec: clip.ClipSpec) -> None:
        self.single = {name: keras.layers.Dense(1, use_bias=False) for name in START}
        for name, network in self.single.items():
            network(tf.zeros([1, 1]))
            network.set_weights([np.full([1, 1], START[name])])

    def make_phases(self) -> tuple[phase.Phase, ...]:
        return tuple(self.schedule(self))

    @property
    def networks(self) -> dict[str, keras.Layer]:
        return self.single

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        return ("generator",)

    def weight(self, name: str) -> tf.Tensor:
        return tf.reshape(tf.convert_to_tensor(self.single[name].kernel), [])

    def losses_of(self, name: str, loss: Callable[[tf.Tensor], tf.Tensor]) -> Callable:
        """Losses of a phase: one function of the real numbers [N]."""

        def losses(batch, shared, seed):
            self.calls.append(name)
            value = loss(batch["frames"][:, 0, 0, 0, 0])
            return {f"{name}/loss": value}, {
                f"real/{name}": batch["frames"][0, 0, 0, 0, 0]
            }

        return losses

    def update_of(
        self, name: str, networks: Sequence[str], loss: Callable, **options: object
    ) -> phase.Phase:
        """A phase with SGD of its own unless told otherwise."""
        if "joins" not in options:
            options.setdefault("optimizer", keras.optimizers.SGD(RATE))
        return phase.Phase(name, tuple(networks), self.losses_of(name, loss), **options)

    # --- Losses

    def judge(self, real: tf.Tensor) -> tf.Tensor:
        """The Wasserstein critic's: score of fakes minus score of real numbers."""
        return self.weight("critic") * (self.weight("generator") - tf.reduce_mean(real))

    def fool(self, real: tf.Tensor) -> tf.Tensor:
        return -self.weight("critic") * self.weight("generator")

    def r1(self, real: tf.Tensor) -> tf.Tensor:
        column = real[:, tf.newaxis]
        return penalties.r1_penalty(lambda x: x * self.weight("critic"), column)

    def rebuild(self, real: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean((self.weight("generator") - real) ** 2)

    def align(self, real: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean((self.weight("aligner") - real) ** 2)


def train(
    schedule: Callable, steps: int, *, clips: int = 2, **options: object
) -> tuple[Toy, list[dict[str, float]], list[dict[str, float]], np.ndarray]:
    """Returns the model, weights and logs behind each step, and all real numbers."""
    model = Toy(schedule, **options)
    model.build_for(SPEC)
    real = np.random.default_rng(5).normal(size=[steps, clips]).astype(np.float32)
    weights, logs = [], []
    for step, numbers in enumerate(real):
        row = model.train_step(batch_of(numbers), active=model.active_phases(step))
        logs.append({name: float(value) for name, value in row.items()})
        weights.append({name: float(model.weight(name)) for name in START})
    return model, weights, logs, real


def batch_of(numbers: np.ndarray) -> dict[str, tf.Tensor]:
    """Clips of one frame of one pixel."""
    return {"frames": tf.constant(numbers)[:, None, None, None, None]}


class Sgd:
    """SGD with momentum as Keras has it, for single weights."""

    def __init__(self, momentum: float = 0.0) -> None:
        self.momentum = momentum
        self.speed: dict[str, float] = {}

    def apply(self, state: dict[str, float], name: str, gradient: float) -> None:
        speed = self.momentum * self.speed.get(name, 0.0) - RATE * gradient
        self.speed[name] = speed
        state[name] += speed


def assert_equal(found: Sequence[Mapping], wanted: Sequence[Mapping]) -> None:
    for step, (one, other) in enumerate(zip(found, wanted, strict=True)):
        assert one == pytest.approx(other, abs=1e-5), step


# --- StyleGAN2: lazy R1 and path length as updates of their own, optimizers shared


def test_stylegan2_regularizes_lazily_with_the_optimizers_of_the_main_losses():
    def schedule(toy: Toy) -> list[phase.Phase]:
        g, c = (keras.optimizers.SGD(RATE, momentum=MOMENTUM) for _ in range(2))
        generator = {"networks": ["generator"], "optimizer": g}
        critic = {"networks": ["critic"], "optimizer": c}
        # The path length of a generator with one weight: its distance from 1.
        path = lambda real: (toy.weight("generator") - 1.0) ** 2  # noqa: E731
        return [
            toy.update_of("generator", loss=toy.fool, **generator),
            toy.update_of("path", loss=path, every=2, gain=2.0, **generator),
            toy.update_of("critic", loss=toy.judge, **critic),
            toy.update_of("r1", loss=toy.r1, every=4, gain=4.0, **critic),
        ]

    model, weights, logs, real = train(schedule, steps=9)
    state, wanted = dict(START), []
    of_generator, of_critic = Sgd(MOMENTUM), Sgd(MOMENTUM)
    for step, numbers in enumerate(real):
        of_generator.apply(state, "generator", -state["critic"])
        if step % 2 == 0:
            of_generator.apply(state, "generator", 2 * 2 * (state["generator"] - 1))
        of_critic.apply(state, "critic", state["generator"] - numbers.mean())
        if step % 4 == 0:
            of_critic.apply(state, "critic", 4 * state["critic"])
        wanted.append(dict(state))
    assert_equal(weights, wanted)
    # 9 steps; path length on 0, 2, 4, 6, 8, R1 on 0, 4, 8.
    iterations = {name: int(one.iterations) for name, one in model.optimizers.items()}
    assert iterations == {"generator": 9 + 5, "critic": 9 + 3}
    assert ["r1/loss" in row for row in logs] == [step % 4 == 0 for step in range(9)]
    # Logs are without gain: the weight that R1 saw is that before its update.
    assert logs[0]["grad_norm/r1"] == pytest.approx(4 * np.sqrt(2 * logs[0]["r1/loss"]))


def test_shared_optimizers_are_saved_once_and_unshared_ones_as_ever(tmp_path):
    def schedule(toy: Toy) -> list[phase.Phase]:
        common = keras.optimizers.Adam(RATE)
        return [
            toy.update_of("critic", ["critic"], toy.judge, optimizer=common),
            toy.update_of("generator", ["generator"], toy.fool),
            toy.update_of("both", ["critic", "aligner"], toy.align, optimizer=common),
        ]

    model, *_ = train(schedule, steps=3)
    items = model.checkpoint_items()
    assert {name for name in items if name.endswith("_optimizer")} == {
        "critic_optimizer",
        "generator_optimizer",
    }
    # Adam: iterations, rate, and two moments of each of the two weights.
    assert len(items["critic_optimizer"].held) == 2 + 2 * 2
    path = tf.train.Checkpoint(**items).write(f"{tmp_path}/saved")
    again, *_ = train(schedule, steps=1)
    tf.train.Checkpoint(**again.checkpoint_items()).read(path).assert_consumed()
    for one in (model, again):
        one.train_step(batch_of(np.float32([0.25, 1.0])), active=("critic", "both"))
    for name in START:
        assert float(model.weight(name)) == float(again.weight(name)), name
    assert int(again.optimizers["critic"].iterations) == 2 * 3 + 2


def test_a_shared_optimizer_has_one_loss_scale():
    def schedule(toy: Toy) -> list[phase.Phase]:
        common = keras.optimizers.SGD(RATE)
        return [
            toy.update_of("critic", ["critic"], toy.judge, optimizer=common),
            toy.update_of("r1", ["critic"], toy.r1, optimizer=common),
        ]

    keras.config.set_dtype_policy("mixed_float16")
    try:
        model, weights, _, real = train(schedule, steps=2)
    finally:
        keras.config.set_dtype_policy("float32")
    first, second = (one.optimizer for one in model.phases)
    assert first is second and isinstance(first, keras.optimizers.LossScaleOptimizer)
    assert not isinstance(first.inner_optimizer, keras.optimizers.LossScaleOptimizer)
    state, wanted = dict(START), []
    for numbers in real:
        state["critic"] -= RATE * (state["generator"] - numbers.mean())
        state["critic"] -= RATE * state["critic"]
        wanted.append(dict(state))
    assert_equal(weights, wanted)


# --- Lazy R1 inside the critic's update


def _lazy(is_joined: bool) -> Callable[[Toy], list[phase.Phase]]:
    """R1 on every third step: as a phase that joins, or as a condition in the loss."""

    def penalty(toy: Toy, batch: Mapping, seed: tf.Tensor) -> tf.Tensor:
        # A curved critic and a drawn sample: the slope depends on both.
        column = batch["frames"][:, 0, 0, 0, :1]
        noise = seeds.normal(tf.shape(column), seeds.fold(seed, "r1"))
        return 0.5 * penalties.r1_penalty(
            lambda x: tf.sin(x * toy.weight("critic")), column + noise
        )

    def schedule(toy: Toy) -> list[phase.Phase]:
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

        adam = keras.optimizers.Adam(RATE)
        found = [
            phase.Phase("critic", ("critic",), critic, adam, repeats=2),
            toy.update_of("generator", ["generator"], toy.fool),
        ]
        if is_joined:
            found.append(phase.Phase("r1", (), r1, joins="critic", every=3, gain=3.0))
        return found

    return schedule


def test_lazy_r1_as_a_joining_phase_equals_the_conditional_form():
    joined, weights, logs, _ = train(_lazy(is_joined=True), steps=8)
    _, wanted, conditional, _ = train(_lazy(is_joined=False), steps=8)
    for one, other in zip(weights, wanted, strict=True):
        assert one == pytest.approx(other, abs=1e-6)
    assert int(joined.optimizers["critic"].iterations) == 8 * 2
    for step, (row, other) in enumerate(zip(logs, conditional, strict=True)):
        if step % 3:
            assert "critic/r1" not in row and other["critic/r1"] == 0.0
        else:
            assert 3 * row["critic/r1"] == pytest.approx(other["critic/r1"], abs=1e-5)
            assert row["grad_norm/critic"] == pytest.approx(
                other["grad_norm/critic"], abs=1e-5
            )
    # It matters: without R1 the critic is another one.
    without = lambda toy: _lazy(is_joined=True)(toy)[:2]  # noqa: E731
    assert abs(train(without, steps=8)[1][-1]["critic"] - wanted[-1]["critic"]) > 1e-3


def test_what_joins_alone_does_nothing():
    model = Toy(_lazy(is_joined=True))
    model.build_for(SPEC)
    logs = model.train_step(batch_of(np.ones(2, np.float32)), active=("r1",))
    assert set(logs) == {"skipped"}
    assert float(model.weight("critic")) == START["critic"]


# --- BigGAN and WGAN-GP: the critic learns more often, with clips of its own


def test_biggan_updates_its_critic_twice_with_different_clips():
    def schedule(toy: Toy) -> list[phase.Phase]:
        twice = {"repeats": 2, "own_batches": True}
        return [
            toy.update_of("critic", ["critic"], toy.judge, **twice),
            toy.update_of("generator", ["generator"], toy.rebuild),
        ]

    model, weights, logs, real = train(schedule, steps=3, clips=6)
    assert model.batches_per_step == 2
    state, wanted, sgd = dict(START), [], Sgd()
    for numbers in real:
        for own in (numbers[:3], numbers[3:]):
            sgd.apply(state, "critic", state["generator"] - own.mean())
        # The generator sees the first batch.
        gradient = 2 * (state["generator"] - numbers[:3].mean())
        sgd.apply(state, "generator", gradient)
        wanted.append(dict(state))
    assert_equal(weights, wanted)
    assert model.calls == ["critic", "critic", "generator"] * 3
    # Of a phase that repeats, the last update is logged.
    assert [row["real/critic"] for row in logs] == pytest.approx(list(real[:, 3]))
    assert [row["real/generator"] for row in logs] == pytest.approx(list(real[:, 0]))


def test_wgan_gp_updates_its_critic_five_times():
    def schedule(toy: Toy) -> list[phase.Phase]:
        def critic(batch, shared, seed):
            real = batch["frames"][:, 0, 0, 0, :1]
            slope = penalties.gradient_penalty(
                lambda x: x * toy.weight("critic"), real, tf.zeros_like(real), seed
            )
            losses = {"critic/loss": toy.judge(real), "critic/slope": 10.0 * slope}
            return losses, {}

        slow = keras.optimizers.SGD(RATE / 10)
        options = {"repeats": 5, "own_batches": True}
        return [
            phase.Phase("critic", ("critic",), critic, slow, **options),
            toy.update_of("generator", ["generator"], toy.fool),
        ]

    model, weights, _, real = train(schedule, steps=3, clips=10)
    state, wanted = dict(START), []
    for numbers in real:
        for own in numbers.reshape(5, 2):
            # c (g - x) + 10 (|c| - 1)^2
            slope = 20 * (abs(state["critic"]) - 1) * np.sign(state["critic"])
            gradient = state["generator"] - own.mean() + slope
            state["critic"] -= RATE / 10 * gradient
        state["generator"] += RATE * state["critic"]
        wanted.append(dict(state))
    assert_equal(weights, wanted)
    assert int(model.optimizers["critic"].iterations) == 15


def test_clips_that_the_repeats_cannot_share_are_refused():
    def schedule(toy: Toy) -> list[phase.Phase]:
        twice = {"repeats": 2, "own_batches": True}
        return [toy.update_of("critic", ["critic"], toy.judge, **twice)]

    with pytest.raises(errors.UserError, match="3 examples .* into the 2 parts"):
        train(schedule, steps=1, clips=3)


# --- Windows of steps


def test_adversarial_steps_alternate_with_steps_that_rebuild():
    def schedule(toy: Toy) -> list[phase.Phase]:
        adversarial = {"every": 6, "length": 3}
        return [
            toy.update_of("critic", ["critic"], toy.judge, **adversarial),
            toy.update_of("generator", ["generator"], toy.fool, **adversarial),
            toy.update_of(
                "rebuild", ["generator"], toy.rebuild, every=6, length=3, offset=3
            ),
        ]

    model, weights, logs, real = train(schedule, steps=10)
    state, wanted, sgd = dict(START), [], Sgd()
    for step, numbers in enumerate(real):
        if step in (0, 1, 2, 6, 7, 8):
            sgd.apply(state, "critic", state["generator"] - numbers.mean())
            sgd.apply(state, "generator", -state["critic"])
        else:
            sgd.apply(state, "generator", 2 * (state["generator"] - numbers.mean()))
        wanted.append(dict(state))
    assert_equal(weights, wanted)
    pair = ["critic", "generator"]
    assert model.calls == pair * 3 + ["rebuild"] * 3 + pair * 3 + ["rebuild"]
    assert "grad_norm/critic" not in logs[3] and "grad_norm/rebuild" in logs[3]


def test_alignment_comes_first_and_rests_when_the_others_start():
    def schedule(toy: Toy) -> list[phase.Phase]:
        return [
            toy.update_of("alignment", ["aligner"], toy.align, stop=3),
            toy.update_of("critic", ["critic"], toy.judge, start=3),
            # Counted from its start: steps 3 and 5.
            toy.update_of("generator", ["generator"], toy.fool, start=3, every=2),
        ]

    model, weights, _, real = train(schedule, steps=6)
    state, wanted, sgd = dict(START), [], Sgd()
    for step, numbers in enumerate(real):
        if step < 3:
            sgd.apply(state, "aligner", 2 * (state["aligner"] - numbers.mean()))
        else:
            sgd.apply(state, "critic", state["generator"] - numbers.mean())
            if step in (3, 5):
                sgd.apply(state, "generator", -state["critic"])
        wanted.append(dict(state))
    assert_equal(weights, wanted)
    with pytest.raises(
        errors.UserError, match="but alignment, critic, generator of toy"
    ):
        model.train_step(batch_of(real[0]))


# --- Accumulation of gradients


@pytest.mark.parametrize("own_batches", [False, True])
def test_two_halves_give_the_update_of_the_whole(own_batches):
    def schedule(number: int) -> Callable[[Toy], list[phase.Phase]]:
        def phases(toy: Toy) -> list[phase.Phase]:
            adam = keras.optimizers.Adam(RATE)
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

    whole, wanted, logs, _ = train(schedule(1), steps=4, clips=8)
    halves, weights, averaged, _ = train(schedule(2), steps=4, clips=8)
    assert len(halves.calls) == 2 * len(whole.calls)
    assert int(halves.optimizers["rebuild"].iterations) == 8
    for one, other in zip(weights, wanted, strict=True):
        assert one == pytest.approx(other, abs=1e-6)
    for row, other in zip(averaged, logs, strict=True):
        for name in ("rebuild/loss", "grad_norm/rebuild"):
            assert row[name] == pytest.approx(other[name], abs=1e-5), name


def test_each_part_draws_from_a_seed_of_its_own_and_meets_no_shared_pass():
    drawn = []

    def schedule(toy: Toy) -> list[phase.Phase]:
        def losses(batch, shared, seed):
            drawn.append((int(batch["frames"].shape[0]), seed.numpy().tolist(), shared))
            return {"critic/loss": toy.judge(batch["frames"])}, {}

        sgd = keras.optimizers.SGD(RATE)
        return [phase.Phase("critic", ("critic",), losses, sgd, accumulate=3)]

    model = Toy(schedule, seed=4)
    model.shared_forward = lambda batch, seed: {"fake": tf.zeros([6, 1])}
    model.build_for(SPEC)
    model.train_step(batch_of(np.ones(6, np.float32)))
    # Run, step 0, replica 0, phase, repeat 0, part.
    whole = seeds.fold(seeds.from_int(4), 0, 0, "critic", 0)
    wanted = [seeds.fold(whole, part).numpy().tolist() for part in range(3)]
    assert drawn == [(2, seed, None) for seed in wanted]


# --- XLA


@pytest.mark.parametrize("options", [{}, {"accumulate": 2}, {"repeats": 2}])
def test_a_compiled_phase_gives_the_same_update(options):
    def schedule(toy: Toy) -> list[phase.Phase]:
        return [
            toy.update_of("critic", ["critic"], toy.judge, **options),
            toy.update_of("r1", [], toy.r1, joins="critic", gain=2.0),
            toy.update_of("generator", ["generator"], toy.fool),
        ]

    def weights(jit_phases: Sequence[str]) -> list[float]:
        model = Toy(schedule)
        model.build_for(SPEC)
        step = tf.function(lambda batch: model.train_step(batch, None, jit_phases))
        for numbers in np.float32([[1.0, 2.0], [0.5, -3.0]]):
            step(batch_of(numbers))
        text = str(step.get_concrete_function(batch_of(numbers)).graph.as_graph_def())
        assert ("_XlaMustCompile" in text) == bool(jit_phases)
        return [float(model.weight(name)) for name in START]

    np.testing.assert_allclose(weights(("critic",)), weights(()), atol=1e-6)
