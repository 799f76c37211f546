"""What the machine is called, for run cards and measurements."""

import pathlib
import platform
import re

_CPU_INFO = pathlib.Path("/proc/cpuinfo")


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
