"""Counts by hand: two operations for each multiply-add."""

import keras
import pytest
import tensorflow as tf

from tfvideogan.engine import flops


def count(function, *inputs) -> flops.Work:
    return flops.count(tf.function(function).get_concrete_function(*inputs))


def test_matrix_product() -> None:
    work = count(tf.matmul, tf.zeros([4, 5]), tf.zeros([5, 6]))
    assert work.total == 2 * 4 * 5 * 6


def test_transposed_matrix_product() -> None:
    def product(a, b):
        return tf.matmul(a, b, transpose_a=True)

    assert count(product, tf.zeros([5, 4]), tf.zeros([5, 6])).total == 2 * 4 * 5 * 6


def test_batched_matrix_product_and_einsum() -> None:
    a, b = tf.zeros([3, 4, 5]), tf.zeros([3, 5, 6])
    assert count(tf.matmul, a, b).total == 2 * 3 * 4 * 5 * 6
    work = count(lambda a, b: tf.einsum("nij,nkj->nik", a, b), a, tf.zeros([3, 7, 5]))
    assert work.total == 2 * 3 * 4 * 5 * 7


def test_convolution_and_its_two_gradients_cost_the_same() -> None:
    images, kernel = tf.zeros([2, 8, 8, 3]), tf.zeros([3, 3, 3, 4])

    def gradients(images, kernel):
        with tf.GradientTape() as tape:
            tape.watch([images, kernel])
            loss = tf.reduce_sum(tf.nn.conv2d(images, kernel, 2, "SAME"))
        return [loss, *tape.gradient(loss, [images, kernel])]

    # Results 4x4 with 4 channels, each of 27 taps, for 2 images.
    each = 2 * 2 * 4 * 4 * 4 * 27
    assert dict(count(gradients, images, kernel).by_op) == {
        "Conv2D": each,
        "Conv2DBackpropInput": each,
        "Conv2DBackpropFilter": each,
    }


def test_convolution_in_three_dimensions() -> None:
    def convolve(clips, kernel):
        return tf.nn.conv3d(clips, kernel, [1, 1, 1, 1, 1], "VALID")

    work = count(convolve, tf.zeros([2, 4, 8, 8, 3]), tf.zeros([2, 3, 3, 3, 5]))
    assert work.total == 2 * (2 * 3 * 6 * 6 * 5) * (2 * 3 * 3 * 3)


def test_depthwise_convolution() -> None:
    def convolve(images, kernel):
        return tf.nn.depthwise_conv2d(images, kernel, [1, 1, 1, 1], "SAME")

    work = count(convolve, tf.zeros([2, 8, 8, 3]), tf.zeros([3, 3, 3, 2]))
    assert work.total == 2 * (2 * 8 * 8 * 6) * 9


def test_what_nobody_needs_is_left_out() -> None:
    def product(a):
        tf.matmul(a, a)
        return tf.matmul(a, a)

    assert count(product, tf.zeros([4, 4])).total == 2 * 4 * 4 * 4


def test_called_functions_count_every_time() -> None:
    @tf.function
    def inner(a):
        return tf.matmul(a, a)

    def outer(a):
        return inner(inner(a))

    assert count(outer, tf.zeros([4, 4])).total == 2 * (2 * 4 * 4 * 4)


def test_loop_counts_its_rounds() -> None:
    def loop(a):
        return tf.while_loop(
            lambda i, a: i < 100,
            lambda i, a: (i + 1, tf.matmul(a, a)),
            [tf.constant(0), a],
            maximum_iterations=7,
        )

    assert count(loop, tf.zeros([4, 4])).total == 7 * (2 * 4 * 4 * 4)


def test_branch_counts_as_the_dearer_one() -> None:
    def branch(a):
        return tf.cond(
            a[0, 0] > 0, lambda: tf.matmul(a, tf.matmul(a, a)), lambda: tf.matmul(a, a)
        )

    assert count(branch, tf.zeros([4, 4])).total == 2 * (2 * 4 * 4 * 4)


def test_unknown_shapes_are_counted_as_unknown() -> None:
    function = tf.function(
        tf.matmul, input_signature=[tf.TensorSpec([None, 4]), tf.TensorSpec([4, 4])]
    )
    work = flops.count(function.get_concrete_function())
    assert (work.total, work.unknown) == (0, 1)


def test_gradient_of_a_recurrent_network_is_counted_as_far_as_it_is_known() -> None:
    layer = keras.layers.GRU(3, return_sequences=True)

    def gradient(a):
        with tf.GradientTape() as tape:
            made = tf.reduce_sum(layer(a))
        return tape.gradient(made, layer.trainable_variables)

    work = flops.count(tf.function(gradient).get_concrete_function(tf.zeros([2, 5, 4])))
    assert work.total > 0 and work.unknown > 0


@pytest.mark.parametrize("times", [1, 3])
def test_work_adds_up(times: int) -> None:
    work = flops.Work()
    work.add(flops.Work(by_op={"Conv2D": 5}, unknown=1), times)
    assert (work.total, work.unknown) == (5 * times, 1)


def test_an_operand_from_a_list_in_the_gradient_of_a_loop_is_not_counted() -> None:
    @tf.function(input_signature=[tf.TensorSpec([3, 3])])
    def slope(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            _, y = tf.while_loop(
                lambda index, _: index < 2,
                lambda index, y: (index + 1, tf.einsum("ij,jk->ik", y, x)),
                (0, x),
                maximum_iterations=2,
            )
        return tape.gradient(y, x)

    work = flops.count(slope.get_concrete_function())
    # The loop forth has two products of 3x3x3; what comes back from lists is unknown.
    assert work.by_op["Einsum"] >= 2 * 2 * 27
    assert work.unknown > 0
