"""A run from its start to its end, over restarts, signals and faults, in one process."""

import json
import pathlib
import re
import shutil
import signal
import time

import numpy as np
import pytest
import tensorflow as tf

from tests.engine import events, toy, training_runs
from tfvideogan.core import clip, errors
from tfvideogan.engine import loop
from tfvideogan.engine.training import session

# Whole runs: a step must be traced, which takes seconds.
pytestmark = pytest.mark.slow

# Losses and noise that depend on the step, phases that rest, two batches of clips for
# each step, a log of each step.
VARIED = (
    "toy.ToyGAN.noise = 0.5",
    "toy.ToyGAN.every = 2",
    "toy.ToyGAN.critic_steps = 2",
    "toy.ToyGAN.r1_every = 3",
    "loop.run.log_every = 1",
    "loop.run.save_every = 3",
    "loop.run.metrics = []",
)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A run of four steps, for tests that only look."""
    folder = tmp_path_factory.mktemp("runs") / "toy"
    assert training_runs.train_here(folder) == 0
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A varied run of six steps that never stopped, for tests that only look."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    assert training_runs.train_here(folder, *VARIED, flags=("--steps=6",)) == 0
    return folder


def assert_same(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> None:
    assert set(left) == set(right)
    for name, value in left.items():
        np.testing.assert_array_equal(value, right[name], err_msg=name)


@pytest.mark.long
def test_run_resumed_in_a_new_process_equals_one_that_never_stopped(
    whole: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    parts = tmp_path / "parts"
    assert training_runs.train_here(parts, *VARIED, flags=("--steps=3",)) == 0
    process = training_runs.start(
        "tfvideogan.train", *training_runs.options(parts, *VARIED), "--steps=6"
    )
    _, log = process.communicate(timeout=training_runs.PATIENCE)
    assert process.returncode == 0, log
    assert "Going on after step 3." in log
    assert "A step reads 2 batches of 2 clips." in log
    saved = training_runs.tensors(whole, 6)
    assert_same(saved, training_runs.tensors(parts, 6))
    # Weights, both Adams' moments, averages and counters are among them.
    for part in ("critic/", "critic_optimizer/", "ema/averages", "step/"):
        assert any(name.startswith(part) for name in saved), part
    # The losses of a step depend on its clips and its noise: their order is the same.
    assert training_runs.losses(whole) == training_runs.losses(parts)
    assert sorted(training_runs.losses(whole)) == [1, 2, 3, 4, 5, 6]
    found = training_runs.records(whole)
    assert [row["critic/r1"] > 0 for row in found] == [True, False, False] * 2
    # Speed counts the real frames that are read: 2 batches of 2 clips of 3 frames.
    last = found[-1]
    frames, steps = (
        last[f"throughput/{one}_per_second"] for one in ("frames", "steps")
    )
    assert frames == pytest.approx(12 * steps)


@pytest.mark.long
@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_mixed_precision_resumes_exactly(
    precision: str, tmp_path: pathlib.Path
) -> None:
    flags = (f"--precision={precision}",)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert training_runs.train_here(whole, *VARIED, flags=(*flags, "--steps=6")) == 0
    assert training_runs.train_here(parts, *VARIED, flags=(*flags, "--steps=3")) == 0
    assert training_runs.train_here(parts, *VARIED, flags=(*flags, "--steps=6")) == 0
    saved = training_runs.tensors(parts, 6)
    assert_same(training_runs.tensors(whole, 6), saved)
    assert all(np.isfinite(value).all() for value in saved.values() if value.size)
    is_scaled = any("scale" in name for name in saved)
    assert is_scaled == (precision == "float16")


@pytest.mark.long
def test_run_goes_on_before_a_checkpoint_that_was_cut(
    whole: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    parts = tmp_path / "parts"
    shutil.copytree(whole, parts)
    cut = parts / "checkpoints" / "step_00000006" / "weights.data-00000-of-00001"
    cut.write_bytes(cut.read_bytes()[:-1])
    assert training_runs.train_here(parts, *VARIED, flags=("--steps=6",)) == 0
    assert_same(training_runs.tensors(whole, 6), training_runs.tensors(parts, 6))
    assert sorted(training_runs.losses(parts)) == [1, 2, 3, 4, 5, 6]
    assert (
        len(training_runs.records(parts)) == 6
    )  # steps that came again are there once


@pytest.mark.long
def test_blocks_of_steps_resume_like_single_ones(tmp_path: pathlib.Path) -> None:
    blocks = (
        "loop.run.steps_per_call = 2",
        "loop.run.log_every = 2",
        "loop.run.save_every = 2",
        "loop.run.metrics = []",
    )
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert training_runs.train_here(whole, *blocks, flags=("--steps=5",)) == 0
    assert training_runs.train_here(parts, *blocks, flags=("--steps=2",)) == 0
    assert training_runs.train_here(parts, *blocks, flags=("--steps=5",)) == 0
    assert_same(training_runs.tensors(whole, 5), training_runs.tensors(parts, 5))


@pytest.mark.long
def test_sigterm_saves_and_says_how_to_go_on(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "run"
    quiet = ("loop.run.save_every = 0", "loop.run.sample_every = 0")
    process = training_runs.start(
        "tfvideogan.train", *training_runs.options(folder, *quiet), "--steps=1000000"
    )
    deadline = time.monotonic() + training_runs.PATIENCE
    # The first picture comes right after the first step.
    while not list(folder.glob("samples/step_0000001.gif")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=training_runs.PATIENCE)
    assert process.returncode == 75, log
    last = log.strip().splitlines()[-1]
    done = int(re.search(r"Stopped by SIGTERM and saved at step (\d+) of", last)[1])
    assert "The same command goes on: python -m tfvideogan.train --gin_file" in last
    assert training_runs.train_here(folder, *quiet, flags=(f"--steps={done + 1}",)) == 0
    assert training_runs.records(folder)[-1]["step"] == done + 1


def test_finished_run_has_nothing_to_do(
    run_folder: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = sorted(run_folder.rglob("*"))
    assert training_runs.train_here(run_folder) == 0
    assert sorted(run_folder.rglob("*")) == before


def test_run_folder_holds_what_it_should(run_folder: pathlib.Path) -> None:
    names = {str(one.relative_to(run_folder)) for one in run_folder.rglob("*")}
    assert names >= {
        "config.gin",
        "operative_config.gin",
        "command.txt",
        "run.json",
        "metrics.jsonl",
        "eval.jsonl",
        "checkpoints/latest",
        "checkpoints/step_00000002/operative_config.gin",
        "checkpoints/step_00000004/weights.index",
        "samples/step_0000001.gif",
        "samples/step_0000004.mp4",
    }
    card = json.loads((run_folder / "run.json").read_text())
    assert card["model"] == "ToyGAN" and "procedural" in card["data"]
    assert card["starts"][-1]["end"]["how"] == "finished"


def test_tensorboard_has_losses_speed_clips_and_texts(run_folder: pathlib.Path) -> None:
    found = events.read(run_folder / "train")
    assert set(found) >= {
        "2 losses/critic/adversarial",
        "2 losses/generator/reconstruction",
        "3 health/logits/critic/real",
        "3 health/grad_norm/critic",
        "3 health/learning_rate/generator",
        "3 health/throughput/steps_per_second",
        "3 health/throughput/frames_per_second",
        "3 health/throughput/data_wait",
        "3 health/memory/peak_gb",
        "3 health/skipped_steps",
        "samples",
        "gin/config",
        "gin/operative_config",
        "run/start",
        "run/environment",
        "run/parameters",
        "run/data",
    }
    assert sorted(found["2 losses/critic/adversarial"]) == [1, 2, 4]
    start = bytes(found["run/start"][0].item()).decode()
    # A step on two clips of 8x8 is a few MFLOP.
    work = re.search(r"\| work \| ([\d.e-]+) GFLOP a step", start)
    assert 1e-4 < float(work[1]) < 1e-1
    assert "| memory | variables with optimizer slots" in start
    assert sorted(found["samples"]) == [1, 2, 4]
    judged = {
        one.name: events.read(one)["1 scores/error/T"]
        for one in (run_folder / "eval").iterdir()
    }
    assert sorted(judged["model"]) == [4] and judged["copy"] == {4: 0.0}


def test_evaluation_is_recorded_with_its_protocol(run_folder: pathlib.Path) -> None:
    (record,) = training_runs.records(run_folder, "eval.jsonl")
    assert (record["step"], record["clips"], record["frames"]) == (4, 3, 6)
    assert record["split"] == "validation" and record["weights"] == "ema"


@pytest.mark.long
def test_changed_configuration_is_refused_unless_overwritten(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    assert training_runs.train_here(folder, flags=("--steps=1",)) == 0
    changed = "toy.ToyGAN.rate = 0.5"
    assert training_runs.train_here(folder, changed) == 2
    assert "tests.engine.toy.ToyGAN.rate: 0.01 -> 0.5" in capsys.readouterr().err
    assert not (folder / "checkpoints" / "step_00000004").exists()
    # More steps, other intervals and paths are no other run.
    assert (
        training_runs.train_here(
            folder,
            "loop.run.log_every = 1",
            "loop.run.keep_checkpoints = 9",
            'toy.ToySource.root = "/elsewhere"',
            flags=("--steps=2",),
        )
        == 0
    )
    assert training_runs.train_here(folder, changed, flags=("--overwrite_config",)) == 0
    assert "toy.ToyGAN.rate = 0.5" in (folder / "config.gin").read_text()
    # The checkpoint's rate does not come back.
    assert training_runs.losses(folder)[4]["learning_rate/critic"] == 0.5


def test_run_folder_of_another_model_is_refused(
    run_folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = "loop.run.make_model = @toy.OtherGAN"
    for flags in ((), ("--overwrite_config",)):
        assert training_runs.train_here(run_folder, other, flags=flags) == 2
        line = capsys.readouterr().err.splitlines()[-1]
        assert "holds a run of @tests.engine.toy.ToyGAN" in line


@pytest.mark.parametrize(
    "binding",
    [
        "toy.ToyGAN.filters = 5",
        'toy.ToySource.broken = "constructor"',
        'toy.ToySource.broken = "file"',
        "toy.ToySource.frames = 9",
        "loop.run.log_every = -1",
        "loop.run.eval_clips = 0",
        "loop.run.keep_checkpoints = 0",
        'loop.run.eval_split = "tests"',
        'loop.run.precision = "int8"',
        "BATCH_SIZE = 0",
        "BATCH_SIZE = 999999999",
        "loop.run.num_samples = 0",
        "loop.run.metrics = [1]",
        "loop.run.metrics = [@toy.MeanError]",
        "loop.run.metrics = [@toy.DepthError()]",
        "loop.run.transforms = [@toy.ToySource]",
        "loop.run.make_source = @toy.ToyGAN",
        "toy.ToyGAN.filters = 0",
        "toy.ToyGAN.optimizer = None",
        "STEPZ = 3",
        "SEED = %SEED",
    ],
)
def test_bad_input_is_one_line_and_leaves_no_trace(
    binding: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert training_runs.train_here(tmp_path / "run", binding) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("error: ") and "Traceback" not in "".join(lines)
    assert not (tmp_path / "run").exists()


def test_out_of_memory_names_what_helps(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhaust(*args: object, **options: object) -> None:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")

    monkeypatch.setattr("tfvideogan.engine.training.trainer.Trainer.run", exhaust)
    with pytest.raises(errors.UserError) as caught:
        loop.run(
            workdir=str(tmp_path / "run"),
            make_model=toy.ToyGAN,
            make_source=toy.ToySource,
            steps=2,
            batch_size=2,
        )
    assert all(
        word in str(caught.value) for word in ("BATCH_SIZE", "HEIGHT", "precision")
    )


def test_determinism_is_switched_on_by_request(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    experimental = tf.config.experimental
    monkeypatch.setattr(experimental, "enable_op_determinism", lambda: calls.append(1))
    for number in range(2):
        binding = f"loop.run.deterministic = {bool(number)}"
        bad = "toy.ToyGAN.filters = 5"  # ends it early
        training_runs.train_here(tmp_path / "run", binding, bad)
        assert len(calls) == number


def test_idle_binding_is_reported(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    second = tmp_path / "second.gin"
    header = "from __gin__ import dynamic_registration\nfrom tests.engine import toy\n"
    second.write_text(f"{header}other/toy.ToyGAN.rate = 1.0\n")
    flags = (f"--gin_file={second}", "--steps=1")
    training_runs.train_here(tmp_path / "run", flags=flags)
    assert "Nothing uses the binding other/toy.ToyGAN.rate = 1.0" in caplog.text


@pytest.mark.long
def test_run_without_gin_needs_no_configuration(tmp_path: pathlib.Path) -> None:
    outcome = loop.run(
        workdir=str(tmp_path / "run"),
        make_model=toy.ToyGAN,
        make_source=toy.ToySource,
        steps=2,
        batch_size=2,
    )
    assert outcome == session.Outcome(step=2, is_interrupted=False)


def test_source_that_breaks_its_promise_is_refused(tmp_path: pathlib.Path) -> None:
    def make_source() -> toy.ToySource:
        source = toy.ToySource()
        source.spec = clip.ClipSpec(3, 8, 8, has_masks=True, has_backgrounds=True)
        return source

    with pytest.raises(errors.UserError, match="has no `backgrounds`"):
        loop.run(
            workdir=str(tmp_path / "run"),
            make_model=toy.ToyGAN,
            make_source=make_source,
            steps=2,
            batch_size=2,
        )
    assert not (tmp_path / "run").exists()
