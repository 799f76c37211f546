"""Operations of TensorFlow alone, by those that everybody has."""

import numpy as np
import tensorflow as tf

from tfvideogan.serving.export.plain import lowering


def lowered(function, operation: str, *values: np.ndarray) -> tuple[list, list]:
    """Returns the answers of an operation and of its other form."""
    specs = [tf.TensorSpec(one.shape, one.dtype) for one in values]

    @tf.function
    def both(*inputs):
        own = function(*inputs)
        graph = tf.raw_ops.NoOp().graph
        [node] = [one for one in graph.as_graph_def().node if one.op == operation]
        tensors = list(graph.get_operation_by_name(node.name).inputs)
        return tf.nest.flatten(own), lowering.lower(node, tensors)

    concrete = both.get_concrete_function(*specs)
    return concrete(*(tf.constant(one) for one in values))


def test_small_systems_are_solved():
    random = np.random.default_rng(0)
    root = random.normal(size=[5, 3, 3])
    matrix = (root @ root.swapaxes(1, 2) + np.eye(3)).astype(np.float32)
    right = random.normal(size=[5, 3, 2]).astype(np.float32)
    _, [found] = lowered(tf.linalg.solve, "MatrixSolve", matrix, right)
    wanted = np.linalg.solve(matrix.astype(np.float64), right)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_bytes_are_compared_as_numbers():
    one, other = np.asarray([1, 200, 7], np.uint8), np.asarray([2, 100, 7], np.uint8)
    _, [found] = lowered(tf.greater_equal, "GreaterEqual", one, other)
    assert found.numpy().tolist() == [False, True, True]


def test_bytes_are_chosen_as_numbers():
    flags = np.asarray([True, False])
    one, other = np.asarray([255, 1], np.uint8), np.asarray([2, 254], np.uint8)
    _, [found] = lowered(tf.where, "SelectV2", flags, one, other)
    assert found.dtype == tf.uint8 and found.numpy().tolist() == [255, 254]


def test_whole_numbers_are_sorted_and_equal_ones_keep_their_order():
    numbers = np.asarray([[0, 7, 0, 7, -3]], np.int32)

    def order(numbers):
        return tf.math.top_k(numbers, k=5)

    [values, places], found = lowered(order, "TopKV2", numbers)
    assert found[1].numpy().tolist() == places.numpy().tolist() == [[1, 3, 0, 2, 4]]
    assert found[0].numpy().tolist() == values.numpy().tolist() == [[7, 7, 0, 0, -3]]


def test_pictures_are_resized_by_matrices():
    images = np.random.default_rng(0).uniform(size=[2, 7, 5, 3]).astype(np.float32)

    def smaller(images):
        return tf.raw_ops.ScaleAndTranslate(
            images=images,
            size=[3, 4],
            scale=[3 / 7, 4 / 5],
            translation=[0.0, 0.25],
            kernel_type="triangle",
            antialias=True,
        )

    [own], [found] = lowered(smaller, "ScaleAndTranslate", images)
    np.testing.assert_allclose(found, own, atol=1e-6)


def test_rows_are_gathered_each_by_its_own_places():
    values = np.arange(12, dtype=np.float32).reshape([2, 3, 2])
    places = np.asarray([[2, 0], [1, 1]], np.int32)

    def chosen(values, places):
        return tf.gather(values, places, batch_dims=1)

    _, [found] = lowered(chosen, "GatherV2", values, places)
    # Rows 0 to 2 are of the first batch, 3 to 5 of the second.
    assert found.numpy().tolist() == [[[4, 5], [0, 1]], [[8, 9], [8, 9]]]


def test_what_everybody_has_stays():
    @tf.function
    def added(x):
        y = x + 1.0
        [node] = [one for one in y.graph.as_graph_def().node if one.op == "AddV2"]
        assert lowering.lower(node, [x, y]) is None
        return y

    assert added(tf.constant(1.0)) == 2.0
