"""Notes of TensorFlow's about itself do not reach stderr; all else does."""

import subprocess
import sys

import pytest

from tfvideogan.core import banners

# As TensorFlow 2.21 and 2.15 write them.
NOTES = [
    b"I0000 00:00:1795948042.726768    4191 port.cc:153] oneDNN operations are on.\n",
    b"2024-01-02 03:04:05.678901: I tensorflow/core/util/port.cc:113] oneDNN is on.\n",
    b"WARNING: All log messages before absl::InitializeLog() is called are written to\n",
    b"To enable the following instructions: AVX2 FMA, rebuild TensorFlow.\n",
]
MATTERS = [
    b"W0000 00:00:1795948042.726768    4191 gpu_device.cc:2344] Cannot dlopen some GPU\n",
    b"2024-01-02 03:04:05.678901: W tensorflow/core/gpu.cc:1] Cannot dlopen libraries.\n",
    b"E0000 00:00:1795948042.726768    4191 cuda_dnn.cc:1] Loaded runtime CuDNN: 9.1\n",
    b"F0000 00:00:1795948042.726768    4191 cpu_feature_guard.cc:1] needs AVX\n",
    b"UserWarning: I think so\n",
]
CAUGHT = """
import os, sys
from tfvideogan.core import banners
with banners.caught():
    os.write(2, b"I0000 00:00:1.2 3 port.cc:1] a note\\n")
    os.write(2, b"W0000 00:00:1.2 3 a.cc:1] careful\\n")
    sys.stderr.write("from Python\\n")
    sys.stderr.flush()
    {end}
os.write(2, b"I0000 00:00:1.2 3 port.cc:1] later\\n")
"""


@pytest.mark.parametrize("line", NOTES)
def test_a_note_is_a_banner(line: bytes) -> None:
    assert banners.is_banner(line)


@pytest.mark.parametrize("line", MATTERS)
def test_warnings_and_errors_are_none(line: bytes) -> None:
    assert not banners.is_banner(line)


def test_no_cuda_is_a_note_only_where_there_is_no_gpu() -> None:
    line = (
        b"E0000 00:00:1795987441.102913    2170 cuda_platform.cc:52] failed call to "
        b"cuInit: INTERNAL: CUDA error: Failed call to cuInit: UNKNOWN ERROR (303)\n"
    )
    assert not banners.is_banner(line)
    assert banners.is_banner(line, has_gpu=False)
    assert not banners.is_banner(MATTERS[2], has_gpu=False)


def run(end: str) -> tuple[int, list[str]]:
    seen = subprocess.run(
        [sys.executable, "-c", CAUGHT.format(end=end)], capture_output=True, text=True
    )
    return seen.returncode, [line.split("] ")[-1] for line in seen.stderr.splitlines()]


def test_only_notes_are_kept_back_and_only_inside() -> None:
    assert run("pass") == (0, ["careful", "from Python", "later"])


def test_what_an_abort_says_is_passed_on() -> None:
    code, lines = run("os.write(2, b'F0000 00:00:1.2 3 a.cc:1] needs AVX'); os.abort()")
    assert code < 0 and lines == ["careful", "from Python", "needs AVX"]
