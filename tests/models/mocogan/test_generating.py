"""Generated clips depend on their own seed; length is free; signatures say all."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.mocogan.paper import test_model
from tfvideogan.models.mocogan import codes


@pytest.fixture(scope="module")
def model():
    return test_model.CASE.build()


def test_a_clip_does_not_depend_on_its_batch(model):
    seeds_ = tf.constant([7, 2**40 + 7, -3], tf.int64)
    together = model.generate(seeds_)
    assert np.abs(together[0] - together[1]).max() > 1e-6
    for place, seed in enumerate(seeds_):
        alone = model.generate(seed[tf.newaxis])
        np.testing.assert_allclose(alone[0], together[place], atol=1e-5)


@pytest.mark.parametrize("length", [3, 16, 21, 48])
def test_longer_videos_begin_like_shorter_ones(model, length):
    seeds_ = tf.constant([7, 8], tf.int64)
    short, long = (model.generate(seeds_, frames=n) for n in (2, length))
    assert long.shape == (2, length, 64, 64, 3)
    np.testing.assert_allclose(short, long[:, :2], atol=1e-5)


def test_truncation_draws_contents_together(model):
    seeds_ = tf.constant([1, 2], tf.int64)
    typical = codes.draw_each(model.sizes, seeds_, num_frames=2)
    none, whole = (
        model.generate(seeds_, frames=2, truncation=tf.fill([2], share))
        for share in (0.0, 1.0)
    )
    np.testing.assert_allclose(whole, model.generate(seeds_, frames=2), atol=1e-6)
    middle = typical._replace(content=tf.zeros_like(typical.content))
    np.testing.assert_allclose(none, model.renderer(middle), atol=1e-5)


def test_rows_share_content_or_motion(model):
    shown = model.sample_clips(test_model.CASE.batch(3))
    assert list(shown) == ["real", "generated", "one_content", "one_motion"]
    # The first row of all is made of the same codes.
    for name in ("one_content", "one_motion"):
        np.testing.assert_allclose(shown[name][0], shown["generated"][0], atol=1e-5)
        assert np.abs(shown[name][0] - shown[name][1]).max() > 1e-6


def test_evaluation_is_seeded_by_the_real_clips(model):
    batch = test_model.CASE.batch(3)
    outputs = model.evaluation_outputs(batch)
    assert outputs["frames"].shape == (3, 16, 64, 64, 3)
    assert outputs["long_frames"].shape == (3, 32, 64, 64, 3)
    np.testing.assert_array_equal(outputs["frames"], outputs["long_frames"][:, :16])
    last = {key: value[2:] for key, value in batch.items()}
    alone = model.evaluation_outputs(last)["frames"]
    np.testing.assert_allclose(alone[0], outputs["frames"][2], atol=1e-5)


def test_signatures_agree(model):
    served = model.serving_functions()
    assert list(served) == ["generate", "generate_truncated", "generate_from_noise"]
    seed, label = tf.constant([4], tf.int64), tf.constant([1])
    answer = served["generate"].function(seed=seed, label=label)
    expected = model.generate(seed, label)
    np.testing.assert_array_equal(answer["video_float"], expected)
    # -1 is 0, 0 is 127.5, 1 is 255.
    np.testing.assert_allclose(answer["video"], (expected + 1) * 255 / 2, atol=0.501)
    drawn = codes.draw_each(model.sizes, seed, num_frames=16)
    again = served["generate_from_noise"].function(
        content_noise=drawn.content,
        start_noise=drawn.start,
        motion_noise=drawn.noise,
        label=label,
    )
    np.testing.assert_allclose(again["video_float"], expected, atol=1e-6)
    assert served["generate"].rules["label"].maximum == 1
