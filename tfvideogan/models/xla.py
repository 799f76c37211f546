"""XLA for the losses and gradients of a phase; the update itself stays outside.

    compute = xla.compiled(losses_and_gradients, "critic")
    gradients, logs = compute(batch, shared, seed)

Measured on two CPU cores, TensorFlow 2.21: a step of 2-D convolutions takes 0.6 to 0.4 of
the time, one of 3-D convolutions 25 to 55 times the time. Hence the refusal below. Under
MirroredStrategy only a function without optimizer and all-reduce compiles.
"""

from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from tfvideogan.core import errors

CONV3D = "Conv3D"


def compiled(function: Callable[..., Any], phase_name: str) -> Callable[..., Any]:
    """Returns a function that XLA compiles; it is traced when it is called.

    XLA on a CPU makes other floats than TensorFlow from the same seed (integers are the
    same), so a run with it is another draw of the same run.

    Args:
      function: of tensors, whose shapes are known; returns a structure of tensors.
      phase_name: for the error.

    Raises:
      UserError: when called; it has 3-D convolutions, and there is no GPU.
    """
    traceable = tf.function(function, jit_compile=True, autograph=False)

    def call(*arguments: Any) -> Any:
        concrete = traceable.get_concrete_function(*arguments)
        has_gpu = bool(tf.config.list_physical_devices("GPU"))
        if not has_gpu and any(op.startswith(CONV3D) for op in _operations(concrete)):
            raise errors.UserError(
                f"`jit_phases` names {phase_name!r}, which has 3-D convolutions: XLA "
                "computes them 25 to 55 times slower on a CPU. Take it out, or train on "
                "a GPU."
            )
        return concrete(*arguments)

    return call


def _operations(concrete: tf.types.experimental.ConcreteFunction) -> Iterator[str]:
    """Yields the types of all nodes, those of called functions included."""
    definition = concrete.graph.as_graph_def()
    for nodes in (
        definition.node,
        *(one.node_def for one in definition.library.function),
    ):
        yield from (node.op for node in nodes)
