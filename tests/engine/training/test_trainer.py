"""Steps on one replica and on several, in one call and in several, skipped and not."""

import math
from collections.abc import Callable, Sequence

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.engine import toy
from tfvideogan.core import errors
from tfvideogan.engine import build
from tfvideogan.engine import strategy as strategies
from tfvideogan.engine.training import divergence, feed, trainer
from tfvideogan.models import xla

# Whole runs: a step must be traced, which takes seconds.
pytestmark = pytest.mark.slow

# Sums over two halves round otherwise than sums over the whole: a few units of 1e-7.
ROUNDING = 1e-6
STEPS = 4


def train(
    strategy: tf.distribute.Strategy,
    make_model: Callable[[], toy.ToyGAN],
    *,
    steps: int = STEPS,
    per_call: int = 1,
    max_skipped: int = 3,
    jit_phases: Sequence[str] = (),
) -> tuple[np.ndarray, list[trainer.Row], toy.ToyGAN]:
    """Returns all weights as one vector, the rows, and the model."""
    built = build.build(make_model, toy.ToySource, strategy)
    blocks = feed.training_blocks(
        built.source,
        strategy,
        batch_size=4,
        seed=1,
        steps_per_call=per_call,
        batches_per_step=built.model.batches_per_step,
    )
    steps_of = trainer.Trainer(
        built.model,
        strategy,
        steps_per_call=per_call,
        max_skipped_in_a_row=max_skipped,
        jit_phases=jit_phases,
    )
    rows: list[trainer.Row] = []
    for step in range(0, steps, per_call):
        count = min(per_call, steps - step)
        rows += steps_of.run(feed.take(blocks), step=step, count=count)
    return weights(built.model), rows, built.model


def weights(model: toy.ToyGAN) -> np.ndarray:
    found = [v for network in model.networks.values() for v in network.get_weights()]
    return np.concatenate([np.ravel(one) for one in found])


# Adam divides by the size of a gradient: where that is nearly nothing, rounding becomes
# a share of the rate.
ADAM_RATE = 1e-3
LAZY = {"critic_steps": 2, "r1_every": 2, "optimizer": "sgd"}
EVERYTHING = {"penalty": True, "spectral": True, "normalized": True, "clip_norm": 0.05}
CASES = {
    "SGD": {"optimizer": "sgd"},
    "Adam": {"rate": ADAM_RATE},
    "SGD, WGAN-GP, spectral norm, group norm, clipping": {
        "optimizer": "sgd",
        **EVERYTHING,
    },
    "SGD, two critic steps with clips of their own, lazy R1": LAZY,
    "Adam, WGAN-GP, spectral norm, group norm, clipping": {
        "rate": ADAM_RATE,
        **EVERYTHING,
    },
}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(
            case,
            id=name,
            marks=() if name.startswith("SGD, WGAN") else pytest.mark.long,
        )
        for name, case in CASES.items()
    ],
)
def test_two_replicas_with_half_batches_equal_one_with_the_whole(
    options: dict, one_device: tf.distribute.Strategy
) -> None:
    one, one_rows, _ = train(one_device, lambda: toy.ToyGAN(**options))
    two, two_rows, _ = train(strategies.make(2), lambda: toy.ToyGAN(**options))
    start = weights(
        build.build(lambda: toy.ToyGAN(**options), toy.ToySource, one_device).model
    )
    assert np.abs(one - start).max() > 1e-3  # they moved
    np.testing.assert_allclose(two, one, atol=ROUNDING, rtol=0)
    for name, value in one_rows[-1].items():
        assert two_rows[-1][name] == pytest.approx(value, abs=1e-5), name


def test_clipping_really_clips(one_device: tf.distribute.Strategy) -> None:
    free, rows, _ = train(one_device, lambda: toy.ToyGAN(optimizer="sgd"))
    tight, _, _ = train(one_device, lambda: toy.ToyGAN(optimizer="sgd", clip_norm=0.05))
    assert rows[0]["grad_norm/critic"] > 0.05
    assert np.abs(free - tight).max() > 1e-3


