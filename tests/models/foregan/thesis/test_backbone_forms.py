"""Every form has the numbers and the gradients of TensorFlow's own operation."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan.thesis import backbone_forms as forms

SEED = tf.constant([21, 22])


def normal(name, *shape):
    return seeds.normal(shape, seeds.fold(SEED, name))


def native_same(images, kernel):
    return tf.nn.conv2d(images, kernel, 1, "SAME")


def native_valid(images, kernel):
    return tf.nn.conv2d(images, kernel, 1, "VALID")


CASES = {
    "wide": (forms.wide, native_same, (2, 5, 6, 8), (3, 3, 8, 4)),
    "thin": (forms.thin, native_same, (2, 9, 8, 5), (7, 7, 5, 2)),
    "thin, narrower than the kernel": (
        forms.thin,
        native_same,
        (1, 3, 4, 5),
        (7, 7, 5, 2),
    ),
    "few places": (forms.valid, native_valid, (3, 3, 7, 4), (2, 4, 4, 6)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_form_has_the_numbers_of_a_convolution(case):
    form, native, image_shape, kernel_shape = case
    images, kernel = normal("images", *image_shape), normal("kernel", *kernel_shape)
    np.testing.assert_allclose(
        form(images, kernel), native(images, kernel), atol=2e-5, rtol=1e-5
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_gradients_of_first_and_second_order_are_those_of_a_convolution(case):
    form, native, image_shape, kernel_shape = case
    images, kernel = normal("images", *image_shape), normal("kernel", *kernel_shape)

    @tf.function(reduce_retracing=True)
    def gradients(operation_is_ours):
        operation = form if operation_is_ours else native
        with tf.GradientTape() as outer:
            outer.watch([images, kernel])
            with tf.GradientTape() as inner:
                inner.watch([images, kernel])
                value = tf.reduce_sum(tf.sin(operation(images, kernel)))
            first = inner.gradient(value, [images, kernel])
            bent = tf.add_n([tf.reduce_sum(tf.sin(one)) for one in first])
        return first, outer.gradient(bent, [images, kernel])

    ours, theirs = gradients(True), gradients(False)
    for our, their in zip(tf.nest.flatten(ours), tf.nest.flatten(theirs), strict=True):
        scale = np.abs(their).max()
        # Sums of some hundred float32 products in another order, twice.
        np.testing.assert_allclose(our / scale, their / scale, atol=1e-4)


def test_leaky_relu_and_its_gradients_are_those_of_tensorflow():
    x = normal("x", 50)

    def gradients(activation):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                value = tf.reduce_sum(activation(x, 0.01) ** 3)
            first = inner.gradient(value, x)
            bent = tf.reduce_sum(tf.sin(first))
        return value, first, outer.gradient(bent, x)

    for our, their in zip(
        gradients(forms.leaky_relu), gradients(tf.nn.leaky_relu), strict=True
    ):
        np.testing.assert_allclose(our, their, rtol=1e-5, atol=1e-5)


def convolutions_of_a_penalty(activation):
    """Number of convolutions in a penalty's gradient by the kernels of two layers."""
    kernels = [tf.Variable(normal(str(i), 3, 3, 2, 2)) for i in range(2)]

    @tf.function
    def gradient(x):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = x
                for kernel in kernels:
                    y = activation(tf.nn.conv2d(y, kernel, 1, "SAME"), 0.01)
                total = tf.reduce_sum(y)
            slope = inner.gradient(total, x)
            penalty = tf.reduce_sum(slope**2)
        return outer.gradient(penalty, kernels)

    graph = gradient.get_concrete_function(normal("x", 1, 4, 4, 2)).graph
    needed, waiting = set(), [one.op for one in graph.outputs]
    while waiting:
        op = waiting.pop()
        if op not in needed:
            needed.add(op)
            waiting += [one.op for one in op.inputs]
    return sum(op.type.startswith("Conv2D") for op in needed)


def test_leaky_relu_saves_a_penalty_the_way_back_through_the_first_pass():
    # By hand, for two layers: forward 2, slope by the input 2; the penalty's gradient by
    # both kernels 2, and by what flows between them 1.
    ours = convolutions_of_a_penalty(forms.leaky_relu)
    theirs = convolutions_of_a_penalty(tf.nn.leaky_relu)
    assert ours < theirs
    assert ours == 7


def test_forms_are_chosen_by_size(monkeypatch):
    chosen = []
    for name in ("wide", "thin"):
        monkeypatch.setattr(
            forms,
            name,
            lambda images, kernel, name=name: chosen.append(name) or images,
        )
    for channels, filters, size in ((256, 256, 3), (64, 4, 7), (64, 64, 3), (5, 64, 7)):
        kernel = tf.zeros([size, size, channels, filters])
        forms.same(tf.zeros([1, 8, 8, channels]), kernel)
    assert chosen == ["wide", "thin"]


@pytest.mark.parametrize("function", [forms.same, forms.valid])
def test_an_unknown_batch_is_served_by_tensorflow(function):
    kernel = normal("kernel", 7, 7, 16, 2)
    spec = [tf.TensorSpec([None, 9, 9, 16])]
    anyhow = tf.function(lambda images: function(images, kernel), input_signature=spec)
    images = normal("images", 2, 9, 9, 16)
    np.testing.assert_allclose(
        anyhow(images), function(images, kernel), rtol=1e-4, atol=1e-4
    )
