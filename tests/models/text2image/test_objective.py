"""Terms of text to image against numbers worked out by hand."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.models.text2image import objective


def test_cosines_of_features():
    features = tf.constant([[3.0, 4.0], [1.0, 0.0], [0.0, 0.0]])
    others = tf.constant([[4.0, 3.0], [-2.0, 0.0], [1.0, 0.0]])
    # 24 / 25; the opposite; nothing.
    found = objective.cosine(features, others)
    np.testing.assert_allclose(found, [0.96, -1.0, 0.0], atol=1e-6)


def test_ranking_is_the_mean_cross_entropy_of_both_directions():
    # Three captions, the first and the last alike.
    tokens = tf.constant([[1, 2], [1, 3], [1, 2]])
    affinities = tf.math.log([[2.0, 1.0, 9.0], [3.0, 4.0, 1.0], [9.0, 4.0, 1.0]])
    # Images among captions: 2 of 2 + 1, 4 of 3 + 4 + 1, 1 of 4 + 1; captions among images:
    # 2 of 2 + 3, 4 of 1 + 4 + 4, 1 of 1 + 1. Those alike are no rivals.
    right = [2 / 3, 4 / 8, 1 / 5, 2 / 5, 4 / 9, 1 / 2]
    loss = objective.ranking_loss(affinities, tokens)
    assert float(loss) == pytest.approx(-np.mean(np.log(right)), rel=1e-5)
    assert float(objective.ranking_loss(affinities[:1, :1], tokens[:1])) == 0.0


def test_mode_seeking_is_the_ratio_of_code_to_image():
    images = tf.fill([1, 2, 2, 1], 0.5), tf.fill([1, 2, 2, 1], 0.25)
    codes = tf.constant([[1.0, -1.0]]), tf.constant([[0.0, 1.0]])
    # Means of |difference|: 0.25 of the images, 1.5 of the codes.
    loss = objective.mode_seeking_loss(images, codes)
    assert float(loss) == pytest.approx(6.0, rel=1e-4)


def test_a_generator_without_modes_pays_a_finite_price():
    images = tf.zeros([1, 2, 2, 1]), tf.zeros([1, 2, 2, 1])
    codes = tf.constant([[1.0]]), tf.constant([[0.0]])
    assert float(objective.mode_seeking_loss(images, codes)) == pytest.approx(1e5)