@pytest.mark.parametrize(
    "options",
    [{}, pytest.param({"every": 2}, marks=pytest.mark.long), LAZY],
    ids=str,
)
def test_block_of_steps_equals_single_steps(
    options: dict, one_device: tf.distribute.Strategy
) -> None:
    single, single_rows, _ = train(one_device, lambda: toy.ToyGAN(**options), steps=5)
    block, block_rows, model = train(
        one_device, lambda: toy.ToyGAN(**options), steps=5, per_call=3
    )
    np.testing.assert_allclose(block, single, atol=ROUNDING, rtol=0)
    assert [set(row) for row in block_rows] == [set(row) for row in single_rows]
    assert int(model.step.numpy()) == 5


@pytest.mark.long
def test_block_of_steps_on_two_replicas(one_device: tf.distribute.Strategy) -> None:
    one, _, _ = train(one_device, toy.ToyGAN)
    two, _, _ = train(strategies.make(2), toy.ToyGAN, per_call=2)
    np.testing.assert_allclose(two, one, atol=ROUNDING, rtol=0)


def test_resting_phase_has_no_logs(one_device: tf.distribute.Strategy) -> None:
    _, rows, _ = train(one_device, lambda: toy.ToyGAN(every=2))
    assert ["grad_norm/generator" in row for row in rows] == [True, False, True, False]


