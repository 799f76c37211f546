"""What the machine is called, for run cards and measurements."""

import contextlib
import os
import pathlib
import platform
import re
from collections.abc import Sequence

_CPU_INFO = pathlib.Path("/proc/cpuinfo")
# What a container may use, in version 2 and 1 of Linux' control groups.
_LIMITS = (
    pathlib.Path("/sys/fs/cgroup/memory.max"),
    pathlib.Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
# Where NVIDIA's driver for Linux lists the GPUs that it runs, and Windows' subsystem for
# Linux its own.
NVIDIA_GPUS = pathlib.Path("/proc/driver/nvidia/gpus")
_WINDOWS_GPU = pathlib.Path("/dev/dxg")


def may_have_gpu() -> bool:
    """Whether there is a driver of a GPU that TensorFlow might use."""
    return NVIDIA_GPUS.exists() or _WINDOWS_GPU.exists()


def processor(cpu_info: pathlib.Path = _CPU_INFO) -> str:
    """Returns the name of the processor, "unknown" where the system does not tell.

    Args:
      cpu_info: Linux' account of the processors.
    """
    try:
        found = re.search(r"model name\s*: (.+)", cpu_info.read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found.group(1) if found else platform.processor() or "unknown"


def memory(limits: Sequence[pathlib.Path] = _LIMITS) -> int:
    """Returns the bytes of memory that there are, 0 where the system does not tell.

    Args:
      limits: files with what a container may use.
    """
    found = []
    with contextlib.suppress(AttributeError, OSError, ValueError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for path in limits:
        # Of no limit version 2 says "max", which is no number.
        with contextlib.suppress(OSError, ValueError):
            found.append(int(path.read_text(encoding="utf-8")))
    return min((one for one in found if one > 0), default=0)
