"""Divergence, faults of other processes, and ways back; test_loop.py has the rest."""

import pathlib

import numpy as np
import pytest

from tests.engine import training_runs

# Whole runs: a step must be traced, which takes seconds.
pytestmark = pytest.mark.slow


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
    # Steps 4 to 6 were skipped. That 3 is the cause cannot be excluded.
    assert "sound checkpoint is that of step 2" in line and "--checkpoint=2" in line
    names = sorted(one.name for one in (folder / "checkpoints").glob("step_*"))
    assert names == [f"step_{step:08d}" for step in (1, 2, 3)]
    saved = training_runs.tensors(folder, 3)
    assert all(np.isfinite(value).all() for value in saved.values() if value.size)

    healthy = (*bindings, "toy.ToyGAN.blow_from = 1000")
    flags = ("--checkpoint=2", "--steps=3", "--overwrite_config")
    assert training_runs.train_here(folder, *healthy, flags=flags) == 0
    assert [row["step"] for row in training_runs.records(folder)][-1] == 3
    assert (folder / "checkpoints" / "aside-step_00000003").is_dir()


def test_weights_that_one_step_has_lost_are_not_saved(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    bindings = ("loop.run.save_every = 1", "loop.run.metrics = []")
    assert training_runs.train_here(folder, *bindings, flags=("--steps=2",)) == 0
    blown = (*bindings, "toy.ToyGAN.rate = 1e30")
    flags = ("--overwrite_config", "--steps=9")
    assert training_runs.train_here(folder, *blown, flags=flags) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert "stopped at step 3: values of generator, critic" in line
    assert "--checkpoint=2" in line
    assert not (folder / "checkpoints" / "step_00000003").exists()
