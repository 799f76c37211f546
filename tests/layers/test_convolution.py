"""The layers give the numbers of Keras' own with the same weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import convolution


def draw(*shape: int) -> tf.Tensor:
    return seeds.normal(shape, seeds.from_int(2))


PAIRS = [
    (
        convolution.Conv2D(5, 4, stride=2, padding=1),
        keras.layers.Conv2D(5, 4, strides=2, padding="same"),
        (2, 8, 6, 3),
    ),
    (
        convolution.Conv2DTranspose(5, 4, stride=2, padding=1),
        keras.layers.Conv2DTranspose(5, 4, strides=2, padding="same"),
        (2, 4, 6, 3),
    ),
    (
        convolution.Conv3D(5, (3, 4, 4), strides=(1, 2, 2), padding=(1, 1, 1)),
        keras.layers.Conv3D(5, (3, 4, 4), strides=(1, 2, 2), padding="same"),
        (2, 5, 8, 6, 3),
    ),
    (
        convolution.TimeConv(5, 3),
        keras.layers.Conv3D(5, (3, 1, 1), padding="same"),
        (2, 5, 4, 6, 3),
    ),
]


@pytest.mark.parametrize(("ours", "theirs", "shape"), PAIRS)
def test_layers_equal_those_of_keras(ours, theirs, shape):
    x = draw(*shape)
    ours(x)
    theirs(x)
    weights = [np.asarray(draw(*weight.shape)) for weight in theirs.weights]
    theirs.set_weights(weights)
    pairs = zip(weights, ours.weights, strict=True)
    ours.set_weights([np.reshape(weight, own.shape) for weight, own in pairs])
    assert [v.name for v in ours.weights] == [v.name for v in theirs.weights]
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-4, atol=1e-4)


def test_a_layer_without_bias_has_its_kernel_only():
    layer = convolution.Conv2D(5, 4, use_bias=False)
    layer(draw(1, 4, 4, 3))
    assert [v.name for v in layer.weights] == ["kernel"]


def test_spectral_norm_bounds_the_kernel():
    inner = convolution.Conv2D(4, 3, padding=1)
    layer = keras.layers.SpectralNormalization(inner)
    x = draw(2, 5, 5, 3)
    for _ in range(20):
        layer(x, training=True)
    # The largest singular value of the kernel as a matrix is 1.
    values = np.linalg.svd(np.reshape(inner.kernel, [-1, 4]), compute_uv=False)
    assert values[0] == pytest.approx(1.0, abs=1e-2)


def test_mixed_precision_keeps_variables_in_float32():
    layer = convolution.Conv2D(4, 3, padding=1, dtype="mixed_bfloat16")
    assert layer(draw(1, 5, 5, 3)).dtype == tf.bfloat16
    assert layer.kernel.dtype == "float32"


def test_frames_are_seen_one_by_one():
    layer = convolution.Conv2D(4, 3, stride=2)
    clips = draw(2, 3, 7, 5, 2)
    made = convolution.on_frames(layer, clips)
    assert made.shape == (2, 3, 3, 2, 4)
    np.testing.assert_allclose(made[1, 2], layer(clips[1:, 2])[0], rtol=1e-5, atol=1e-6)


def test_a_kernel_in_time_needs_a_middle():
    with pytest.raises(ValueError, match=r"`kernel_size` \(4\) must be odd.*use 5"):
        convolution.TimeConv(3, 4)
