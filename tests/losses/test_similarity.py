import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.losses import similarity


def images(seed, shape=(2, 16, 14, 3)):
    return seeds.uniform(shape, seeds.from_int(seed), -1.0, 1.0)


def test_it_is_one_minus_the_similarity_of_tensorflow():
    real, other = images(0), images(1)
    for share in (0.1, 0.5, 1.0):
        fake = (1 - share) * real + share * other
        theirs = tf.image.ssim(real, fake, max_val=2.0)
        ours = similarity.ssim_loss(real, fake)
        np.testing.assert_allclose(ours, 1 - np.mean(theirs), atol=1e-5)


def test_equal_images_cost_nothing_and_opposite_ones_more_than_one():
    real = images(0)
    np.testing.assert_allclose(similarity.ssim_loss(real, real), 0.0, atol=1e-5)
    # The same mean, and everything about it the other way round.
    bright = 0.5 + 0.5 * real
    assert float(similarity.ssim_loss(bright, 1.0 - bright)) > 1.0


@pytest.mark.parametrize("shape", [(1, 4, 12, 3), (1, 1, 1, 1)])
def test_small_images_have_a_small_window(shape):
    real = images(0, shape)
    with tf.GradientTape() as tape:
        tape.watch(real)
        loss = similarity.ssim_loss(real, images(1, shape))
    assert np.isfinite(loss) and np.isfinite(tape.gradient(loss, real)).all()
