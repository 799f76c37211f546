"""The benchmark of completion runs, and reads what a peer says of itself."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from tests import source_tree

PEER = "print('memory [0.5 1.0] s a frame, filled [ 2. 3.] s a frame, deepest [9]')"


@pytest.mark.long
def test_exports_and_a_peer_are_measured(tmp_path):
    draw = np.random.default_rng(0)
    for number in range(26):
        frame = draw.integers(0, 256, (60, 106, 3)).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"{number:05}.jpg"), frame)
        mask = np.zeros([60, 106], np.uint8)
        mask[20:24, 30:40] = 255
        cv2.imwrite(str(tmp_path / f"{number:05}.png"), mask)
    done = subprocess.run(
        [
            sys.executable,
            "tools/benchmark_completion.py",
            f"--frames={tmp_path}",
            f"--masks={tmp_path}",
            "--models=saved_models/opn",
            f'--peer={sys.executable} -c "{PEER}"',
        ],
        cwd=source_tree.ROOT,
        env={"PYTHONPATH": str(source_tree.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    # 4 x 10 of 60 x 106 pixels.
    assert lines[0].endswith("0.6 % masked")
    assert [line.split(":")[0] for line in lines[1:]] == [
        "saved_models/opn network",
        "saved_models/opn auto",
        "memory",
        "filled",
    ]
    assert "the peer's 0.500" in lines[3] and "the peer's 2.000" in lines[4]
