"""Memory and disk: what they are not enough for is one line.

    resources.check_memory(spec, clips=512)
    with resources.exhaustion_explained():
        ...

A batch that no machine of this size can hold is refused before the first step.
"""

import contextlib
import math
from collections.abc import Iterator

import tensorflow as tf

from tfvideogan.core import clip, durable, errors, machine

OUT_OF_MEMORY = (
    "Out of memory. What helps most: a smaller batch (--gin_param='BATCH_SIZE = ...'), "
    "smaller or shorter clips (--gin_param='HEIGHT = ...', WIDTH, FRAMES), or, on a GPU, "
    "--precision=bfloat16."
)
DISK_FULL = "The disk is full: free some space{where}, and start again."
FLOAT = 4  # bytes
GIGA = 1e9


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
