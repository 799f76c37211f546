"""What a generating model shows, of a toy that paints each seed as a level of grey."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.models import noise, sampling

FRAMES = 3


def generate(clip_seeds, labels=None, *, frames=None, truncation=None) -> tf.Tensor:
    """Frame t of seed s and label k is (s + t + 10 k) / 1000 times the truncation."""
    labels = tf.zeros_like(clip_seeds) if labels is None else tf.cast(labels, tf.int64)
    times = tf.range(frames or FRAMES, dtype=tf.int64)
    levels = (clip_seeds % 100 + 10 * labels)[:, tf.newaxis] + times
    levels = tf.cast(levels, tf.float32) / 1000.0
    if truncation is not None:
        levels *= truncation[:, tf.newaxis]
    return levels[..., tf.newaxis, tf.newaxis, tf.newaxis]


@pytest.fixture(scope="module")
def real():
    return tf.reshape(tf.linspace(-1.0, 1.0, 6), [2, FRAMES, 1, 1, 1])


@pytest.mark.parametrize("long_frames", [2, 5])
def test_evaluation_makes_a_fake_for_each_real_clip_seeded_by_it(real, long_frames):
    labels = tf.constant([1, 0])
    found = sampling.evaluation_outputs(
        generate, real, labels=labels, long_frames=long_frames
    )
    own = noise.seeds_of_clips(real)
    np.testing.assert_array_equal(found["frames"], generate(own, labels))
    expected = generate(own, labels, frames=long_frames)
    np.testing.assert_array_equal(found["long_frames"], expected)


def test_samples_are_the_same_seeds_in_turn_of_each_category(real):
    real = tf.concat([real, real], axis=0)
    found = sampling.sample_clips(generate, real, categories=3)
    np.testing.assert_array_equal(found["real"], real)
    # Seeds 0, 1, 2, 3 of the categories 0, 1, 2, 0.
    firsts = found["generated"][:, 0, 0, 0, 0]
    np.testing.assert_allclose(firsts, [0.0, 0.011, 0.022, 0.003], atol=1e-7)


def test_signatures_generate_and_truncate():
    served = sampling.serving_functions(generate, categories=2)
    seed, label = tf.constant([4], tf.int64), tf.constant([1])
    answer = served["generate"].function(seed=seed, label=label)
    # 4 + 10, 15 and 16 thousandths.
    floats = answer["video_float"][0, :, 0, 0, 0]
    np.testing.assert_allclose(floats, [0.014, 0.015, 0.016], atol=1e-7)
    # (1 + 0.014) * 127.5 = 129.3.
    assert answer["video"].numpy()[0, 0, 0, 0, 0] == 129
    half = served["generate_truncated"].function(
        seed=seed, label=label, truncation=tf.constant([0.5])
    )
    np.testing.assert_allclose(half["video_float"], 0.5 * answer["video_float"])
    assert list(served["generate_truncated"].inputs) == ["seed", "label", "truncation"]
    assert served["generate"].rules["label"].maximum == 1


def test_without_categories_there_is_no_label():
    served = sampling.serving_functions(generate, categories=0)
    assert list(served["generate"].inputs) == ["seed"]
    assert set(served["generate"].rules) == {"seed"}
