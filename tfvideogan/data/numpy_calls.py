"""Python functions inside tf.data that do not outlive the interpreter.

The threads of a tf.data pipeline run ahead of its consumer, also while Python shuts down.
A thread that then comes back to Python, from OpenCV for example, finds no interpreter:
the process hangs or aborts after its work was done. Calls made through this room end
first: on exit no new call begins, and the exit waits until the running ones are through.

    frames = numpy_calls.call(render, [index], [tf.uint8])
"""

import atexit
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

# The exit goes on when no call was seen for this long (pipelines have then filled their
# buffers with errors that are never read), and at the latest after PATIENCE.
QUIET = 0.05  # seconds
PATIENCE = 10.0  # seconds


class _Gate:
    """Counts running calls, and closes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._last = 0.0
        self._is_closed = False

    def enter(self) -> bool:
        """Registers a call; returns False when the gate is closed."""
        with self._lock:
            self._last = time.monotonic()
            self._running += not self._is_closed
            return not self._is_closed

    def leave(self) -> None:
        """Ends a call."""
        with self._lock:
            self._last = time.monotonic()
            self._running -= 1

    def close(self) -> None:
        """Lets no call in and waits until all is quiet."""
        with self._lock:
            self._is_closed = True
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with self._lock:
                is_quiet = time.monotonic() - self._last > QUIET
                if is_quiet and not self._running:
                    return
            time.sleep(QUIET / 4)


_GATE = _Gate()
atexit.register(_GATE.close)


def call(
    function: Callable[..., Sequence[np.ndarray]],
    inputs: Sequence[tf.Tensor],
    dtypes: Sequence[tf.DType],
) -> list[tf.Tensor]:
    """Calls a pure NumPy function from a graph, like `tf.numpy_function`.

    Args:
      function: takes arrays, returns a sequence of arrays; without side effects.
      inputs: its arguments.
      dtypes: of its results.

    Returns:
      The results, without static shapes.
    """

    def guarded(*arrays: np.ndarray) -> Sequence[np.ndarray]:
        if not _GATE.enter():
            raise StopIteration  # ends the pipeline without a word in the log
        try:
            return function(*arrays)
        finally:
            _GATE.leave()

    # A single result comes as it is or in a list, depending on the mode.
    return tf.nest.flatten(tf.numpy_function(guarded, inputs, dtypes, stateful=False))
