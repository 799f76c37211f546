"""Divergence, faults of other processes, and ways back; test_loop.py has the rest."""

import json
import pathlib
import signal
import subprocess
import time

import numpy as np
import pytest

from tests.engine import training_runs
from tfvideogan.data.cache import reader
from tfvideogan.engine.training import feed

# Whole runs: a step must be traced, which takes seconds.
pytestmark = pytest.mark.slow


@pytest.mark.long
def test_divergence_saves_nothing_broken_and_names_the_loss(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    bindings = (
        "toy.ToyGAN.blow_from = 3",
        "loop.run.max_skipped_in_a_row = 3",
        "loop.run.save_every = 1",
        "loop.run.steps = 50",
    )
    assert training_runs.train_here(folder, *bindings) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert "`generator/reconstruction` blew" in line and "stopped at step 6" in line
    card = json.loads((folder / "run.json").read_text())
    assert card["starts"][-1]["end"]["how"] == "diverged"
    # In step 4 the critic, which comes first, was fine yet.
    assert "sound checkpoint is that of step 3" in line and "--checkpoint=3" in line
    names = sorted(one.name for one in (folder / "checkpoints").glob("step_*"))
    assert names == [f"step_{step:08d}" for step in (1, 2, 3)]
    saved = training_runs.tensors(folder, 3)
    assert all(np.isfinite(value).all() for value in saved.values() if value.size)

    healthy = (*bindings, "toy.ToyGAN.blow_from = 1000")
    flags = ("--checkpoint=2", "--steps=3", "--overwrite_config")
    assert training_runs.train_here(folder, *healthy, flags=flags) == 0
    assert [row["step"] for row in training_runs.records(folder)][-1] == 3
    assert (folder / "checkpoints" / "aside-step_00000003").is_dir()


@pytest.mark.long
def test_weights_that_one_step_has_lost_are_not_saved(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    bindings = ("loop.run.save_every = 1", "loop.run.metrics = []")
    assert training_runs.train_here(folder, *bindings, flags=("--steps=2",)) == 0
    row = "loop.run.max_skipped_in_a_row = 3"
    blown = (*bindings, row, "toy.ToyGAN.rate = 1e30")
    flags = ("--overwrite_config", "--steps=9")
    assert training_runs.train_here(folder, *blown, flags=flags) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    # The critic's weights were lost in step 3, and the generator's gradients with them.
    assert "stopped at step 5: the gradients of 3 steps in a row" in line
    assert "--checkpoint=2" in line
    assert not (folder / "checkpoints" / "step_00000003").exists()


def test_steps_on_a_cache_that_was_cut_are_not_saved(
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = iter([False, True])
    monkeypatch.setattr(reader, "are_changed", lambda: next(found))
    folder = tmp_path / "run"
    bindings = ("loop.run.save_every = 1", "loop.run.metrics = []")
    assert training_runs.train_here(folder, *bindings, flags=("--steps=9",)) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line == f"error: {feed.CACHE_CHANGED}"
    names = [one.name for one in (folder / "checkpoints").glob("step_*")]
    assert names == ["step_00000001"]


ENDLESS = ("loop.run.save_every = 0", "loop.run.metrics = []", "STEPS = 1000000")


def await_first_step(folder: pathlib.Path, process: subprocess.Popen) -> None:
    """Returns when the first picture is there, which comes right after the first step."""
    deadline = time.monotonic() + training_runs.PATIENCE
    while not list(folder.glob("samples/step_0000001.gif")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)


def children(process: subprocess.Popen) -> list[int]:
    found = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(one) for one in found.read_text().split()]


@pytest.mark.long
def test_a_data_service_that_dies_is_noticed_and_the_steps_are_saved(
    tmp_path: pathlib.Path,
) -> None:
    line = training_runs.options(tmp_path, *ENDLESS)
    process = training_runs.start("tfvideogan.train", *line, "--data_service=auto")
    await_first_step(tmp_path, process)
    (service,) = children(process)
    subprocess.run(["kill", "-9", str(service)], check=True)
    _, log = process.communicate(timeout=training_runs.PATIENCE)
    assert process.returncode == 75, log
    last = log.splitlines()[-1]
    assert "Stopped by the end of the data service (exit code -9) and saved" in last


@pytest.mark.long
def test_a_signal_before_the_first_step_says_start_again(
    tmp_path: pathlib.Path,
) -> None:
    line = training_runs.options(tmp_path / "run", *ENDLESS)
    process = training_runs.start("tfvideogan.train", *line)
    while "starting TensorFlow" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    [(_, log)] = training_runs.ends([process])
    assert process.returncode == 75, log
    assert log.splitlines()[-1].startswith("stopped by SIGTERM; ")
    assert not (tmp_path / "run").exists()


@pytest.mark.long
def test_a_worker_waits_for_the_others_and_ends_with_them(
    tmp_path: pathlib.Path,
) -> None:
    line = training_runs.options(tmp_path, *ENDLESS, "BATCH_SIZE = 4")
    clusters = training_runs.two_workers()
    first = training_runs.start("tfvideogan.train", *line, **clusters[0])
    while "Waiting for the other workers" not in first.stderr.readline():
        assert first.poll() is None
    second = training_runs.start("tfvideogan.train", *line, **clusters[1])
    await_first_step(tmp_path, first)
    second.kill()
    (_, log), _ = training_runs.ends([first, second])
    assert first.returncode == 75, log
    last = log.splitlines()[-1]
    assert last.startswith("error: Another worker has ended") and "worker 1" in last
