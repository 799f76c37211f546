"""The convolution benchmark runs and compares every way that there is."""

import subprocess
import sys

import pytest

from tests import source_tree


@pytest.mark.long
def test_every_way_is_timed_beside_the_library():
    done = subprocess.run(
        [sys.executable, "tools/benchmark_convolution.py", "--only=images"],
        cwd=source_tree.ROOT,
        env={"PYTHONPATH": str(source_tree.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    # Four layers, each with a title and three maps.
    assert len(lines) == 4 * (1 + 3)
    assert lines[0] == "images: 8 x 64 x 64, 3 -> 64"
    assert "native" in lines[2] and "subpixel" in lines[2]
