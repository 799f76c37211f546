"""Devices, workers and precision."""

import json
import pathlib

import keras
import pytest
import tensorflow as tf

from tfvideogan.core import errors, machine
from tfvideogan.engine import strategy as strategies


def test_virtual_devices_make_replicas() -> None:
    strategy = strategies.make(virtual_devices=2)
    assert strategy.num_replicas_in_sync == 2
    assert strategies.describe(strategy) == "Mirrored, 2 replica(s) on CPU:0, CPU:1"


def test_one_device_without_gpus() -> None:
    for strategy in (strategies.make(), strategies.make(1), strategies.one_device()):
        assert strategies.describe(strategy) == "OneDevice, 1 replica(s) on CPU:0"
        assert strategies.workers(strategy) == (1, 0)


@pytest.mark.parametrize(
    ("visible", "is_said"), [(None, True), ("0", True), ("-1", False), ("", False)]
)
def test_gpus_that_are_not_used_are_named(
    visible: str | None,
    is_said: bool,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(machine, "NVIDIA_GPUS", tmp_path)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    strategies.make()
    assert ("2 NVIDIA GPU(s)" in caplog.text) == is_said


def test_more_devices_than_tensorflow_has_started_with_are_refused() -> None:
    tf.zeros([])  # the devices are fixed now, there are two
    with pytest.raises(errors.UserError, match="comes too late"):
        strategies.make(virtual_devices=3)


def test_no_devices_are_refused() -> None:
    with pytest.raises(errors.UserError, match="at least 1"):
        strategies.make(virtual_devices=0)


@pytest.mark.parametrize(
    "name, policy",
    [
        ("float32", "float32"),
        ("float16", "mixed_float16"),
        ("bfloat16", "mixed_bfloat16"),
        ("mixed_bfloat16", "mixed_bfloat16"),
    ],
)
def test_precision_is_the_policy_of_new_layers(name: str, policy: str) -> None:
    strategies.set_precision(name)
    assert keras.layers.Dense(1).dtype_policy.name == policy


def test_unknown_precision_is_refused_with_the_choices() -> None:
    with pytest.raises(errors.UserError, match="must be one of bfloat16, float16"):
        strategies.set_precision("int8")


def test_broken_cluster_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", "{")
    with pytest.raises(errors.UserError, match="TF_CONFIG is not JSON"):
        strategies.make()


def test_cluster_of_one_needs_no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = {"cluster": {"worker": ["localhost:1"]}, "task": {"type": "worker"}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(alone))
    assert isinstance(strategies.make(), tf.distribute.OneDeviceStrategy)


@pytest.mark.parametrize(
    "kind, index, expected", [("chief", 0, (3, 0)), ("worker", 1, (3, 2))]
)
def test_workers_are_numbered_with_the_chief_first(
    kind: str, index: int, expected: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    task = {"type": kind, "index": index}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))

    class Some:
        cluster_resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()

    assert strategies.workers(Some()) == expected


def test_graphs_for_cpus_are_left_alone() -> None:
    strategies.make()
    options = tf.config.optimizer.get_experimental_options()
    assert options["disable_meta_optimizer"]
