"""Batches of a tf.data service are those of the training's own threads."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfvideogan.core import errors
from tfvideogan.data.datasets import strips
from tfvideogan.data.procedural.sprites import sprites
from tfvideogan.engine.processes import data_service
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
    with data_service.opened(None) as address:
        assert data_service.distributed(dataset, address) is dataset


def test_an_address_without_a_scheme_is_one_line() -> None:
    with pytest.raises(errors.UserError, match="must be auto or an address"):
        with data_service.opened("host:5000"):
            pass


@pytest.mark.long
def test_a_process_beside_changes_no_batch_but_has_no_python(tmp_path) -> None:
    source = make_strips(tmp_path)
    plain = blocks(source, None)
    with data_service.opened("auto") as address:
        np.testing.assert_array_equal(blocks(source, address), plain)
        resumed = blocks(source, address, count=1, start_step=2)
        drawn = sprites.Sprites(frames=2, height=16, width=16)
        with pytest.raises(errors.UserError, match="drawn in Python"):
            blocks(drawn, address)
    np.testing.assert_array_equal(resumed[0], plain[2])
