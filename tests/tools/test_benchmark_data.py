import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests import source_tree


def benchmark(tmp_path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "tools/benchmark_data.py", "--seconds=0.05", *arguments],
        cwd=source_tree.ROOT,
        env={**os.environ, "PYTHONPATH": str(source_tree.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_a_data_set_is_measured_raw_and_cached_and_memory_is_told(tmp_path):
    strip = np.zeros((4, 40, 3), np.uint8)
    for number in range(4):
        (tmp_path / "strips").mkdir(exist_ok=True)
        Image.fromarray(strip).save(tmp_path / "strips" / f"{number}.png")
    done = benchmark(
        tmp_path,
        "--gin_file=gin/data/strips.gin",
        f'--gin_param=STRIPS_ROOT = "{tmp_path / "strips"}"',
        "--gin_param=FRAMES = 2",
        "--gin_param=HEIGHT = 4",
        "--gin_param=WIDTH = 4",
    )
    assert done.returncode == 0, done.stderr
    assert "strips read from" in done.stdout
    for row in ("conversion, all cores", "pipeline", "memory"):
        assert row in done.stdout
