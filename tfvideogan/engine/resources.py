"""Memory and disk: what they are not enough for is one line.

    resources.check_memory(spec, clips=512)
    with resources.exhaustion_explained(), resources.variables_bounded():
        ...

A batch, or a model, that no machine of this size can hold is refused before it is made:
the system would end the process without a word.
"""

import contextlib
import math
import sys
from collections.abc import Callable, Iterator

import tensorflow as tf

from tfvideogan.core import clip, durable, errors, machine

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
GIGA = 1e9
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
            f"and this machine has {memory / GIGA:.0f} GB of memory. Use a smaller batch, "
            "or smaller or shorter clips.",
            flags="--gin_param='BATCH_SIZE = ...' makes a smaller batch.",
        )


@contextlib.contextmanager
def variables_bounded(memory: int | None = None) -> Iterator[None]:
    """Refuses variables that together are larger than the memory, before they are made.

    In a graph, where variables take no memory, nothing is refused.

    Args:
      memory: bytes of the machine; asked of it by default.

    Raises:
      UserError: the next variable would be too much.
    """
    memory = machine.memory() if memory is None else memory
    if not memory or not tf.executing_eagerly():
        yield
        return
    total = 0

    def bounded(make: Callable[..., tf.Variable], **arguments: object) -> tf.Variable:
        """Makes a variable; a creator as TensorFlow calls it."""
        nonlocal total
        total += _bytes_to_come(arguments["initial_value"])
        if total > memory:
            raise errors.UserError(
                f"The model's variables are more than {total / GIGA:,.1f} GB, and this "
                f"machine has {memory / GIGA:.1f} GB of memory. Use a smaller width, or "
                "shorter or smaller clips.",
                flags="--dry_run says what a model needs.",
            )
        return make(**arguments)

    with tf.variable_creator_scope(bounded):
        yield


def _bytes_to_come(initial_value: object) -> int:
    """Returns the bytes of a variable from its value, or from what will compute it."""
    if callable(initial_value):
        try:
            with tf.Graph().as_default():
                initial_value = initial_value()
        except Exception:  # such as one that keeps a state: not counted
            return 0
    shape = tf.TensorShape(getattr(initial_value, "shape", ()))
    return FLOAT * (shape.num_elements() or 0)
