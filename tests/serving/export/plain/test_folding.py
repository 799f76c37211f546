"""What is known before a request is computed then."""

import numpy as np
import tensorflow as tf

from tfvideogan.serving.export.plain import bodies, folding


def node(function, operation: str, *specs: tf.TensorSpec) -> bodies.Node:
    concrete = tf.function(function).get_concrete_function(*specs)
    [found] = [one for one in concrete.graph.as_graph_def().node if one.op == operation]
    return found


NUMBER = tf.TensorSpec([], tf.int32)


def test_an_operation_of_known_inputs_is_computed():
    folder = folding.Folder()
    product = node(lambda a, b: a * b, "Mul", NUMBER, NUMBER)
    [found] = folder.fold(product, [np.asarray(6, np.int32), np.asarray(7, np.int32)])
    assert isinstance(found, np.ndarray) and found == 42
    # Of any shape, by the same trace.
    [found] = folder.fold(product, [np.asarray([1, 2], np.int32)] * 2)
    assert found.tolist() == [1, 4]
    assert folder.definitions["Mul"].name == "Mul"


def test_words_keep_their_bytes():
    lowered = node(tf.strings.lower, "StringLower", tf.TensorSpec([], tf.string))
    [found] = folding.Folder().fold(lowered, [np.asarray(b"UP", object)])
    assert found.tolist() == b"up"


def test_fixed_sizes_are_known_though_the_tensor_is_not():
    size = node(tf.shape, "Shape", tf.TensorSpec([None, 3]))
    with tf.Graph().as_default():
        tensor = tf.raw_ops.Placeholder(dtype=tf.float32, shape=[2, 3])
        open_one = tf.raw_ops.Placeholder(dtype=tf.float32, shape=[None, 3])
        [found] = folding.known_sizes(size, [tensor])
        assert found.tolist() == [2, 3]
        assert folding.known_sizes(size, [open_one]) is None


def test_false_and_something_is_false():
    flag = tf.TensorSpec([], tf.bool)
    both = node(tf.logical_and, "LogicalAnd", flag, flag)
    [found] = folding.known_sizes(both, [np.asarray(False), None])
    assert not found
    assert folding.known_sizes(both, [np.asarray(True), None]) is None
