"""Monitors by hand."""

import pytest
import tensorflow as tf

from tfvideogan.models import monitors


def test_logits_are_averaged_and_signs_counted():
    found = monitors.logits(
        "image",
        tf.constant([[1.0], [3.0], [-1.0], [0.0]]),
        tf.constant([[-2.0], [2.0]]),
    )
    # (1 + 3 - 1 + 0) / 4; two of four above 0; (-2 + 2) / 2; one of two below.
    assert {name: float(value) for name, value in found.items()} == {
        "logits/image_real": 0.75,
        "logits/image_fake": 0.0,
        "signs/image_real": 0.5,
        "signs/image_fake": 0.5,
    }


def test_accuracy_is_the_share_of_right_maxima():
    class_logits = tf.constant([[0.1, 0.2, 0.0], [3.0, 1.0, 2.0], [0.0, 0.0, 9.0]])
    # 1 and 0 are right, 2 is not 1.
    found = monitors.accuracy(class_logits, tf.constant([1, 0, 1]))
    assert float(found) == pytest.approx(2 / 3)


def test_change_is_between_neighbours():
    # Steps of 1 and 3: their mean is 2; the way from first to last does not count.
    clips = tf.reshape(tf.constant([0.0, 1.0, -2.0]), [1, 3, 1, 1, 1])
    assert float(monitors.change(clips)) == 2.0
