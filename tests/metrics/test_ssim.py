"""SSIM against scikit-image and TensorFlow, with each of its windows."""

import numpy as np
import pytest
import skimage.metrics
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.metrics import ssim

# Arguments of scikit-image, by window.
OPTIONS = {
    "gauss11": {
        "gaussian_weights": True,
        "sigma": 1.5,
        "use_sample_covariance": False,
    },
    "uniform7": {},
    "win65": {"win_size": 65},
}


def pair(*shape, noise=0.1, seed=0):
    """A random picture in [0, 1] and a noisy copy."""
    draw = np.random.default_rng(seed)
    clean = draw.uniform(size=shape)
    return clean, np.clip(clean + noise * draw.standard_normal(shape), 0, 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_equals_tensorflow(channels):
    clean, noisy = pair(2, 16, 13, channels)
    expected = tf.image.ssim(
        tf.constant(clean, tf.float32), tf.constant(noisy, tf.float32), max_val=1.0
    )
    # TensorFlow computes in float32.
    np.testing.assert_allclose(ssim.ssim(noisy, clean), expected, atol=1e-6)


@pytest.mark.parametrize("window", ssim.WINDOWS)
def test_ssim_equals_scikit_image(window):
    clean, noisy = pair(70, 66, 3)
    expected = skimage.metrics.structural_similarity(
        clean, noisy, data_range=1, channel_axis=-1, **OPTIONS[window]
    )
    found = ssim.ssim(noisy, clean, window=window)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_uniform_windows_lose_nothing_on_a_large_bright_picture():
    # Running sums reach 500 here; squares of means are taken off near 1.
    clean, noisy = pair(80, 500, 1, noise=0.001)
    clean, noisy = 0.99 + 0.01 * clean, 0.99 + 0.01 * noisy
    expected = skimage.metrics.structural_similarity(
        clean, noisy, data_range=1, channel_axis=-1, win_size=65
    )
    found = ssim.ssim(noisy, clean, window="win65")
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("window", ssim.WINDOWS)
def test_identical_frames_have_one_and_small_ones_none(window):
    size = ssim.WINDOWS[window].size
    clean, _ = pair(2, size, size + 1, 3)
    np.testing.assert_allclose(ssim.ssim(clean, clean, window=window), 1)
    small = clean[:, 1:]
    assert np.isnan(ssim.ssim(small, small, window=window)).all()


def test_weights_are_of_the_centres_of_windows():
    clean, noisy = pair(9, 9, 1)
    weights = np.zeros((9, 9, 1))
    weights[5, 4] = 1  # the window of rows 2 to 8 and columns 1 to 7
    found = ssim.ssim(noisy, clean, weights, window="uniform7")
    inside = (slice(2, 9), slice(1, 8))
    expected = ssim.ssim(noisy[inside], clean[inside], window="uniform7")
    np.testing.assert_allclose(found, expected)


def test_unknown_windows_are_named():
    clean, noisy = pair(9, 9, 1)
    with pytest.raises(errors.UserError, match="'gauss7'.* gauss11, uniform7, win65"):
        ssim.ssim(noisy, clean, window="gauss7")
