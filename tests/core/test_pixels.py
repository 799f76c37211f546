"""Bytes and floats: both ends, every byte, and what lies outside."""

import numpy as np
import tensorflow as tf
from PIL import Image

from tfvideogan.core import pixels


def test_the_ends_of_both_ranges_meet():
    floats = pixels.to_float(tf.constant([0, 255], tf.uint8))
    np.testing.assert_array_equal(floats, [-1.0, 1.0])


def test_every_byte_survives_the_round_trip():
    every = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(pixels.to_uint8(pixels.to_float(every)), every)


def test_floats_outside_the_range_are_clipped():
    np.testing.assert_array_equal(pixels.to_uint8([-3.0, 3.0]), [0, 255])


def test_luminance_is_that_of_jpeg():
    colours = np.random.RandomState(0).randint(0, 256, (1, 64, 3)).astype(np.uint8)
    expected = np.asarray(Image.fromarray(colours).convert("L"), np.float32)
    found = pixels.luminance(tf.constant(colours, tf.float32))[..., 0]
    # Pillow truncates to whole levels.
    np.testing.assert_allclose(found, expected, atol=1.0)


def test_grey_is_its_own_luminance():
    grey = tf.random.uniform([2, 3, 1])
    np.testing.assert_array_equal(pixels.luminance(grey), grey)
