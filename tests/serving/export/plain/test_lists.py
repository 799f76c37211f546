"""Lists answer as those of TensorFlow do."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.serving.export.plain import flattening, lists


def answers(function, value: np.ndarray) -> np.ndarray:
    """Returns what the flat form of a function of one tensor answers; it is constant."""
    concrete = tf.function(function, autograph=False).get_concrete_function(
        x=tf.TensorSpec(value.shape, tf.float32)
    )
    flat = flattening.flatten(concrete, {"x": tf.TensorSpec(value.shape, tf.float32)})
    assert not [
        one.type for one in flat.graph.get_operations() if lists.is_about(one.type)
    ]
    run = tf.function(
        lambda x: tf.graph_util.import_graph_def(
            flat.graph.as_graph_def(), {"x:0": x}, [flat.outputs["y"].name]
        )[0]
    )
    return run(tf.constant(value)).numpy()


def test_an_entry_that_was_never_written_is_zero():
    def halves(x):
        array = tf.TensorArray(tf.float32, size=3, element_shape=[2])
        return {"y": array.write(0, x).write(2, 2.0 * x).stack()}

    found = answers(halves, np.asarray([1.0, 2.0], np.float32))
    np.testing.assert_array_equal(found, [[1, 2], [0, 0], [2, 4]])


def test_entries_are_read_and_gathered_by_place():
    def swapped(x):
        array = tf.TensorArray(tf.float32, size=3).unstack(x)
        return {"y": tf.concat([array.gather([2, 0]), array.read(1)[None]], axis=0)}

    found = answers(swapped, np.asarray([1.0, 2.0, 3.0], np.float32))
    np.testing.assert_array_equal(found, [3, 1, 2])


def test_a_list_grows():
    def grown(x):
        array = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
        return {"y": array.write(0, x).write(1, -x).stack()}

    found = answers(grown, np.asarray([1.0], np.float32))
    np.testing.assert_array_equal(found, [[1], [-1]])


def test_a_place_that_depends_on_the_data_is_refused():
    def anywhere(x):
        array = tf.TensorArray(tf.float32, size=2).unstack(x)
        return {"y": array.read(tf.cast(x[0], tf.int32))}

    with pytest.raises(errors.UserError, match="place that depends on the data"):
        answers(anywhere, np.asarray([1.0, 0.0], np.float32))
