"""Inception-v3 takes the user's file of weights."""

import hashlib

import keras
import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.metrics.features import inception


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(errors.UserError, match=r"none.h5\) is no file; give Keras'"):
        inception.Inception(str(tmp_path / "none.h5"))


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:__array__ implementation")  # Keras saves
def test_features_are_those_of_the_file(tmp_path):
    keras.utils.set_random_seed(0)
    network = keras.applications.InceptionV3(
        include_top=False, weights=None, pooling="avg"
    )
    file = tmp_path / "own.weights.h5"
    network.save_weights(file)
    found = inception.Inception(str(file))
    assert found.name.startswith("inception-v3-keras-") and not found.is_reference
    assert found.identity != hashlib.sha256(file.read_bytes()).hexdigest()
    clips = np.random.default_rng(0).integers(0, 256, (2, 2, 299, 299, 3), np.uint8)
    # No resize at this size; bytes come as [-1, 1].
    frames = clips.reshape(4, 299, 299, 3) / 127.5 - 1.0
    expected = np.asarray(network(frames)).reshape(2, 2, 2048).mean(axis=1)
    np.testing.assert_allclose(found.features(clips), expected, rtol=1e-3, atol=1e-5)
    grey = found.features(clips[..., :1])
    assert grey.shape == (2, 2048)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:__array__ implementation")  # Keras saves
def test_weights_of_another_network_are_named(tmp_path):
    file = tmp_path / "other.weights.h5"
    keras.Sequential([keras.Input([2]), keras.layers.Dense(1)]).save_weights(file)
    with pytest.raises(
        errors.UserError, match="does not fit InceptionV3 without its cl"
    ):
        inception.Inception(str(file))
