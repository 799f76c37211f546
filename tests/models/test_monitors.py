"""Monitors by hand."""

import numpy as np
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
    values = monitors.numbers(found)
    assert {name: float(value) for name, value in values.items()} == {
        "logits/image_real": 0.75,
        "logits/image_fake": 0.0,
        "signs/image_real": 0.5,
        "signs/image_fake": 0.5,
    }


def test_histogram_has_the_share_of_each_bucket():
    real = tf.constant([[1.0], [3.0], [-1.0], [1.25]])
    logs = monitors.logits("image", real, tf.constant([[-1000.0], [5000.0]]))
    found = monitors.histograms({name: float(one) for name, one in logs.items()})
    # Ends around -1, 1 and 3; of the outermost buckets for what lies beyond.
    wanted = {(-1.0, -0.75): 0.25, (1.0, 1.5): 0.5, (3.0, 4.0): 0.25}
    of_real = {(low, high): share for low, high, share in found["image_real"] if share}
    assert of_real == wanted
    assert found["image_real"][0, 0] == -1.0 and found["image_real"][-1, 1] == 4.0
    fakes = found["image_fake"]
    np.testing.assert_array_equal(fakes[[0, -1]], [[-64, -32, 0.5], [32, 64, 0.5]])


def test_histogram_of_what_is_not_finite_is_not_a_number():
    logs = monitors.logits("image", tf.constant([1.0, np.inf]), tf.constant([0.0]))
    assert np.isnan(float(logs["histogram/image_real/3"]))
    assert float(logs["histogram/image_fake/15"]) == 1.0


def test_histograms_are_taken_out_of_logs():
    means = {"histogram/a/15": 0.75, "histogram/a/16": 0.25, "critic/real": 1.0}
    assert monitors.numbers(means) == {"critic/real": 1.0}
    found = monitors.histograms(means)["a"]
    np.testing.assert_array_equal(found, [[0, 0.0625, 0.75], [0.0625, 0.125, 0.25]])


def test_accuracy_is_the_share_of_right_maxima():
    class_logits = tf.constant([[0.1, 0.2, 0.0], [3.0, 1.0, 2.0], [0.0, 0.0, 9.0]])
    # 1 and 0 are right, 2 is not 1.
    found = monitors.accuracy(class_logits, tf.constant([1, 0, 1]))
    assert float(found) == pytest.approx(2 / 3)


def test_change_is_between_neighbours():
    # Steps of 1 and 3: their mean is 2; the way from first to last does not count.
    clips = tf.reshape(tf.constant([0.0, 1.0, -2.0]), [1, 3, 1, 1, 1])
    assert float(monitors.change(clips)) == 2.0
