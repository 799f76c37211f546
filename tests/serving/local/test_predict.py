"""Predict without a server: what is looked at before anything is decoded."""

import tracemalloc
from collections.abc import Mapping

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from tfvideogan.serving import tensors
from tfvideogan.serving.local import predict, status


class Graph:
    """A loaded graph of one signature that counts its runs."""

    def __init__(self, **inputs: tf.DType) -> None:
        self.runs = 0
        signature = meta_graph_pb2.SignatureDef()
        for alias, dtype in inputs.items():
            signature.inputs[alias].dtype = dtype.as_datatype_enum
        signature.outputs["y"].name = "y:0"
        self.signatures: Mapping[str, meta_graph_pb2.SignatureDef]
        self.signatures = {"serving_default": signature}

    def run(self, feeds, fetches, *, timeout) -> list[np.ndarray]:
        del feeds, fetches, timeout
        self.runs += 1
        return [np.zeros([1], np.float32)]


def large(dtype: tf.DType):
    """A proto of 16 MB in thirty bytes."""
    proto = tensors.to_proto(np.zeros([0], dtype.as_numpy_dtype))
    proto.tensor_shape.dim[0].size = 2**24 // dtype.size
    return proto


def peak(graph: Graph, inputs, **more) -> tuple[str, int]:
    """The refusal of a request, and the memory that it took, bytes."""
    tracemalloc.start()
    try:
        with pytest.raises(status.RequestError) as caught:
            predict.predict(graph, "", inputs, **more)
        return caught.value.message, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_wrong_dtype_is_refused_before_anything_is_decoded() -> None:
    graph = Graph(a=tf.uint8, b=tf.float32)
    inputs = {"a": large(tf.uint8), "b": large(tf.float64)}
    message, taken = peak(graph, inputs)
    assert message == "Expects arg[1] to be float but double is provided"
    assert taken < 2**20
    assert not graph.runs


def test_a_wrong_output_is_refused_before_anything_is_decoded() -> None:
    inputs = {"a": large(tf.uint8)}
    message, taken = peak(Graph(a=tf.uint8), inputs, output_filter=["z"])
    assert message.startswith("output tensor alias not found in signature: z")
    assert taken < 2**20


def test_a_proto_that_is_no_tensor_is_told_before_a_wrong_output() -> None:
    proto = large(tf.uint8)
    proto.tensor_content = b"1"
    message, _ = peak(Graph(a=tf.uint8), {"a": proto}, output_filter=["z"])
    assert message == "tensor parsing error: a"
