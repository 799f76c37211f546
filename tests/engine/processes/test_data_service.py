"""Batches of a tf.data service are those of the training's own threads."""

import pathlib
import socket
import subprocess
import threading

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfvideogan.core import errors
from tfvideogan.data.datasets import strips
from tfvideogan.data.procedural.sprites import sprites
from tfvideogan.engine.processes import data_service, waiting
from tfvideogan.engine.training import feed

STRATEGY = tf.distribute.OneDeviceStrategy("CPU:0")


def blocks(source, service: str | None, count: int = 3, **options) -> list[np.ndarray]:
    options = {"batch_size": 4, "seed": 1, **options}
    iterator = feed.training_blocks(source, STRATEGY, service=service, **options)
    return [feed.take(iterator)["frames"].numpy() for _ in range(count)]


def make_strips(tmp_path: pathlib.Path) -> strips.Strips:
    """Strips of noise, so that every window is known by its pixels."""
    generator = np.random.default_rng(0)
    root = tmp_path / "strips"
    root.mkdir()
    for number in range(6):
        noise = generator.integers(0, 255, (8, 80, 3), np.uint8)
        Image.fromarray(noise).save(root / f"{number}.png")
    cache = str(tmp_path / "cache")
    return strips.Strips(str(root), frames=3, height=8, width=8, cache_dir=cache)


def test_no_service_is_nothing() -> None:
    dataset = tf.data.Dataset.range(3)
    with data_service.opened(None) as service:
        assert data_service.distributed(dataset, service.address) is dataset
        assert service.fault(1e9) is None and service.about == ""


@pytest.mark.parametrize(
    "address", ["host:5000", "grpc://host", "grpc://host:port", "grpc://", "http://a:1"]
)
def test_an_address_that_is_none_is_one_line(address: str) -> None:
    with pytest.raises(errors.UserError, match="must be auto or an address"):
        with data_service.opened(address):
            pass


def test_a_service_is_awaited_until_it_answers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(waiting, "FIRST", 0.0)
    with socket.socket() as server:
        server.bind(("localhost", 0))
        address = f"grpc://localhost:{server.getsockname()[1]}"
        threading.Timer(0.5, server.listen).start()
        with data_service.opened(address) as service:
            assert service.address == address
    assert f"Waiting for the data service at {address}" in caplog.text


def test_a_service_that_is_lost_is_told() -> None:
    with subprocess.Popen(["sleep", "99"]) as process:
        beside = data_service.Service("grpc://localhost:1", process)
        assert beside.fault(0.0) is None
        process.kill()
        process.wait()
        assert beside.fault(0.0) == "the end of the data service (exit code -9)"
    far = data_service.Service("grpc://localhost:1")
    assert far.fault(10.0) is None
    assert far.fault(61.0) == "the silence of the data service at grpc://localhost:1"


@pytest.mark.long
def test_a_process_beside_changes_no_batch_but_has_no_python(tmp_path) -> None:
    source = make_strips(tmp_path)
    plain = blocks(source, None)
    with data_service.opened("auto") as service:
        address = service.address
        assert service.answers() and service.fault(1e9) is None
        np.testing.assert_array_equal(blocks(source, address), plain)
        resumed = blocks(source, address, count=1, start_step=2)
        drawn = sprites.Sprites(frames=2, height=16, width=16)
        with pytest.raises(errors.UserError, match="drawn in Python"):
            blocks(drawn, address)
    np.testing.assert_array_equal(resumed[0], plain[2])
