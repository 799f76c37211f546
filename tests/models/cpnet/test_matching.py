"""Context matching: hand numbers, micro-batches, what is visible nowhere."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.cpnet import matching

SIZE, CHANNELS = (4, 6), 3


def drawn(name, *leading, low=-1.0, high=1.0, channels=CHANNELS):
    seed = seeds.fold(seeds.from_int(0), name)
    return seeds.uniform([*leading, *SIZE, channels], seed, low, high)


def visible(name, *leading, share=0.6):
    shown = drawn(name, *leading, low=0.0, high=1.0, channels=1) < share
    return tf.cast(shown, tf.float32)


def matched(target, scores, shown, features, micro_batch):
    running = matching.start(target)
    for start in range(0, features.shape[1], micro_batch):
        part = slice(start, start + micro_batch)
        running = matching.add(
            running, scores[:, part], shown[:, part], features[:, part]
        )
    return matching.finish(running)


@pytest.mark.parametrize("scale", [1.0, 200.0])
def test_micro_batches_equal_the_softmax_of_all(scale):
    target, features = drawn("t", 2), drawn("f", 2, 7)
    scores = scale * drawn("s", 2, 7, channels=1)
    shown = visible("v", 2, 7)
    # By NumPy, in float64, over those that are visible.
    shares = np.where(shown > 0, np.asarray(scores, np.float64), -np.inf)
    shares = np.exp(shares - np.max(shares, axis=1, keepdims=True, initial=-1e3))
    total = shares.sum(axis=1)
    mean = (shares * features.numpy()).sum(axis=1) / np.maximum(total, 1e-300)
    for micro_batch in (1, 3, 7):
        copied, never_seen = matched(target, scores, shown, features, micro_batch)
        np.testing.assert_allclose(copied, mean, atol=1e-5)
        np.testing.assert_array_equal(never_seen, total == 0)


def test_identical_references_give_their_features_and_holes_of_all():
    feature = drawn("f", 1)
    features = tf.repeat(feature[:, tf.newaxis], 3, axis=1)
    shown = visible("v", 1, 3)
    scores = matching.similarity(feature, features, shown)
    # The same direction everywhere: the mean cosine is 1.
    np.testing.assert_allclose(scores, np.ones((1, 3, 1, 1, 1)), atol=1e-6)
    copied, never_seen = matched(feature, scores, shown, features, 2)
    is_seen = np.asarray(shown).max(axis=1)
    np.testing.assert_array_equal(never_seen, 1.0 - is_seen)
    np.testing.assert_allclose(copied, feature * is_seen, atol=1e-6)


def test_nothing_to_copy_is_seen_nowhere():
    copied, never_seen = matching.finish(matching.start(drawn("t", 2)))
    assert not np.any(copied)
    assert np.all(never_seen == 1.0)


def test_what_is_not_visible_has_no_influence_not_even_as_nan():
    target, features, scores = (
        drawn("t", 1),
        drawn("f", 1, 2),
        drawn("s", 1, 2)[..., :1],
    )
    shown = visible("v", 1, 2)
    spoilt = tf.where(shown > 0, features, np.nan)
    with tf.GradientTape() as tape:
        tape.watch(scores)
        copied, _ = matched(target, scores, shown, spoilt, 2)
        total = tf.reduce_sum(copied)
    wanted, _ = matched(target, scores, shown, features, 2)
    np.testing.assert_array_equal(copied, wanted)
    assert np.all(np.isfinite(tape.gradient(total, scores)))


def test_similarity_without_common_places_is_zero():
    found = matching.similarity(
        drawn("t", 1), drawn("f", 1, 2), tf.zeros([1, 2, *SIZE, 1])
    )
    np.testing.assert_array_equal(found, np.zeros((1, 2, 1, 1, 1)))


def test_raw_similarity_prefers_strong_features_to_alike_ones():
    """The published fault and its cure."""
    target = drawn("t", 1)
    other = drawn("o", 1)
    # The first is the target; the second points elsewhere, and is ten times as long.
    features = tf.stack([target, 10.0 * tf.abs(other) * tf.sign(target)], axis=1)
    everywhere = tf.ones([1, 2, *SIZE, 1])
    raw = matching.similarity(target, features, everywhere, is_raw=True)
    cosine = matching.similarity(target, features, everywhere)
    assert raw[0, 1] > raw[0, 0]
    assert cosine[0, 0] > cosine[0, 1]
    by_hand = np.sum(target * features[:, 0]) / target.shape.num_elements()
    np.testing.assert_allclose(np.ravel(raw)[0], by_hand, rtol=1e-5)


def test_a_neighbourhood_tells_where_a_reference_fits():
    target = tf.ones([1, 8, 8, 2])
    left = tf.concat([tf.ones([1, 8, 4, 2]), -tf.ones([1, 8, 4, 2])], axis=2)
    features = left[:, tf.newaxis]
    found = matching.similarity(
        target, features, tf.ones([1, 1, 8, 8, 1]), neighbourhood=3
    )
    # The whole is undecided. Nine ones, and the whole's 0 beside them: 9 / 10.
    np.testing.assert_allclose(found[0, 0, 4, 1], [0.9], atol=1e-6)
    np.testing.assert_allclose(found[0, 0, 4, 6], [-0.9], atol=1e-6)


def test_a_quarter_is_visible_where_its_middle_is():
    shown = np.zeros((1, 8, 8, 1), np.float32)
    shown[:, 1:3, 1:3] = 1.0
    shown[:, 4:8, 4:6] = 1.0  # Half of the middle is no more than a half.
    np.testing.assert_array_equal(
        matching.at_quarter(shown)[0, ..., 0], [[1.0, 0.0], [0.0, 0.0]]
    )


def test_pixels_are_copied_where_they_are_visible():
    frames = seeds.uniform([2, 8, 8, 3], seeds.from_int(3))
    shown = np.ones((2, 8, 8, 1), np.float32)
    shown[1, :4] = 0.0
    shown[0, 0, 0] = 0.0
    features = tf.zeros([2, 2, 2, 5])
    wide = matching.with_pixels(features, frames, shown)
    assert wide.shape == (2, 2, 2, 5 + 16 * 4)
    # Both are references of one target, equally alike.
    running = matching.add(
        matching.start(wide[:1]),
        tf.zeros([1, 2, 1, 1, 1]),
        matching.at_quarter(shown)[tf.newaxis],
        wide[tf.newaxis],
    )
    copied, pixels, is_seen = matching.without_pixels(matching.finish(running)[0], 5)
    assert copied.shape == features[:1].shape
    # Above, the first alone; below, both.
    np.testing.assert_allclose(pixels[0, 1:4], frames[0, 1:4], rtol=1e-5)
    mean = (frames[0, 4:] + frames[1, 4:]) / 2
    np.testing.assert_allclose(pixels[0, 4:], mean, rtol=1e-5)
    np.testing.assert_array_equal(pixels[0, 0, 0], [0.0, 0.0, 0.0])
    np.testing.assert_array_equal(is_seen[0], shown[0] > 0)
