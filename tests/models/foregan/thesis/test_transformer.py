import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan.thesis import transformer

SEED = tf.constant([11, 12])


def test_starts_as_the_identity():
    features = seeds.normal([2, 8, 16, 4], SEED)
    layer = transformer.AffineTransformer(width=1 / 16)
    np.testing.assert_allclose(layer(features), features, atol=1e-5)


def test_moves_by_what_it_reads():
    features = seeds.normal([1, 8, 8, 4], SEED)
    layer = transformer.AffineTransformer(width=1 / 16)
    layer(features)
    # A shift of 0.5 in units of half the side, 4 pixels: 2 pixels.
    layer.motion.bias.assign([0, 0, 0.5, 0, 0, 0])
    np.testing.assert_allclose(layer(features)[:, :, :6], features[:, :, 2:], atol=1e-5)


@pytest.mark.slow
def test_original_has_4_4_million_parameters():
    layer = transformer.AffineTransformer()
    layer(tf.zeros([1, 224, 416, 64]))
    convolutions = (9 * 64 * 32 + 32) + (9 * 32 * 16 + 16) + (9 * 16 * 8 + 8) + 73
    dense = (28 * 52 * 3000 + 3000) + (3000 * 6 + 6)
    assert layer.count_params() == convolutions + dense == 4_413_327
