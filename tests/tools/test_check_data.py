import os
import subprocess
import sys

import pytest

from tests import source_tree
from tests.data import davis_tree


def check_data(tmp_path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [
            sys.executable,
            "tools/check_data.py",
            f"--out={tmp_path / 'out'}",
            *arguments,
        ],
        cwd=source_tree.ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(source_tree.ROOT),
            "TFVIDEOGAN_CACHE": str(tmp_path / "cache"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_sound_folder_is_reported_and_shown(tmp_path):
    root = davis_tree.write(tmp_path / "DAVIS")
    done = check_data(
        tmp_path, f"--davis_root={root}", "--frames=3", "--height=36", "--width=48"
    )
    assert done.returncode == 0, done.stderr
    assert "davis/train: 2 clips, 2 checked" in done.stdout
    assert "(u, v)" in done.stdout and "PROBLEM" not in done.stdout
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [
        f"davis-{split}.{ending}"
        for split in ("test", "train", "validation")
        for ending in ("mp4", "png")
    ]


@pytest.mark.slow
def test_a_folder_that_cannot_be_read_is_one_line_and_exit_2(tmp_path):
    done = check_data(tmp_path, f"--davis_root={tmp_path / 'gone'}")
    assert done.returncode == 2
    assert "gone does not exist" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()
