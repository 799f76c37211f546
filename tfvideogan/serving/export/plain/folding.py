"""Computes at once what is known before any request.

folder = folding.Folder()
folder.fold(node, [np.float32(1.0), np.float32(2.0)])     # [np.float32(3.0)]
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import op_def_pb2

from tfvideogan.serving.export.plain import bodies

_SIZES = {"Rank", "Shape", "ShapeN", "Size"}


class Folder:
    """Runs operations one by one.

    Attributes:
      definitions: of the operations that were met, by type.
    """

    def __init__(self) -> None:
        """Begins with none."""
        self.definitions: dict[str, op_def_pb2.OpDef] = {}
        self._runs: dict[tuple, Callable[..., Any] | None] = {}

    def fold(
        self, node: bodies.Node, inputs: Sequence[np.ndarray]
    ) -> list[np.ndarray] | None:
        """Returns what an operation puts out; None if its inputs do not say."""
        attributes = bodies.attributes(node)
        said = tuple(
            (name, one.SerializeToString(deterministic=True))
            for name, one in sorted(attributes.items())
        )
        # Out of the graph that is written.
        with tf.init_scope():
            tensors = [tf.constant(one) for one in inputs]
            key = (node.op, said, tuple(one.dtype for one in tensors))
            if key not in self._runs:
                self._runs[key] = self._traced(node, attributes, tensors)
            run = self._runs[key]
            return None if run is None else [array(one) for one in run(*tensors)]

    def define(self, node: bodies.Node, inputs: Sequence[tf.Tensor]) -> None:
        """Learns the definition of an operation that is written by others."""
        if node.op not in self.definitions:
            with tf.init_scope():
                self._traced(node, bodies.attributes(node), inputs)

    def _traced(
        self, node: bodies.Node, attributes: dict, tensors: Sequence[tf.Tensor]
    ) -> Callable[..., Any] | None:
        def one(*inputs: tf.Tensor) -> list[tf.Tensor]:
            graph = tf.raw_ops.NoOp().graph
            operation = graph.create_op(node.op, inputs, attrs=attributes)
            self.definitions.setdefault(node.op, operation.op_def)
            return list(operation.outputs)

        # Of any shape: counters and sizes of a loop change, the operations do not.
        specs = [tf.TensorSpec(None, tensor.dtype) for tensor in tensors]
        traced = tf.function(one, autograph=False).get_concrete_function(*specs)
        if self.definitions[node.op].is_stateful:
            return None
        return traced


def array(tensor: tf.Tensor | tf.Variable) -> np.ndarray:
    """Returns the value of an eager tensor as an array, also of one number or word."""
    value = tensor.numpy()
    return np.asarray(value, object if isinstance(value, bytes) else None)


def known_sizes(node: bodies.Node, inputs: Sequence[Any]) -> list[np.ndarray] | None:
    """Returns what a node says of the sizes of tensors, or that "false and" is false.

    None if the node does something else, or the sizes are open.
    """
    if node.op == "LogicalAnd":
        known = [one for one in inputs if isinstance(one, np.ndarray)]
        if any(not one.ndim and not one for one in known):
            return [np.asarray(False)]
    if node.op not in _SIZES:
        return None
    shapes = [tf.TensorShape(one.shape) for one in inputs]
    if node.op == "Rank":
        return [np.asarray(shapes[0].rank, np.int32)]
    if not all(one.is_fully_defined() for one in shapes):
        return None
    dtype = tf.dtypes.as_dtype(node.attr["out_type"].type).as_numpy_dtype
    if node.op == "Size":
        return [np.asarray(shapes[0].num_elements(), dtype)]
    return [np.asarray(one.as_list(), dtype) for one in shapes]
