"""A SavedModel in TensorFlow's C session: the runtime path of the production server.

`tf.saved_model.load` wraps a model in Python functions with checks and words of their
own. The production server feeds tensors straight into the session, where a declared shape
is documentation and a wrong dtype fails with a known text; so does this file, which is
the only one to use the session, and for that reason the only one with `tf.compat.v1`:
TensorFlow has no other public name for it.

    graph = local_session.LoadedGraph(folder, tags=("serve",))
    [video] = graph.run({"serving_default_seed:0": seeds}, ["PartitionedCall:0"])
"""

import collections
import pathlib
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2, meta_graph_pb2

from tfvideogan.serving.local import status

# A callable belongs to one choice of inputs, outputs and time limit.
MAX_CALLABLES = 128
# Time limits are rounded up to one of these shares of a power of ten, so that requests
# with deadlines of their own share callables.
TIMEOUT_STEPS = (1, 2, 5, 10)

Key = tuple[tuple[str, ...], tuple[str, ...], int]


class LoadedGraph:
    """A loaded SavedModel that runs any signature, in many threads at once."""

    def __init__(self, folder: pathlib.Path, *, tags: Sequence[str]) -> None:
        """Loads the graph and its variables.

        Args:
          folder: of the version, with saved_model.pb.
          tags: of the meta graph, "serve" as a rule.

        Raises:
          status.RequestError: the folder holds no SavedModel that loads.
        """
        self._graph = tf.Graph()
        config = tf.compat.v1.ConfigProto()
        config.gpu_options.allow_growth = True
        self._session = tf.compat.v1.Session(graph=self._graph, config=config)
        self._callables: collections.OrderedDict[Key, Callable[..., Any]]
        self._callables = collections.OrderedDict()
        self._lock = threading.Lock()
        try:
            self._meta_graph = self._load(folder, tags)
        except BaseException:
            self._session.close()
            raise

    @property
    def signatures(self) -> Mapping[str, meta_graph_pb2.SignatureDef]:
        """Every signature of the export, also the one that initialises it."""
        return self._meta_graph.signature_def

    def run(
        self,
        feeds: Mapping[str, np.ndarray],
        fetches: Sequence[str],
        *,
        timeout: float | None = None,
    ) -> list[np.ndarray]:
        """Runs part of the graph; no run waits for another.

        Args:
          feeds: arrays by tensor name; dtypes must fit, shapes are the graph's affair.
          fetches: names of the wanted tensors; only these are computed.
          timeout: seconds; rounded up, at most to the 2.5-fold.

        Raises:
          status.RequestError: with the runtime's code and words.
        """
        names, values = tuple(feeds), list(feeds.values())
        call = self._callable((names, tuple(fetches), rounded_timeout(timeout)))
        try:
            return [_array(value) for value in call(*values)]
        except tf.errors.OpError as error:
            raise status.from_tensorflow(error) from error
        except (RuntimeError, TypeError, ValueError) as error:
            # What never reached the runtime: the array could not become a tensor.
            raise status.invalid(str(error)) from error

    def cancel(self) -> None:
        """Cuts runs off, between two operations: they fail, as does any later one."""
        self._session.close()

    def close(self) -> None:
        """Frees variables; no run may be under way."""
        with self._lock:
            self._callables.clear()
        self._session.close()

    def _load(
        self, folder: pathlib.Path, tags: Sequence[str]
    ) -> meta_graph_pb2.MetaGraphDef:
        loader = tf.compat.v1.saved_model.loader
        try:
            with self._graph.as_default():
                return loader.load(self._session, list(tags), str(folder))
        except tf.errors.OpError as error:
            raise status.from_tensorflow(error) from error
        except Exception as error:  # garbage fails in every way there is
            raise status.RequestError(
                status.Code.UNKNOWN, f"{type(error).__name__}: {error}"
            ) from error

    def _callable(self, key: Key) -> Callable[..., Any]:
        """Returns the session's callable of a key, made once.

        It is private to TensorFlow, but the only way to the runtime that passes through
        no checks of Python's and takes a time limit.
        """
        with self._lock:
            if key in self._callables:
                self._callables.move_to_end(key)
                return self._callables[key]
        feeds, fetches, milliseconds = key
        options = config_pb2.CallableOptions(feed=feeds, fetch=fetches)
        options.run_options.timeout_in_ms = milliseconds
        try:
            made = self._session._make_callable_from_options(options)
        except tf.errors.OpError as error:
            raise status.from_tensorflow(error) from error
        with self._lock:
            self._callables[key] = made
            if len(self._callables) > MAX_CALLABLES:
                self._callables.popitem(last=False)
        return made


def _array(value: np.ndarray | bytes) -> np.ndarray:
    """Makes an array of a scalar string, which the session answers as bytes."""
    return np.array(value, object) if isinstance(value, bytes) else value


def rounded_timeout(timeout: float | None) -> int:
    """Returns milliseconds, rounded up to 1, 2, 5, 10, 20, 50 ...; 0 for no limit."""
    if timeout is None:
        return 0
    wanted = max(timeout * 1000, 1)
    power = 1
    while TIMEOUT_STEPS[-1] * power < wanted:
        power *= TIMEOUT_STEPS[-1]
    milliseconds = next(
        step * power for step in TIMEOUT_STEPS if step * power >= wanted
    )
    # Beyond 2 ** 31 ms the limit means nothing.
    return min(milliseconds, 2**31 - 1)
