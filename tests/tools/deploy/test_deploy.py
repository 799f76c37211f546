"""The files for clusters: who goes back into a queue, and who the workers are."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from tfvideogan.core import leaving

ROOT = pathlib.Path(__file__).parents[3]
DEPLOY = ROOT / "tools" / "deploy"
TELL = ["bash", "-c", 'printf "%s" "$TF_CONFIG"']


def command(path: pathlib.Path, text: str) -> None:
    path.write_text(f"#!/usr/bin/env bash\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("status", "is_requeued"), [(0, False), (1, False), (2, False), (75, True)]
)
def test_a_job_that_was_stopped_and_saved_goes_back_into_the_queue(
    status: int, is_requeued: bool, tmp_path: pathlib.Path
) -> None:
    said = tmp_path / "said"
    command(tmp_path / "srun", f'echo "$@" > {said}; exit {status}')
    command(tmp_path / "scontrol", f'echo "scontrol $@" >> {said}')
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "SLURM_JOB_ID": "7",
        "PYTHON": "python3.12",
    }
    ended = subprocess.run(
        [DEPLOY / "train.sbatch", "--gin_file=a b.gin"], env=environment, check=False
    )
    started, *others = said.read_text().splitlines()
    assert ended.returncode == status
    assert started.endswith("python3.12 -m tfvideogan.train --gin_file=a b.gin")
    assert others == (["scontrol requeue 7"] if is_requeued else [])


def test_the_exit_code_is_the_same_everywhere() -> None:
    in_slurm = re.search(r"SAVED=(\d+)", (DEPLOY / "train.sbatch").read_text())
    in_pods = re.search(r"values: \[75\]", (DEPLOY / "train_job.yaml").read_text())
    assert int(in_slurm[1]) == leaving.STOPPED and in_pods


def test_workers_are_named_by_their_numbers() -> None:
    environment = {"WORKERS": "2", "INDEX": "1", "HOSTS": "train-%d.train:2222"}
    made = subprocess.run(
        [DEPLOY / "tf_config.sh", *TELL],
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
    )
    assert json.loads(made.stdout) == {
        "cluster": {"worker": ["train-0.train:2222", "train-1.train:2222"]},
        "task": {"type": "worker", "index": 1},
    }


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"HOSTS": ""}, "HOSTS is not set"),
        ({"INDEX": "2"}, r"INDEX \(2\) must be 0 to WORKERS - 1 \(2 workers\)"),
        ({"INDEX": "one"}, r"INDEX \(one\) must be"),
    ],
)
def test_a_wrong_worker_is_one_line(changed: dict[str, str], line: str) -> None:
    environment = {"WORKERS": "2", "INDEX": "1", "HOSTS": "a-%d:1"} | changed
    made = subprocess.run(
        [DEPLOY / "tf_config.sh", *TELL],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 2
    assert re.match(f"error: {line}", made.stderr), made.stderr
    assert len(made.stderr.splitlines()) == 1
