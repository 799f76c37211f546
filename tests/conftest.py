"""What every test finds: oneDNN as the package sets it, two devices, no GPU.

TensorFlow reads its environment once and fixes its devices at the first operation, so
both are settled here, before any test module is imported; processes that a test starts
inherit the environment. Two logical CPU devices let the distribution tests run in one
process; everything else stays on the first of them. GPUs are hidden, so that a test
means the same on every machine.

With `--dist loadgroup` the tests of a file run in one worker, one after the other, so
that its fixtures are made once; a test with an `xdist_group` of its own may run anywhere.
"""

import os
from collections.abc import Iterator

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
# Workers inherit it: with an arena for each thread little of what is freed goes back.
os.environ.setdefault("MALLOC_ARENA_MAX", "2")

import pytest
import tensorflow as tf

from tests import traced_graphs

NUM_DEVICES = 2


def pytest_configure() -> None:
    """Splits the CPU in two."""
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * NUM_DEVICES,
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups tests by their files; what is long is slow, too."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.location[0]))
        if item.get_closest_marker("long") is not None:
            item.add_marker("slow")


@pytest.fixture(scope="module", autouse=True)
def traced_graphs_end_with_their_file() -> Iterator[None]:
    """Keeps the memory of a process that runs many files flat."""
    yield
    if traced_graphs.names():
        traced_graphs.forget()


@pytest.fixture(scope="session")
def two_devices() -> list[str]:
    """Names of the two logical CPU devices, for tf.distribute.MirroredStrategy."""
    return [device.name for device in tf.config.list_logical_devices("CPU")]
