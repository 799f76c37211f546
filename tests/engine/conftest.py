"""Every test of the engine starts with float32, no configuration and its own folder."""

from collections.abc import Iterator

import keras
import pytest
import tensorflow as tf

from tests.engine import toy
from tfvideogan.engine import build
from tfvideogan.engine.config import config


@pytest.fixture(autouse=True)
def clean_slate() -> Iterator[None]:
    config.reset()
    yield
    config.reset()
    keras.config.set_dtype_policy("float32")


@pytest.fixture
def one_device() -> tf.distribute.Strategy:
    return tf.distribute.OneDeviceStrategy("CPU:0")


@pytest.fixture
def built(one_device: tf.distribute.Strategy) -> build.Built:
    return build.build(toy.ToyGAN, toy.ToySource, one_device)
