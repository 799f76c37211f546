"""What stands in for layers and optimizers of tensorflow-addons, against its numbers.

What differs is a test here too, so that whoever moves a model over can read it.
"""

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.models import ema

GOLDENS = pathlib.Path(__file__).parent / "goldens"
# Sums of up to 30 float32 products of size one, added in another order.
ROUNDING = 1e-5
STEPS = 4


def read(name):
    with np.load(GOLDENS / f"addons_{name}.npz") as recorded:
        return dict(recorded)


@pytest.fixture(scope="module")
def norm():
    return read("norm")


@pytest.fixture(scope="module")
def spectral():
    return read("spectral")


def test_group_normalization_by_channel_equals_instance_normalization(norm):
    # Both layers take 1e-3 for epsilon by default.
    layer = keras.layers.GroupNormalization(groups=-1)
    features = tf.constant(norm["features"])
    layer.build(features.shape)
    layer.gamma.assign(norm["gamma"])
    layer.beta.assign(norm["beta"])
    with tf.GradientTape() as tape:
        tape.watch(features)
        normalized = layer(features)
        total = tf.reduce_sum(normalized * norm["weights"])
    sources = [features, layer.gamma.value, layer.beta.value]
    names = ("features_gradient", "gamma_gradient", "beta_gradient")
    np.testing.assert_allclose(normalized, norm["normalized"], atol=ROUNDING)
    for slope, name in zip(tape.gradient(total, sources), names, strict=True):
        np.testing.assert_allclose(slope, norm[name], atol=3 * ROUNDING)


def test_adaptive_average_pooling_equals_addons():
    recorded = read("pooling")
    pooled = keras.layers.AdaptiveAveragePooling2D((3, 2))(recorded["features"])
    np.testing.assert_allclose(pooled, recorded["pooled"], atol=ROUNDING)


def make_spectral(spectral, kind, iterations):
    """A Keras layer that starts from the recorded u."""
    inner = {
        "dense": lambda: keras.layers.Dense(4),
        "conv": lambda: keras.layers.Conv2D(4, 3),
    }
    layer = keras.layers.SpectralNormalization(
        inner[kind](), power_iterations=iterations
    )
    layer.build(spectral[f"{kind}-{iterations}/inputs"].shape)
    layer.vector_u.assign(spectral[f"{kind}-{iterations}/initial_u"])
    return layer


CASES = [("dense", 1), ("dense", 3), ("conv", 1), ("conv", 3)]


@pytest.mark.parametrize(("kind", "iterations"), CASES)
def test_spectral_normalization_equals_addons_step_by_step(spectral, kind, iterations):
    prefix = f"{kind}-{iterations}"
    layer = make_spectral(spectral, kind, iterations)
    inputs = tf.constant(spectral[f"{prefix}/inputs"])
    for step in range(STEPS):
        layer.kernel.assign(spectral[f"{prefix}/kernels"][step])
        with tf.GradientTape() as tape:
            outputs = layer(inputs, training=True)
            total = tf.reduce_sum(tf.square(outputs))
        slope = tape.gradient(total, layer.kernel.value)
        results = {
            "u": layer.vector_u,
            "kernel": layer.kernel,
            "outputs": outputs,
            "kernel_gradient": slope,
        }
        for name, result in results.items():
            np.testing.assert_allclose(
                tf.convert_to_tensor(result),
                spectral[f"{prefix}/{step}/{name}"],
                atol=ROUNDING,
                err_msg=f"{name} after step {step}",
            )
    np.testing.assert_allclose(
        layer(inputs, training=False), spectral[f"{prefix}/inference"], atol=ROUNDING
    )


def test_spectral_normalization_overwrites_the_kernel_in_both(spectral):
    layer = make_spectral(spectral, "dense", 3)
    kernel = spectral["dense-3/kernels"][0]
    layer.kernel.assign(kernel)
    layer(tf.constant(spectral["dense-3/inputs"]), training=True)
    for normalized in (layer.kernel.numpy(), spectral["dense-3/0/kernel"]):
        # Divided by one number near the largest singular value, for good.
        ratios = kernel / normalized
        np.testing.assert_allclose(ratios, ratios[0, 0], rtol=1e-4)
        largest = np.linalg.svd(kernel, compute_uv=False)[0]
        np.testing.assert_allclose(ratios[0, 0], largest, rtol=0.05)


def test_spectral_normalization_leaves_a_zero_kernel_alone_unlike_addons():
    # There 0 / 0 makes it NaN; a zero-initialized last layer is fine here.
    layer = keras.layers.SpectralNormalization(
        keras.layers.Dense(2, kernel_initializer="zeros")
    )
    outputs = layer(tf.ones([1, 3]), training=True)
    np.testing.assert_array_equal(outputs, np.zeros((1, 2)))


def test_weight_average_equals_moving_average_with_dynamic_decay():
    recorded = read("average")
    variable = keras.Variable(recorded["initial"])
    average = ema.WeightAverage([variable], decay=float(recorded["decay"]))
    for step, weights in enumerate(recorded["weights"]):
        variable.assign(weights)
        average.update(tf.constant(step))
        np.testing.assert_allclose(
            average.averages[0],
            recorded["averages"][step],
            atol=ROUNDING,
            err_msg=f"after step {step}",
        )
