"""What a training would be."""

import pathlib

import pytest
import tensorflow as tf

from tests.engine import toy
from tfvideogan.core import errors
from tfvideogan.engine import dry_run
from tfvideogan.engine import strategy as strategies

ARGUMENTS = {
    "make_model": toy.ToyGAN,
    "make_source": toy.ToySource,
    "batch_size": 4,
    "precision": "float32",
    "jit_phases": (),
}


def test_report_has_sizes_work_and_losses(
    one_device: tf.distribute.Strategy,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    text = dry_run.describe(ARGUMENTS, one_device)
    lines = {line.split()[0]: line.split() for line in text.splitlines()}
    assert lines["critic"] == ["critic", "149", "149"]
    assert lines["memory:"][1:6] == "variables with optimizer slots and".split()
    assert "GFLOP a step" in text and "uncounted" not in text
    assert lines["critic/adversarial"][1] == "2"  # hinge of zero logits: 1 + 1
    assert not list(tmp_path.iterdir())


def test_work_is_that_of_the_batch(one_device: tf.distribute.Strategy) -> None:
    def work(batch_size: int) -> float:
        text = dry_run.describe(ARGUMENTS | {"batch_size": batch_size}, one_device)
        line = next(one for one in text.splitlines() if one.startswith("work:"))
        return float(line.split()[1])

    # Conv and matrix work grows with the number of clips; all of it does.
    assert work(8) == pytest.approx(2 * work(4), rel=0.01)


def test_step_of_several_batches_is_named(one_device: tf.distribute.Strategy) -> None:
    def make_model() -> toy.ToyGAN:
        return toy.ToyGAN(critic_steps=3, r1_every=2)

    text = dry_run.describe(ARGUMENTS | {"make_model": make_model}, one_device)
    assert "on zeros (3 x batch 4; phases critic, generator): traced" in text


def test_replicas_share_the_batch() -> None:
    assert "Mirrored, 2 replica(s)" in dry_run.describe(ARGUMENTS, strategies.make(2))
    with pytest.raises(errors.UserError, match="multiple of the number of replicas"):
        dry_run.describe(ARGUMENTS | {"batch_size": 3}, strategies.make(2))


def test_a_traced_step_has_the_same_sizes_and_work_and_is_not_run(
    one_device: tf.distribute.Strategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown(text: str) -> list[str]:
        lines = text.splitlines()
        [work] = [one for one in lines if one.startswith("work:")]
        [memory] = [one for one in lines if one.startswith("memory:")]
        sizes = [one for one in lines if one.split()[0] in ("critic", "generator")]
        return [*sizes, work.split()[1], memory.split()[7]]

    ran = shown(dry_run.describe(ARGUMENTS, one_device))
    monkeypatch.setattr(dry_run.trainer.Trainer, "run", None)
    text = dry_run.describe_traced(ARGUMENTS)
    assert "not run" in text
    assert shown(text) == ran


def test_a_traced_model_has_no_memory() -> None:
    def make_model() -> toy.ToyGAN:
        made = toy.ToyGAN()
        made.build_for = lambda spec: (
            toy.ToyGAN.build_for(made, spec),
            seen.append(made),
        )
        return made

    seen: list[toy.ToyGAN] = []
    dry_run.describe_traced(ARGUMENTS | {"make_model": make_model})
    variables = [
        one.value for net in seen[0].networks.values() for one in net.variables
    ]
    assert variables
    # A node of a graph that is gone has no numbers.
    with pytest.raises(TypeError, match="out of scope"):
        variables[0].numpy()
