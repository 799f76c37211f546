"""What convolves has the norm 1, and gradients know of it."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import spectral_norm


def draw(*shape: int, seed: int = 2) -> tf.Tensor:
    return seeds.normal(shape, seeds.from_int(seed))


def matrix(kernel: np.ndarray) -> np.ndarray:
    return np.asarray(kernel).reshape(-1, kernel.shape[-1])


def largest(kernel: np.ndarray) -> float:
    """By NumPy's singular value decomposition."""
    return np.linalg.svd(matrix(kernel), compute_uv=False)[0]


@pytest.mark.parametrize("shape", [(3, 5), (3, 3, 3, 2, 6)])
def test_the_largest_singular_value_becomes_one(shape):
    kernel = spectral_norm.Kernel(shape)
    kernel.kernel.assign(2.0 + 3.0 * draw(*shape))
    for _ in range(200):
        made = kernel.normalised(training=True)
    assert largest(made.numpy()) == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_allclose(
        made, kernel.kernel.value / largest(kernel.kernel.value), rtol=1e-3
    )


def test_the_kernel_itself_stays_as_the_optimizer_left_it():
    kernel = spectral_norm.Kernel((4, 4))
    kernel.kernel.assign(5.0 * tf.eye(4))
    kernel.normalised(training=True)
    np.testing.assert_array_equal(kernel.kernel.value, 5.0 * np.eye(4))


def test_one_power_iteration_for_a_call_in_training_and_none_at_inference():
    kernel = spectral_norm.Kernel((3, 2))
    kernel.kernel.assign([[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    kernel.vector.assign([[3.0], [4.0]])
    kernel.normalised()
    np.testing.assert_array_equal(kernel.vector.value, [[3.0], [4.0]])
    made = kernel.normalised(training=True)
    # W'W u = (4 * 0.6, 1 * 0.8), of length sqrt(6.4).
    np.testing.assert_allclose(
        kernel.vector.value[:, 0], np.array([2.4, 0.8]) / np.sqrt(6.4), rtol=1e-5
    )
    # |W u| with u = (2.4, 0.8) / sqrt(6.4): sqrt((4 * 5.76 + 0.64) / 6.4).
    np.testing.assert_allclose(made[0, 0], 2.0 / np.sqrt(23.68 / 6.4), rtol=1e-5)


def test_orthogonal_kernels_have_the_norm_one_from_the_start():
    kernel = spectral_norm.Kernel((3, 3, 2, 5))
    np.testing.assert_allclose(
        matrix(kernel.kernel.value).T @ matrix(kernel.kernel.value),
        np.eye(5),
        atol=1e-5,
    )
    np.testing.assert_allclose(kernel.normalised(), kernel.kernel.value, atol=1e-5)


def test_gradients_pass_through_the_norm():
    kernel = spectral_norm.Kernel((4, 3))
    kernel.kernel.assign(draw(4, 3))
    for _ in range(100):
        kernel.normalised(training=True)
    upstream = draw(4, 3, seed=5).numpy()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(kernel.normalised() * upstream)
    found = tape.gradient(loss, kernel.kernel.value)
    # Equation 12 of Miyato et al.: (G - <G, W / s> u v') / s.
    w = kernel.kernel.value.numpy()
    left, values, right = np.linalg.svd(w)
    sigma = values[0]
    share = np.sum(upstream * w / sigma)
    expected = (upstream - share * np.outer(left[:, 0], right[0])) / sigma
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_a_kernel_of_zeros_gives_no_nan():
    kernel = spectral_norm.Kernel((2, 2), kernel_initializer="zeros")
    assert np.isfinite(kernel.normalised(training=True)).all()


def test_half_precision_keeps_the_norm_in_float32():
    kernel = spectral_norm.Kernel((3, 3), dtype="mixed_bfloat16")
    assert kernel.normalised(training=True).dtype == "bfloat16"
    assert {one.dtype for one in kernel.weights} == {"float32"}


def test_layers_use_the_normalised_kernel():
    images, clips = draw(2, 4, 4, 3), draw(2, 3, 4, 4, 3)
    for layer, inputs in (
        (spectral_norm.Dense(5, use_bias=False), images),
        (spectral_norm.Conv2D(5, 3), images),
        (spectral_norm.Conv2D(5, 3, resamples="double"), images),
        (spectral_norm.Conv2D(5, 3, resamples="halve"), images),
        (spectral_norm.Conv3D(5), clips),
        (spectral_norm.Conv3D(5, halves=True), clips),
    ):
        before = layer(inputs)
        layer.weight.kernel.assign(7.0 * layer.weight.kernel.value)
        np.testing.assert_allclose(layer(inputs), before, rtol=1e-4, atol=1e-5)
    free = spectral_norm.Dense(5, has_norm=False)
    before = free(images)
    free.weight.kernel.assign(7.0 * free.weight.kernel.value)
    np.testing.assert_allclose(free(images), 7.0 * before, rtol=1e-4, atol=1e-5)


def test_an_embedding_is_a_row():
    layer = spectral_norm.Embedding(4, 3)
    rows = layer.weight.normalised().numpy()
    np.testing.assert_array_equal(layer(tf.constant([2, 0, 2])), rows[[2, 0, 2]])


def test_a_convolution_adds_its_bias():
    layer, images = spectral_norm.Conv2D(2, 3), draw(1, 4, 4, 3)
    layer(images)
    layer.bias.assign([1.0, -2.0])
    plain = tf.nn.conv2d(images, layer.weight.normalised(), 1, "SAME")
    np.testing.assert_allclose(layer(images), plain + [1.0, -2.0], atol=1e-5)
