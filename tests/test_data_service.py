"""The door of the tf.data service: it says its address and ends with its parent."""

import os
import subprocess
import sys

import pytest

from tests import source_tree


@pytest.mark.long
def test_a_service_says_its_address_and_ends_when_its_parent_does() -> None:
    # A parent that is none of this process: it ends at once.
    done = subprocess.run(
        [sys.executable, "-m", "tfvideogan.data_service", "--host=localhost"]
        + [f"--parent={os.getpid() + 1}"],
        cwd=source_tree.ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    first, second = done.stdout.splitlines()
    assert first.startswith("--data_service=grpc://localhost:")
    assert second == "serving; Ctrl-C ends it"
