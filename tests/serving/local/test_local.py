"""Parts of the local server that need no server; the whole is in conformance/."""

import os
import pathlib
import time

import grpc
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.serving.local import counters as local_counters
from tfvideogan.serving.local import flags as local_flags
from tfvideogan.serving.local import status
from tfvideogan.serving.local.lifecycle import config as local_config
from tfvideogan.serving.local.lifecycle import manager as local_manager
from tfvideogan.serving.local.lifecycle import session
from tfvideogan.serving.local.lifecycle import versions as local_versions

OLD = time.time() - 60


def versions(root: pathlib.Path, *names: str) -> dict[int, pathlib.Path]:
    for name in names:
        (root / name).mkdir(parents=True)
    found = local_versions.find(root)
    assert found is not None
    return found


def test_version_folders_are_numbers(tmp_path: pathlib.Path) -> None:
    found = versions(tmp_path, "1", "0010", "draft-3", "-4", "5.0", "９", str(2**63))
    assert found == {1: tmp_path / "1", 10: tmp_path / "0010"}


def test_no_base_path_is_not_no_version(tmp_path: pathlib.Path) -> None:
    assert local_versions.find(tmp_path / "nowhere") is None
    assert local_versions.find(tmp_path) == {}


@pytest.mark.parametrize(
    "policy, chosen",
    [
        (local_versions.Policy(), [9]),
        (local_versions.Policy(latest=2), [9, 5]),
        (local_versions.Policy(is_all=True), [9, 5, 1]),
        (local_versions.Policy(specific=(1, 7)), [1]),
    ],
)
def test_policies_choose_the_newest_first(
    tmp_path: pathlib.Path, policy: local_versions.Policy, chosen: list[int]
) -> None:
    assert policy.choose(versions(tmp_path, "1", "5", "9")) == chosen


def test_a_folder_that_is_being_written_is_not_settled(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "saved_model.pb"
    file.write_bytes(b"1")
    assert not local_versions.is_settled(tmp_path)
    before = local_versions.fingerprint(tmp_path)
    os.utime(file, (OLD, OLD))
    assert local_versions.is_settled(tmp_path)
    assert local_versions.fingerprint(tmp_path) != before


def test_a_new_version_is_left_alone_until_it_is_settled(
    tmp_path: pathlib.Path,
) -> None:
    manager = local_manager.Manager(local_manager.LoadOptions())
    (tmp_path / "1").mkdir()
    file = tmp_path / "1" / "saved_model.pb"
    file.write_bytes(b"half of it")
    model = local_config.ModelConfig("m", tmp_path)
    manager._configs = {"m": model}  # without waiting, as `apply` would
    manager.poll()
    assert manager.status(_spec("m"))[0].error is None
    os.utime(file, (OLD, OLD))
    manager.poll()
    assert manager.status(_spec("m"))[0].error is not None


def _spec(name: str):
    return local_manager.model_pb2.ModelSpec(name=name)


@pytest.mark.parametrize(
    "seconds, milliseconds",
    [(None, 0), (0.0, 1), (0.0011, 2), (0.003, 5), (0.02, 20), (30.0, 50_000)],
)
def test_time_limits_are_rounded_up(seconds: float | None, milliseconds: int) -> None:
    assert session.rounded_timeout(seconds) == milliseconds


def test_long_messages_are_cut() -> None:
    error = status.invalid("x" * 2000)
    assert error.message == "x" * 1024 + "...TRUNCATED"


@pytest.mark.parametrize("code", list(grpc.StatusCode))
def test_every_status_has_an_http_status(code: grpc.StatusCode) -> None:
    assert 200 <= status.HTTP[code] < 600


def test_runtime_errors_keep_their_code() -> None:
    error = tf.errors.OutOfRangeError(None, None, "over")
    assert status.from_tensorflow(error).code == grpc.StatusCode.OUT_OF_RANGE


def test_small_text_files_are_read(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "config"
    file.write_text(
        '# a comment\nserver_key: "a\\nb" client_verify: true\n'
        "prometheus_config { enable: true, path: '/p'; inner: { n: -3 }, }"
    )
    assert local_config.read_fields(file) == {
        "server_key": "a\nb",
        "client_verify": True,
        "prometheus_config.enable": True,
        "prometheus_config.path": "/p",
        "prometheus_config.inner.n": -3,
    }


@pytest.mark.parametrize(
    "text",
    ["a", "a:", "a: b", "a {", "}", "a: 1 ]", "a { b: 1", ", a: 1", "a: 1,, b: 1"],
)
def test_small_text_files_that_are_none_are_told(
    tmp_path: pathlib.Path, text: str
) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    with pytest.raises(errors.UserError):
        local_config.read_fields(file)


def config(root: str) -> str:
    model = f"name: 'm' base_path: '{root}' model_platform: 'tensorflow'"
    return f"model_config_list {{ config {{ {model} }} }}"


def test_paths_of_the_image_are_found_beside_the_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "here").mkdir()
    file = tmp_path / "models.config"
    file.write_text(config("/models/here"))
    assert local_config.read_models(file)[0].base_path == tmp_path / "here"
    file.write_text(config("/models/../here"))
    assert local_config.read_models(file)[0].base_path != tmp_path / "here"
    file.write_text(config("here"))
    with pytest.raises(errors.UserError, match="absolute path"):
        local_config.read_models(file)


def test_counters_are_prometheus_text() -> None:
    counters = local_counters.Counters()
    counters.count('a"b', "OK")
    counters.count('a"b', "OK")
    counters.time(local_counters.RUN_TIME, 11e-6, (("model_name", "m"),))
    lines = counters.text().splitlines()
    head = ":tensorflow:serving:"
    assert lines[0] == f"# TYPE {head}request_count counter"
    assert lines[1] == f'{head}request_count{{model_name="a\\"b",status="OK"}} 2'
    assert lines[2] == f"# TYPE {head}runtime_latency histogram"
    # 11 us are above the first bound, 10, and below the second, 18.
    assert lines[3].endswith('le="10"} 0')
    assert lines[4].endswith('le="18"} 1')
    assert lines[-2:] == [
        f'{head}runtime_latency_sum{{model_name="m"}} 11',
        f'{head}runtime_latency_count{{model_name="m"}} 1',
    ]


def options(*flags: str):
    return local_flags.parser("").parse_args(flags)


def test_answers_are_raw_unless_production_s_default_is_asked_for() -> None:
    flag = "--enable_serialization_as_tensor_content"
    assert options().enable_serialization_as_tensor_content
    assert not options(f"{flag}=false").enable_serialization_as_tensor_content


def test_files_of_monitoring_and_tls_are_checked(tmp_path: pathlib.Path) -> None:
    (tmp_path / "1").mkdir()
    file = tmp_path / "config"
    flags = (f"--model_base_path={tmp_path}",)
    file.write_text("prometheus_config { enable: true }")
    given = options(*flags, f"--monitoring_config_file={file}")
    assert local_flags.settings(given).metrics_path == local_counters.PATH
    file.write_text("server_key: 'k'")
    with pytest.raises(errors.UserError, match="no `server_cert`"):
        local_flags.settings(options(*flags, f"--ssl_config_file={file}"))
    file.write_text("server_key: 'k' server_cert: 'c' client_verify: true")
    with pytest.raises(errors.UserError, match="no `custom_ca`"):
        local_flags.settings(options(*flags, f"--ssl_config_file={file}"))
