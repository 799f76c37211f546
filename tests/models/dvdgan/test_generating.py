"""Clips for clients: of a seed each, of any length, between two seeds and labels."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.dvdgan import test_model
from tfvideogan.core import seeds
from tfvideogan.models.dvdgan import generating

SEEDS = tf.constant([7, 2**40 + 7, -3], tf.int64)
LABELS = tf.constant([0, 2, 1])


@pytest.fixture(scope="module")
def model():
    built = test_model.CASE.build()
    # Statistics and rounding apart, states have to be of some size.
    for number, one in enumerate(built.generator.trainable_variables):
        if "kernel" in one.path:
            one.assign(seeds.normal(one.shape, seeds.from_int(number)))
    return built


def test_a_clip_does_not_depend_on_its_batch(model):
    together = model.generate(SEEDS, LABELS)
    assert np.abs(together[0] - together[1]).max() > 1e-4
    for place in range(3):
        alone = model.generate(SEEDS[place : place + 1], LABELS[place : place + 1])
        np.testing.assert_allclose(alone[0], together[place], atol=1e-5)


@pytest.mark.parametrize("length", [16, 21, 48])
def test_longer_videos_begin_like_shorter_ones(model, length):
    short, long = (model.generate(SEEDS, LABELS, frames=n) for n in (3, length))
    assert long.shape == (3, length, 16, 16, 3)
    np.testing.assert_allclose(short, long[:, :3], atol=1e-5)


def test_portions_are_the_whole(model, monkeypatch):
    whole = model.generate(SEEDS, LABELS, frames=12)
    monkeypatch.setattr(generating, "PORTION", 5)
    np.testing.assert_allclose(
        model.generate(SEEDS, LABELS, frames=12), whole, atol=1e-5
    )


def test_the_label_is_seen_and_drawn_from_the_seed_without_one(model):
    one, other = (model.generate(SEEDS[:1], tf.constant([n])) for n in (0, 1))
    assert np.abs(one - other).max() > 1e-4
    drawn = model.generate(SEEDS)
    codes = generating.codes_of(SEEDS, None, latent=4, categories=3)
    np.testing.assert_allclose(drawn, model.generate(SEEDS, codes.labels), atol=1e-6)
    many = generating.codes_of(
        tf.range(60, dtype=tf.int64), None, latent=4, categories=3
    )
    assert set(many.labels.numpy()) == {0, 1, 2}


def test_truncation_shrinks_the_code(model):
    none, whole = (
        model.generate(SEEDS, LABELS * 0, truncation=tf.fill([3], share))
        for share in (0.0, 1.0)
    )
    np.testing.assert_allclose(none[0], none[1], atol=1e-5)
    np.testing.assert_allclose(whole, model.generate(SEEDS, LABELS * 0), atol=1e-6)
    codes = generating.Codes(tf.constant([[2.0, -4.0]]), tf.constant([0]))
    shrunk = generating.truncated(codes, tf.constant([0.25]))
    np.testing.assert_array_equal(shrunk.latent, [[0.5, -1.0]])


def between(model, share, other_labels=LABELS):
    answer = model.serving_functions()["generate_between"].function(
        seed=SEEDS,
        label=LABELS,
        other_seed=SEEDS + 1,
        other_label=other_labels,
        share=tf.fill([3], share),
    )
    return answer["video_float"].numpy()


def test_the_ends_of_an_interpolation_are_the_two_clips(model):
    others = (LABELS + 1) % 3
    np.testing.assert_allclose(
        between(model, 0.0, others), model.generate(SEEDS, LABELS), atol=1e-5
    )
    np.testing.assert_allclose(
        between(model, 1.0, others), model.generate(SEEDS + 1, others), atol=1e-5
    )
    middle = between(model, 0.5, others)
    assert np.abs(middle - between(model, 0.0, others)).max() > 1e-4


def test_codes_between_two_keep_their_variance(model, monkeypatch):
    heard = []
    monkeypatch.setattr(
        model.generator,
        "condition",
        lambda latent, labels: heard.append(latent) or tf.zeros([len(latent), 7]),
    )
    codes, others = (
        generating.Codes(tf.fill([1, 4], value), tf.constant([0]))
        for value in (1.0, 3.0)
    )
    generating.clips_between(
        model.generator, codes, others, tf.constant([0.5]), num_frames=1
    )
    # (0.5 * 1 + 0.5 * 3) / sqrt(0.25 + 0.25).
    np.testing.assert_allclose(heard[0], np.full([1, 4], 2.0 / np.sqrt(0.5)), rtol=1e-6)


def test_signatures_and_evaluation(model):
    served = model.serving_functions()
    assert list(served) == ["generate", "generate_truncated", "generate_between"]
    assert set(served["generate_between"].inputs) == {
        "seed",
        "label",
        "other_seed",
        "other_label",
        "share",
    }
    assert served["generate_between"].rules["other_label"].maximum == 2
    batch = test_model.CASE.batch(3)
    outputs = model.evaluation_outputs(batch)
    assert outputs["frames"].shape == (3, 4, 16, 16, 3)
    assert outputs["long_frames"].shape == (3, 8, 16, 16, 3)
    np.testing.assert_array_equal(outputs["frames"], outputs["long_frames"][:, :4])
    assert list(model.sample_clips(batch)) == ["real", "generated"]
