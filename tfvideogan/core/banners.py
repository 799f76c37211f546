"""What TensorFlow says of itself when it is imported, kept from stderr.

    with banners.caught():
        import tensorflow

No setting of TensorFlow 2.21 silences what it writes before its log is set up. Warnings
and errors are passed on, by a process of its own: TensorFlow may abort, where a processor
lacks AVX for instance, and what it says then matters. That CUDA does not start is no error
on a machine without a GPU.
"""

import contextlib
import os
import re
import signal
from collections.abc import Iterator

from tfvideogan.core import leaving, machine

STDERR = 2
# Notes (I) in the form of absl's log and in that of TensorFlow's older one.
_BANNER = re.compile(
    rb"I\d{4} [\d:. ]+"
    rb"|\d{4}-\d\d-\d\d [\d:.]+: I "
    rb"|WARNING: All log messages before absl::InitializeLog\(\) is called"
    rb"|To enable the following instructions:"
)
_NO_CUDA = re.compile(rb"E\d{4} .*failed call to cuInit")


def is_banner(line: bytes, *, has_gpu: bool = True) -> bool:
    """Whether a line of stderr is a note of TensorFlow's about itself.

    Args:
      line: of stderr.
      has_gpu: whether the machine has a GPU.
    """
    is_idle = not has_gpu and _NO_CUDA.match(line) is not None
    return is_idle or _BANNER.match(line) is not None


@contextlib.contextmanager
def caught() -> Iterator[None]:
    """Passes on only what matters of that which is written to stderr inside."""
    if not hasattr(os, "fork"):
        yield
        return
    readable, writable = os.pipe()
    child = os.fork()
    if not child:
        os.close(writable)
        _pass_on(readable)
    os.close(readable)
    stderr = os.dup(STDERR)
    os.dup2(writable, STDERR)
    os.close(writable)
    try:
        yield
    finally:
        os.dup2(stderr, STDERR)
        os.close(stderr)
        os.waitpid(child, 0)


def _pass_on(readable: int) -> None:
    """Copies lines until no process has the other end; a process of its own."""
    try:
        for number in leaving.handled():
            signal.signal(number, signal.SIG_IGN)
        has_gpu = machine.may_have_gpu()
        with open(readable, "rb") as lines:
            for line in lines:
                if not is_banner(line, has_gpu=has_gpu):
                    os.write(STDERR, line)
    finally:
        os._exit(0)
