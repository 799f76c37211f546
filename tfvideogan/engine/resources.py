"""Memory and disk: what they are not enough for is one line.

    resources.check_memory(spec, clips=512)
    with resources.exhaustion_explained():
        ...

A batch that no machine of this size can hold is refused before the first step.
"""

import contextlib
import math
import sys
from collections.abc import Iterator

import tensorflow as tf

from tfvideogan.core import clip, durable, errors, machine
from tfvideogan.engine import build

try:
    import resource
except ImportError:  # Windows does not tell.
    resource = None

OUT_OF_MEMORY = (
    "Out of memory. What helps most: a smaller batch (--gin_param='BATCH_SIZE = ...'), "
    "smaller or shorter clips (--gin_param='HEIGHT = ...', WIDTH, FRAMES), or, on a GPU, "
    "--precision=bfloat16."
)
DISK_FULL = "The disk is full: free some space{where}, and start again."
FLOAT = 4  # bytes
MEGA, GIGA = 1e6, 1e9
# getrusage counts kilobytes on Linux and bytes on macOS.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@contextlib.contextmanager
def exhaustion_explained() -> Iterator[None]:
    """Turns what Python and TensorFlow raise for want of memory or disk into one line.

    Raises:
      UserError: something was exhausted.
    """
    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError, OSError) as error:
        if durable.is_disk_full(error):
            path = getattr(error, "filename", None)
            where = f" where {path} lies" if path else ""
            raise errors.UserError(DISK_FULL.format(where=where)) from error
        if isinstance(error, OSError):
            raise
        raise errors.UserError(OUT_OF_MEMORY) from error


def of_variables(built: build.Built) -> str:
    """Says how much memory the variables of a training take."""
    size = build.variable_bytes(built.model.checkpoint_items()) / MEGA
    return f"variables with optimizer slots and averages {size:.3g} MB"


def peak_memory() -> int:
    """Returns the peak bytes of the first GPU, or of the process; 0 where unknown."""
    if tf.config.list_logical_devices("GPU"):
        return tf.config.experimental.get_memory_info("GPU:0")["peak"]
    if resource is None:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT


def check_memory(spec: clip.ClipSpec, *, clips: int, memory: int | None = None) -> None:
    """Checks that the clips of a call can be held at all.

    Args:
      spec: of a clip.
      clips: how many this process reads at once.
      memory: bytes of the machine; asked of it by default.

    Raises:
      UserError: they are larger than the memory.
    """
    memory = machine.memory() if memory is None else memory
    size = FLOAT * sum(math.prod(shape) for shape in spec.shapes().values())
    if memory and clips * size > memory:
        raise errors.UserError(
            f"{clips:,} clips of {size / GIGA:.3g} GB are {clips * size / GIGA:,.0f} GB, "
            f"and this machine has {memory / GIGA:.0f} GB of memory. Use a smaller batch "
            "(--gin_param='BATCH_SIZE = ...'), or smaller or shorter clips."
        )
