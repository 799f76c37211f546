"""Discriminators of rollouts go by the caption, if a caption can be wrong there."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.text2video import tiny
from tfvideogan.core import seeds
from tfvideogan.models.text2video import discriminators

SEED = seeds.from_int(5)
# "the disc is falling", "the star is falling", "the disc is rising"
TOKENS = tf.constant([[1, 2, 4, 5], [1, 3, 4, 5], [1, 2, 4, 6]])


@pytest.fixture(scope="module")
def critics():
    return discriminators.Discriminators(
        tiny.SPEC,
        width=2,
        num_frames=2,
        unseen_words=("falling", "rising", "spinning"),
        embedding=3,
        units=2,
    )


@pytest.fixture(scope="module")
def made():
    shapes = {"real": (3, 4), "fakes": (3, 4), "last": (3,), "real_last": (3,)}
    return {
        key: seeds.uniform([*shape, 8, 8, 3], seeds.fold(SEED, key), -1.0, 1.0)
        for key, shape in shapes.items()
    }


def test_there_are_two_with_one_encoder_of_captions(critics, made):
    found = critics.judge(made, TOKENS, SEED)
    assert set(critics.networks) == {*found, discriminators.CAPTIONS}
    for name, count in ((discriminators.FRAME, 6), (discriminators.CLIP, 3)):
        judged = found[name]
        assert (
            judged.real.shape == judged.fake.shape == judged.wrong.shape == (count, 1)
        )
        assert judged.is_wrong.shape == (count,)


def test_a_frame_cannot_show_that_a_motion_is_wrong(critics, made):
    # The same disc that falls and rises.
    tokens = tf.gather(TOKENS, [0, 2, 2])
    found = critics.judge(made, tokens, SEED)
    assert not found[discriminators.FRAME].is_wrong.numpy().any()
    assert found[discriminators.CLIP].is_wrong.numpy().all()


def test_captions_of_one_text_are_never_wrong(critics, made):
    same = tf.gather(TOKENS, [0, 0, 0])
    for one in critics.judge(made, same, SEED).values():
        assert not one.is_wrong.numpy().any()
        np.testing.assert_allclose(one.wrong, one.real, atol=1e-6)


def test_another_caption_is_another_score(critics, made):
    for one in critics.judge(made, TOKENS, SEED).values():
        assert (np.abs(one.wrong - one.real) > 1e-6).all()


def test_rollouts_are_scored_alike_alone(critics, made):
    judged = critics.judge(made, TOKENS, SEED)
    for name, logits in critics.score(made, TOKENS, SEED).items():
        np.testing.assert_allclose(logits, judged[name].fake, atol=1e-5)


def test_both_teach_the_generator(critics, made):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(made["fakes"])
        scores = critics.score(made, TOKENS, SEED)
    for logits in scores.values():
        gradient = tape.gradient(logits, made["fakes"]).numpy()
        assert (np.abs(gradient).max(axis=(1, 2, 3, 4)) > 0).all()


def test_r1_grows_with_the_square_of_the_slope(critics, made):
    network = critics.networks[discriminators.FRAME]
    found = float(critics.r1(made, TOKENS, SEED))
    assert found > 0.0
    # Twice the logits are twice the slope.
    embedding, score = network.embedding.layer.kernel, network.score.layer.kernel
    before = embedding.numpy(), score.numpy()
    embedding.assign(2.0 * before[0])
    score.assign(2.0 * before[1])
    assert float(critics.r1(made, TOKENS, SEED)) == pytest.approx(4 * found, rel=1e-3)
    embedding.assign(before[0])
    score.assign(before[1])
