"""Workers of one training: in step, resumed, and refused where they differ."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tests.engine import training_runs, worker

# Several processes, each of which traces a step.
pytestmark = [pytest.mark.slow, pytest.mark.long]


def train_together(folder: pathlib.Path, steps: int) -> list[str]:
    """Trains in two worker processes; returns the last line of each."""
    clusters = training_runs.two_workers()
    processes = [
        training_runs.start("tests.engine.worker", str(folder), str(steps), **one)
        for one in clusters
    ]
    outputs = training_runs.ends(processes)
    for process, (_, log) in zip(processes, outputs, strict=True):
        assert process.returncode == 0, log
    return [output.strip().splitlines()[-1] for output, _ in outputs]


def test_two_workers_train_in_step_resume_and_equal_one_process(
    tmp_path: pathlib.Path, one_device: tf.distribute.Strategy
) -> None:
    first = train_together(tmp_path / "two", 2)
    assert first[0] == first[1] and first[0].startswith("step 2 ")
    second = train_together(tmp_path / "two", 4)
    assert second[0] == second[1] and second[0].startswith("step 4 ")
    worker.main(str(tmp_path / "one"), 4)
    one, two = (training_runs.tensors(tmp_path / name, 4) for name in ("one", "two"))
    assert set(one) == set(two)
    for name, value in one.items():
        np.testing.assert_allclose(two[name], value, atol=1e-6, err_msg=name)
    # The chief alone wrote, once at each start.
    written = [one.suffix for one in (tmp_path / "two" / "train").iterdir()]
    assert len(written) - written.count(".purge") == 2


@pytest.mark.parametrize("other", ["folder", "setting"])
def test_workers_that_differ_do_not_start(other: str, tmp_path: pathlib.Path) -> None:
    own = training_runs.options(tmp_path / "a", "BATCH_SIZE = 4", "STEPS = 1")
    if other == "folder":
        # Of the same run; one folder is a step ahead.
        assert training_runs.train_here(tmp_path / "a", "BATCH_SIZE = 4") == 0
        own = training_runs.options(tmp_path / "a", "BATCH_SIZE = 4", "STEPS = 9")
        theirs = [one.replace(f"{tmp_path}/a", f"{tmp_path}/b") for one in own]
        name = "step"
    else:
        theirs = [*own, "--gin_param=toy.ToyGAN.rate = 0.5"]
        name = "tests.engine.toy.ToyGAN.rate"
    processes = [
        training_runs.start("tfvideogan.train", *line, **cluster)
        for line, cluster in zip(
            (own, theirs), training_runs.two_workers(), strict=True
        )
    ]
    for process, (_, log) in zip(processes, training_runs.ends(processes), strict=True):
        assert process.returncode == 2, log
        assert f"error: Workers 0 and 1 differ in `{name}`" in log.splitlines()[-1]
    assert not (tmp_path / "b").exists()
