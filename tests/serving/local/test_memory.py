"""What is freed is kept, and given back after a large request."""

import platform
import subprocess
import sys
import threading

import pytest

from tfvideogan.serving.local import memory

GLIBC = platform.libc_ver()[0] == "glibc"
PROBE = f"""
from {memory.__name__} import give_back, keep_freed

def resident():
    status = open("/proc/self/status").read()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024

assert keep_freed()
blocks = [bytes([1]) * 2**20 for _ in range(200)]
full = resident()
del blocks
kept = resident()
assert give_back()
print(full, kept, resident())
"""


@pytest.mark.skipif(not GLIBC, reason="glibc's own functions")
def test_200_megabytes_are_kept_and_then_given_back() -> None:
    # In a process of its own: the other tests want their memory back.
    seen = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True
    )
    full, kept, left = map(int, seen.stdout.split())
    assert full - kept < 20
    assert kept - left > 180


def test_only_a_large_request_gives_back(monkeypatch: pytest.MonkeyPatch) -> None:
    has_given = threading.Event()
    monkeypatch.setattr(memory, "DELAY", 0.0)
    monkeypatch.setattr(memory, "give_back", has_given.set)
    returner = memory.Returner()
    returner.note(memory.LARGE - 1)
    assert returner._thread is None
    returner.note(memory.LARGE)
    assert has_given.wait(30)
