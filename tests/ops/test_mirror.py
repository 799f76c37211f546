import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.ops import mirror


@pytest.mark.parametrize("size", [2, 3, 7])
def test_places_are_those_of_numpy_pad(size):
    wanted = np.pad(np.arange(size), 3 * size, mode="reflect")
    found = mirror.places(tf.range(-3 * size, 4 * size), size)
    np.testing.assert_array_equal(found, wanted)


def test_a_single_place_is_everywhere():
    np.testing.assert_array_equal(mirror.places(tf.range(-2, 3), 1), [0] * 5)


@pytest.mark.parametrize("is_known", [True, False])
def test_images_are_padded_below_and_on_the_right(is_known):
    images = np.random.default_rng(0).uniform(size=(2, 5, 3, 1)).astype(np.float32)
    shape = images.shape if is_known else [None, None, None, 1]
    padded = tf.function(
        lambda one: mirror.padded_to(one, multiple=8),
        input_signature=[tf.TensorSpec(shape)],
    )(images)
    wanted = np.pad(images, [(0, 0), (0, 3), (0, 5), (0, 0)], mode="reflect")
    np.testing.assert_array_equal(padded, wanted)


def test_nothing_is_done_where_sides_divide():
    images = tf.zeros([1, 8, 16, 3])
    assert mirror.padded_to(images, multiple=8) is images