def test_each_set_of_phases_is_traced_once(
    one_device: tf.distribute.Strategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced, step_of = [], toy.ToyGAN.train_step

    def noted(model, batch, active, jit_phases):
        traced.append(active)
        return step_of(model, batch, active, jit_phases)

    monkeypatch.setattr(toy.ToyGAN, "train_step", noted)
    _, rows, _ = train(one_device, lambda: toy.ToyGAN(every=2, r1_every=4), steps=8)
    # In steps 0 and 1; then both are known, and R1 is a condition in each.
    assert traced == [("critic", "generator"), ("critic",)]
    assert [row["critic/r1"] > 0 for row in rows] == [True, False, False, False] * 2
    assert all("critic/adversarial" in row for row in rows)


def test_each_critic_step_sees_its_own_clips(
    one_device: tf.distribute.Strategy,
) -> None:
    # One step with the clips of two: the second update is that of the second step.
    options = {"optimizer": "sgd", "critic_steps": 2}
    twice, _, _ = train(one_device, lambda: toy.ToyGAN(**options), steps=1)
    options = {"optimizer": "sgd", "every": 99}
    built = build.build(lambda: toy.ToyGAN(**options), toy.ToySource, one_device)
    blocks = feed.training_blocks(built.source, one_device, batch_size=4, seed=1)
    first, second = feed.take(blocks), feed.take(blocks)
    for batch, active in ((first, "critic"), (second, "critic"), (first, "generator")):
        built.model.train_step(batch, (active,))
    np.testing.assert_allclose(weights(built.model), twice, atol=ROUNDING, rtol=0)


@pytest.mark.parametrize("devices", [1, pytest.param(2, marks=pytest.mark.long)])
def test_compiled_phases_train_alike(devices: int) -> None:
    def make_model() -> toy.ToyGAN:
        return toy.ToyGAN(**LAZY, spectral=True, clip_norm=1.0)

    strategy = strategies.make(devices)
    plain, rows, _ = train(strategy, make_model)
    jit, jit_rows, model = train(
        strategy, make_model, jit_phases=("critic", "generator")
    )
    np.testing.assert_allclose(jit, plain, atol=ROUNDING, rtol=0)
    for row, jit_row in zip(rows, jit_rows, strict=True):
        assert jit_row == pytest.approx(row, abs=1e-5)


def test_phases_that_xla_cannot_compile_are_refused(built: build.Built) -> None:
    with pytest.raises(errors.UserError, match=r"`jit_phases` \('r1'\).*: critic, gen"):
        trainer.Trainer(built.model, built.strategy, jit_phases=["critic", "r1"])


@pytest.mark.parametrize(("devices", "per_call"), [(1, 1), (2, 2)])
def test_refusal_in_a_traced_step_stays_one_line(
    devices: int, per_call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The toy has convolutions of two dimensions.
    monkeypatch.setattr(xla, "CONV3D", "Conv2D")
    with pytest.raises(errors.UserError) as caught:
        train(
            strategies.make(devices),
            toy.ToyGAN,
            per_call=per_call,
            jit_phases=["critic"],
        )
    assert str(caught.value).startswith("`jit_phases` names 'critic', which has 3-D")
    assert "\n" not in str(caught.value)


@pytest.mark.long
def test_replicas_draw_different_noise(one_device: tf.distribute.Strategy) -> None:
    # With noise, two replicas are not one: the same draws on both would be a fault.
    one, _, _ = train(one_device, lambda: toy.ToyGAN(noise=1.0))
    two, _, _ = train(strategies.make(2), lambda: toy.ToyGAN(noise=1.0))
    assert np.abs(one - two).max() > 1e-4


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("devices", [1, pytest.param(2, marks=pytest.mark.long)])
def test_mixed_precision_stays_finite_and_close(policy: str, devices: int) -> None:
    strategy = strategies.make(devices)
    exact, _, _ = train(strategy, toy.ToyGAN, steps=8)
    keras.config.set_dtype_policy(policy)
    mixed, rows, model = train(strategy, toy.ToyGAN, steps=8, max_skipped=99)
    assert np.isfinite(mixed).all() and rows[-1]["skipped"] == 0.0
    assert all(value.dtype == "float32" for value in model.generator.weights)
    assert np.abs(mixed - exact).max() < 0.1
    scaled = isinstance(model.phases[0].optimizer, keras.optimizers.LossScaleOptimizer)
    assert scaled == (policy == "mixed_float16")


def test_single_bad_steps_are_skipped_and_counted(
    one_device: tf.distribute.Strategy,
) -> None:
    good, _, _ = train(one_device, toy.ToyGAN, steps=1)
    blown = train(one_device, lambda: toy.ToyGAN(blow_from=1, blow_for=2), steps=3)
    assert [row["skipped"] for row in blown[1]] == [0.0, 1.0, 1.0]
    assert int(blown[2].skipped_steps.numpy()) == 2
    assert np.isfinite(blown[0]).all()


@pytest.mark.parametrize("per_call", [pytest.param(1, marks=pytest.mark.long), 3])
def test_too_many_bad_steps_end_the_training_and_name_the_loss(
    per_call: int, one_device: tf.distribute.Strategy
) -> None:
    with pytest.raises(divergence.TrainingDiverged) as caught:
        train(
            one_device,
            lambda: toy.ToyGAN(blow_from=3),
            steps=9,
            per_call=per_call,
            max_skipped=3,
        )
    message = str(caught.value)
    assert "stopped at step 6" in message and "3 steps in a row" in message
    assert "`generator/reconstruction` blew" in message


@pytest.mark.long
def test_good_step_starts_the_count_anew(one_device: tf.distribute.Strategy) -> None:
    _, rows, _ = train(one_device, lambda: toy.ToyGAN(blow_from=1, blow_for=2), steps=6)
    assert sum(row["skipped"] for row in rows) == 2


def test_averages_are_over_the_steps_that_have_a_value() -> None:
    averages = trainer.Averages()
    averages.add([{"a/b": 1.0, "c/d": 5.0, "skipped": 0.0}, {"a/b": 3.0}])
    averages.add([{"a/b": math.nan, "skipped": 1.0}])
    assert averages.means() == {"a/b": 2.0, "c/d": 5.0}
    assert averages.skipped == 1


def test_fit_with_an_empty_compile_trains_alike(
    one_device: tf.distribute.Strategy,
) -> None:
    own, _, _ = train(one_device, toy.ToyGAN)
    blocks = feed.training_blocks(toy.ToySource(), one_device, batch_size=4, seed=1)
    batches = [feed.take(blocks) for _ in range(STEPS)]
    dataset = tf.data.Dataset.from_tensor_slices(
        {key: tf.stack([batch[key] for batch in batches]) for key in batches[0]}
    )
    model = toy.ToyGAN()
    model.build_for(toy.ToySource().spec)
    model.compile()
    history = model.fit(dataset, shuffle=False, verbose=0).history
    np.testing.assert_allclose(weights(model), own, atol=ROUNDING, rtol=0)
    assert "critic/adversarial" in history
