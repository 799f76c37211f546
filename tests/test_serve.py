"""The local server's door: first line, READY line, refusals and the end."""

import os
import pathlib
import signal
import socket
import subprocess
import sys

import pytest

from tests.serving import models
from tfvideogan import serve
from tfvideogan.serving.client import grpc_client

TIMEOUT = 120.0


def started(*flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tfvideogan.serve", "--pick_ports", *flags]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_it_names_production_says_ready_answers_and_ends(
    tmp_path: pathlib.Path,
) -> None:
    models.HalfPlus().save(tmp_path / "half" / "3")
    door = started(f"--saved_models={tmp_path}")
    try:
        first, ready = door.stdout.readline(), door.stdout.readline().split()
        assert "production is the official tensorflow/serving image" in first
        mount = (
            f"docker run -p 8500:8500 -p 8501:8501 --mount type=bind,source={tmp_path}"
        )
        assert mount in first
        assert ready[0] == "READY"
        assert ready[3] == "models=half:3"
        address = ready[1].removeprefix("grpc=")
        with grpc_client.PredictionClient(address) as client:
            assert client.predict("half", x=[[2.0]])["y"].tolist() == [[3.0]]
    finally:
        door.send_signal(signal.SIGTERM)
        _, stderr = door.communicate(timeout=TIMEOUT)
    assert door.returncode == 0, stderr


@pytest.mark.slow
def test_c14_a_model_that_does_not_load_ends_the_start(tmp_path: pathlib.Path) -> None:
    (tmp_path / "bad" / "1").mkdir(parents=True)
    (tmp_path / "bad" / "1" / "saved_model.pb").write_bytes(os.urandom(100))
    door = started(f"--saved_models={tmp_path}")
    stdout, stderr = door.communicate(timeout=TIMEOUT)
    assert door.returncode == 2
    assert "did not become available" in stderr
    assert "READY" not in stdout


def refused(capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    """The last line of stderr of a start that ends with exit code 2."""
    try:
        code = serve.main(flags)
    except SystemExit as end:
        code = end.code
    assert code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


def test_c36_a_config_file_that_does_not_parse_is_told(tmp_path, capsys) -> None:
    config = tmp_path / "models.config"
    config.write_text("this is { no config")
    text = "Error parsing text-format tensorflow.serving.ModelServerConfig"
    assert text in refused(capsys, f"--model_config_file={config}")


@pytest.mark.parametrize(
    "flag, text",
    [
        ("--enable_batching", "--enable_batching is not supported by the local server"),
        ("--batching_parameters_file=x", "official tensorflow/serving image"),
        ("--port=-1", "must not be negative"),
        ("--enable_model_warmup=maybe", "must be true or false"),
        ("--saved_models=/nowhere", "There is no model in /nowhere"),
        ("--model_base_path=/nowhere", "is no folder"),
        ("--no_such_flag", "unrecognized arguments"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    capsys, flag: str, text: str
) -> None:
    assert text in refused(capsys, flag)


def test_a_port_in_use_is_told(tmp_path: pathlib.Path, capsys) -> None:
    models.HalfPlus().save(tmp_path / "half" / "3")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        text = refused(capsys, f"--saved_models={tmp_path}", f"--port={port}")
    assert f"gRPC cannot listen on 127.0.0.1:{port}" in text
