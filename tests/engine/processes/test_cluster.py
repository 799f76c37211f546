"""Clusters are read from the environment, or refused in one line."""

import json
import pathlib

import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.engine.processes import cluster

TWO = {"worker": ["a:1", "b:2"]}
FIRST = {"type": "worker", "index": 0}


@pytest.mark.parametrize(
    "config, words",
    [
        ("{", "is not JSON"),
        ("[]", "it is [], not an object"),
        ("null", "it is null"),
        ({"cluster": []}, "`cluster` is []"),
        ({"cluster": {"worker": "a:1"}}, '`worker` is "a:1", not a list'),
        ({"cluster": {"worker": []}}, "`worker` is []"),
        ({"cluster": {"ps": ["a:1"], **TWO}, "task": FIRST}, "`ps` cannot train"),
        ({"cluster": {"worker": ["a:1", "b"]}, "task": FIRST}, '"b" is no address'),
        ({"cluster": {"worker": ["a:1", 2]}, "task": FIRST}, "2 is no address"),
        ({"cluster": {"worker": ["a:1", "a:1"]}, "task": FIRST}, "a:1 is named twice"),
        ({"cluster": {"chief": ["a:1", "b:1"]}, "task": FIRST}, "one chief at most"),
        ({"cluster": TWO}, "`task` is null"),
        ({"cluster": TWO, "task": {"type": "worker"}}, "with `type` and `index`"),
        ({"cluster": TWO, "task": {"type": "chief", "index": 0}}, 'called "chief"'),
        ({"cluster": TWO, "task": {"type": [], "index": 0}}, "called []"),
        ({"cluster": TWO, "task": {"type": "worker", "index": 2}}, "`index` is 2"),
        ({"cluster": TWO, "task": {"type": "worker", "index": -1}}, "`index` is -1"),
        ({"cluster": TWO, "task": {"type": "worker", "index": "x"}}, '`index` is "x"'),
        ({"cluster": TWO, "task": {"type": "worker", "index": True}}, "is true"),
    ],
)
def test_a_cluster_that_could_not_train_is_refused(
    config: object, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = config if isinstance(config, str) else json.dumps(config)
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(errors.UserError) as caught:
        cluster.resolver()
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert str(caught.value).startswith("TF_CONFIG")


@pytest.mark.parametrize(
    "config", [{}, {"cluster": {}}, {"cluster": {"worker": ["localhost:1"]}}]
)
def test_a_cluster_of_one_is_none(
    config: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    assert cluster.resolver() is None


def test_a_cluster_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = {"worker": ["b:1", "[::1]:2"], "chief": ["a:1"]}
    config = {"cluster": jobs, "task": {"type": "worker", "index": "1"}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    resolver = cluster.resolver()
    assert (resolver.task_type, resolver.task_id) == ("worker", 1)
    assert cluster.addresses(resolver) == (["a:1", "b:1", "[::1]:2"], 2)


@pytest.fixture
def slurm(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SLURM step of two nodes, and what its own tool prints for the list of them."""
    tool = tmp_path / "scontrol"
    tool.write_text("#!/bin/sh\necho node1\necho node2\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    settings = {
        "STEP_NUM_TASKS": "2",
        "STEP_NODELIST": "node[1-2]",
        "STEP_TASKS_PER_NODE": "1(x2)",
        "PROCID": "1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"SLURM_{name}", value)


@pytest.mark.usefixtures("slurm")
@pytest.mark.parametrize("has_devices", [True, False])
def test_a_slurm_job_of_several_tasks_is_a_cluster(
    has_devices: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_devices:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
        monkeypatch.setattr(cluster.shutil, "which", lambda name: None)
    resolver = cluster.resolver()
    found = resolver.cluster_spec().as_dict()["worker"]
    assert [one.split(":")[0] for one in found] == ["node1", "node2"]
    assert (resolver.task_type, resolver.task_id) == ("worker", 1)


@pytest.mark.usefixtures("slurm")
@pytest.mark.parametrize(
    "name, value",
    [
        ("STEP_NUM_TASKS", "two"),
        ("STEP_NUM_TASKS", "9"),
        ("STEP_NODELIST", None),
        ("STEP_TASKS_PER_NODE", "1(x"),
        ("STEP_TASKS_PER_NODE", None),
        ("PROCID", "x"),
        ("PROCID", None),
        ("PROCID", "7"),
    ],
)
def test_a_slurm_job_that_cannot_be_read_is_refused(
    name: str, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is None:
        monkeypatch.delenv(f"SLURM_{name}")
    else:
        monkeypatch.setenv(f"SLURM_{name}", value)
    with pytest.raises(errors.UserError, match="SLURM's variables") as caught:
        cluster.resolver()
    assert "\n" not in str(caught.value)


def test_a_lost_worker_is_one_line() -> None:
    text = "unhealthy (stopped sending heartbeats):\n/job:worker/replica:0/task:1\n"
    for message, which in ((text, "worker 1"), ("aborted", "UnavailableError")):
        error = tf.errors.UnavailableError(None, None, message)
        with pytest.raises(cluster.WorkerLost, match=rf"answer \({which}\)\. What"):
            with cluster.loss_explained():
                raise error
    with pytest.raises(tf.errors.InvalidArgumentError), cluster.loss_explained():
        raise tf.errors.InvalidArgumentError(None, None, "a")
