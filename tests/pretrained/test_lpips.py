import math

import numpy as np
import pytest
import tensorflow as tf

from tests import real_weights
from tfvideogan.core import errors
from tfvideogan.pretrained import alexnet, lpips

# The authors' figures for a black against a white image.
BLACK_WHITE = {
    ("alexnet", 64): 0.81395,
    ("alexnet", 224): 0.73398,
    ("vgg16", 64): 0.45384,
    ("vgg16", 224): 0.35198,
}


def arrays() -> dict[str, np.ndarray]:
    """AlexNet of which two channels of the first layer see anything."""
    network = alexnet.AlexNet(outputs=["relu5"])
    made = {
        name: np.zeros(variable.shape, np.float32)
        for name, variable in network.published_variables().items()
    }
    # Red of the pixel in the middle, 0 for black and 1 for white; and a one.
    made["AlexNet_0/Conv_0/kernel"][5, 5, 0, 0] = 0.458 / 1.03
    made["AlexNet_0/Conv_0/bias"][1] = 1.0
    for number, channels in enumerate((64, 192, 384, 256, 256)):
        head = np.ones([1, 1, channels, 1], np.float32)
        made[f"NetLinLayer_{number}/Conv_0/kernel"] = head
    made["NetLinLayer_0/Conv_0/kernel"][0, 0, :2, 0] = (3, 5)
    return made


@pytest.fixture(scope="module")
def distance() -> lpips.LPIPS:
    return lpips.LPIPS("alexnet", arrays())


def test_directions_of_features_are_compared_and_weighted(distance) -> None:
    white = tf.ones([1, 64, 64, 3])
    # (0, 1) against (1, 1) / sqrt 2; layers that see nothing add nothing.
    expected = 3 * 0.5 + 5 * (1 - math.sqrt(0.5)) ** 2
    np.testing.assert_allclose(distance(-white, white), [expected], rtol=1e-5)


def test_the_distance_is_a_mean_over_places_and_symmetric(distance) -> None:
    white = np.ones([1, 64, 64, 3], np.float32)
    half = white.copy()
    half[:, :32] = -1
    # 8 of the 15 rows of the first layer look at black: rows 3, 7, ... 31.
    whole = distance(-white, white)
    np.testing.assert_allclose(distance(half, white), whole * 8 / 15, rtol=1e-5)
    np.testing.assert_allclose(distance(white, half), whole * 8 / 15, rtol=1e-5)


def test_equal_images_have_no_distance_and_pairs_are_judged_alone(distance) -> None:
    images = np.random.default_rng(0).uniform(-1, 1, (3, 32, 40, 3)).astype(np.float32)
    others = np.concatenate([images[:1], -images[1:]])
    together = distance(images, others)
    assert together[0] == 0 and np.all(together[1:] > 0)
    alone = [distance(images[n : n + 1], others[n : n + 1])[0] for n in range(3)]
    np.testing.assert_allclose(together, alone, rtol=1e-5)


def test_gradients_are_finite_where_nothing_is_seen(distance) -> None:
    images = tf.fill([1, 32, 32, 3], -1.0)
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = distance(images, -images)
    assert np.all(np.isfinite(tape.gradient(value, images)))


def test_small_images_and_other_networks_are_refused(distance) -> None:
    images = tf.zeros([1, 32, 31, 3])
    with pytest.raises(errors.UserError, match="not defined below 32 x 32"):
        distance(images, images)
    with pytest.raises(
        errors.UserError, match=r"`network` \(vgg19\) .* alexnet, vgg16"
    ):
        lpips.load("vgg19")


@pytest.mark.long
@pytest.mark.parametrize(
    ("network", "size"),
    [
        pytest.param(
            *pair, marks=real_weights.needs(pair[0]), id=f"{pair[0]} {pair[1]}"
        )
        for pair in BLACK_WHITE
    ],
)
def test_black_against_white_is_as_published(network: str, size: int) -> None:
    white = tf.ones([1, size, size, 3])
    found = lpips.load(network)(-white, white)
    # Five digits are known.
    np.testing.assert_allclose(found, [BLACK_WHITE[network, size]], atol=1e-5)
