import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.pretrained import resizing


def test_a_doubled_ramp_begins_at_its_first_pixel() -> None:
    ramp = np.arange(4.0).reshape(1, 4, 1)
    found = resizing.bilinear(ramp, 1, 8)
    # Pixel i is read at i / 2; the last one has no neighbour to the right.
    np.testing.assert_allclose(found[0, :, 0], [0, 0.5, 1, 1.5, 2, 2.5, 3, 3])


@pytest.mark.parametrize("size", [(7, 5), (16, 12), (3, 20), (11, 9)])
def test_it_is_tensorflow_1s(size: tuple[int, int]) -> None:
    images = np.random.default_rng(0).uniform(0, 255, (2, 11, 9, 3)).astype(np.float32)
    expected = tf.raw_ops.ResizeBilinear(
        images=images, size=size, align_corners=False, half_pixel_centers=False
    )
    # Two float32 interpolations in another order, of numbers up to 255.
    found = resizing.bilinear(images[:, np.newaxis], *size)
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-4)


def test_bytes_of_the_right_size_are_only_cast() -> None:
    images = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    found = resizing.bilinear(images, 2, 2)
    assert found.dtype == tf.float32
    np.testing.assert_array_equal(found, images)
