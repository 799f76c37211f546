"""Says what this machine and environment offer; paste its output into a bug report.

    python tools/doctor.py

Exit code 1 when something that training needs is missing or of the wrong version.
"""

import importlib.metadata
import os
import platform
import shutil
import sys

import tfvideogan

# isort: split
import av
import tensorflow as tf
from packaging import requirements

from tfvideogan.core import machine as core_machine

PACKAGE = "tfvideogan"
GIGABYTE = 2**30


def packages() -> list[tuple[str, str, str]]:
    """Returns (name, installed version, complaint or '') of what the package needs."""
    try:
        needed = importlib.metadata.requires(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        return [(PACKAGE, "not installed", "pip install -e .")]
    found = []
    for line in needed:
        one = requirements.Requirement(line)
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(one.name)
        except importlib.metadata.PackageNotFoundError:
            found.append((one.name, "missing", f"needs {one.specifier}"))
            continue
        is_fit = one.specifier.contains(version, prereleases=True)
        found.append((one.name, version, "" if is_fit else f"needs {one.specifier}"))
    return found


def machine() -> list[tuple[str, str]]:
    """Returns what the hardware and the system offer, as (name, value)."""
    gpus = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    names = [one.get("device_name", "GPU") for one in details]
    onednn = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "unset")
    return [
        ("python", sys.version.split()[0]),
        ("system", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("processor", core_machine.processor()),
        ("cores", str(os.cpu_count())),
        ("memory", _memory()),
        ("free disk here", f"{shutil.disk_usage('.').free / GIGABYTE:.1f} GiB"),
        ("GPUs", ", ".join(names) or "none that TensorFlow can use"),
        ("TF_ENABLE_ONEDNN_OPTS", onednn),
        ("H.264 encoder", _encoder()),
        (PACKAGE, tfvideogan.__version__),
    ]


def _memory() -> str:
    if not hasattr(os, "sysconf"):
        return "unknown"
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{total / GIGABYTE:.1f} GiB"


def _encoder() -> str:
    try:
        return av.codec.Codec("libx264", "w").long_name
    except av.codec.codec.UnknownCodecError:
        return "missing"


def main() -> int:
    """Prints the tables; returns the exit code."""
    for name, value in machine():
        print(f"{name:28} {value}")
    print()
    complaints = 0
    for name, version, complaint in packages():
        print(f"{name:28} {version:16} {complaint}".rstrip())
        complaints += bool(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
