"""Discriminators judge any size, see their inputs, and have a Lipschitz constant of one."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models import discriminators


@pytest.mark.parametrize(
    ("size", "scores"), [((8, 8), (1, 1)), ((64, 64), (8, 8)), ((20, 36), (3, 5))]
)
def test_three_halvings_make_a_map_of_scores(size, scores):
    critic = discriminators.PatchDiscriminator(4, name="critic")
    assert critic(tf.zeros([2, *size, 3])).shape == (2, *scores, 1)


def test_training_brings_the_largest_singular_value_to_one():
    critic = discriminators.PatchDiscriminator(4, name="critic")
    images = seeds.normal([2, 16, 16, 3], seeds.from_int(1))
    for _ in range(30):
        critic(images, training=True)
    kernel = critic.down[1].layer.kernel.numpy()  # [4, 4, 4, 8]
    values = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)
    assert values[0] == pytest.approx(1.0, abs=0.02)


def test_a_critic_at_rest_does_not_change():
    critic = discriminators.PatchDiscriminator(4, name="critic")
    images = seeds.normal([2, 16, 16, 3], seeds.from_int(1))
    first = critic(images)
    np.testing.assert_array_equal(first, critic(images))


def test_without_spectral_norm_a_kernel_is_what_it_is():
    critic = discriminators.PatchDiscriminator(4, has_spectral_norm=False)
    critic(tf.zeros([1, 8, 8, 3]))
    before = critic.score.kernel.numpy()
    critic(tf.ones([1, 8, 8, 3]), training=True)
    np.testing.assert_array_equal(critic.score.kernel, before)


def count(network) -> int:
    return sum(math.prod(variable.shape) for variable in network.trainable_variables)


def test_frames_of_16_are_halved_twice():
    critic = discriminators.FrameDiscriminator(16, width=2)
    assert critic(tf.zeros([5, 16, 24, 3])).shape == (5, 1)
    # Stem 4 4 3 2 + 2; block 3 3 2 2 + 2, 4 4 2 4 + 4, 2 4; dense 4 + 1.
    assert count(critic) == 98 + 38 + 132 + 8 + 5


def test_what_stands_twice_in_a_frame_is_heard_twice():
    critic = discriminators.FrameDiscriminator(16, width=2)
    small = seeds.normal([1, 16, 16, 3], seeds.from_int(1))
    # Enough black around that no feature reaches a border or the other one.
    once = tf.pad(small, [[0, 0], [0, 0], [16, 16], [0, 0]])
    twice = critic(tf.concat([once, once], axis=2))
    # Biases start at 0 and so black adds nothing but the last layer's bias, 0 too.
    np.testing.assert_allclose(twice, 2.0 * critic(once), rtol=1e-4)
    assert np.abs(twice).max() > 1e-2


def test_a_projected_condition_adds_its_embedding_times_the_features():
    critic = discriminators.FrameDiscriminator(16, width=2, projects=True)
    images = seeds.normal([2, 16, 16, 3], seeds.from_int(1))
    condition = seeds.normal([2, 3], seeds.from_int(2))
    logits = critic(images, condition)
    features = critic.features(images).numpy()
    kernel, bias = critic.score.get_weights()
    embedded = condition.numpy() @ critic.embedding.get_weights()[0]
    expected = features @ kernel + bias + (embedded * features).sum(1, keepdims=True)
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(critic.judge(features, condition), logits, atol=1e-6)
    assert np.abs(critic.judge(features, -condition) - logits).max() > 1e-4


@pytest.mark.parametrize(
    ("size", "frames"), [(8, 2), (16, 2), (32, 2), (64, 4), (96, 4), (128, 8)]
)
def test_clips_have_a_least_length(size, frames):
    assert discriminators.least_frames(size) == frames


@pytest.mark.parametrize("length", [4, 5, 9])
def test_clips_of_any_length_are_judged(length):
    critic = discriminators.ClipDiscriminator(64, width=2, categories=3)
    logits, classes = critic(tf.zeros([2, length, 64, 64, 1]))
    assert logits.shape == (2, 1) and classes.shape == (2, 3)


def test_a_projected_category_changes_the_score_by_its_embedding():
    critic = discriminators.ClipDiscriminator(8, width=2, categories=2, projects=True)
    clips = seeds.normal([1, 2, 8, 8, 3], seeds.from_int(1))
    both = tf.concat([clips, clips], axis=0)
    logits, _ = critic(both, tf.eye(2))
    nothing, _ = critic(clips, tf.zeros([1, 2]))
    # Two categories together add what each adds alone.
    together, _ = critic(clips, tf.ones([1, 2]))
    np.testing.assert_allclose(
        together + nothing, tf.reduce_sum(logits, axis=0, keepdims=True), atol=1e-5
    )
    assert np.abs(logits[0] - logits[1]).max() > 1e-4


def test_random_frames_reach_every_frame():
    # Clip n holds the numbers from 4n: each must come up, and none of another clip.
    clips = tf.reshape(tf.range(64, dtype=tf.float32), [16, 4, 1, 1, 1])
    found = discriminators.random_frames(clips, seeds.from_int(1), count=3)
    assert found.shape == (16, 3, 1, 1, 1)
    found = found.numpy().reshape(16, 3)
    assert (found // 4 == np.arange(16)[:, np.newaxis]).all()
    assert set(found.ravel() % 4) == {0, 1, 2, 3}
    assert any(len(set(row)) > 1 for row in found)


@pytest.mark.parametrize(
    ("size", "scores"), [((64, 64), (1, 1)), ((8, 12), (1, 1)), ((65, 130), (2, 3))]
)
def test_patches_of_clips_are_judged_at_every_moment(size, scores):
    critic = discriminators.TemporalPatchDiscriminator(1)
    assert critic(tf.zeros([2, 3, *size, 3])).shape == (2, 3, *scores, 4)


def test_patches_of_clips_cost_six_convolutions():
    critic = discriminators.TemporalPatchDiscriminator(1)
    critic(tf.zeros([1, 1, 8, 8, 3]))
    # 75 taps: 3 to 1 channels, 1 to 2, 2 to 4, and 4 to 4 three times, with biases.
    assert count(critic) == 226 + 152 + 604 + 3 * 1204


def test_a_patch_of_a_clip_reaches_six_frames_far():
    critic = discriminators.TemporalPatchDiscriminator(1, has_spectral_norm=False)
    clips = seeds.normal([1, 9, 8, 8, 3], seeds.from_int(1))
    with tf.GradientTape() as tape:
        tape.watch(clips)
        score = tf.reduce_sum(critic(clips)[:, 0])
    gradient = tf.reduce_max(tf.abs(tape.gradient(score, clips)), axis=[0, 2, 3, 4])
    # Six kernels of three frames.
    np.testing.assert_array_equal(gradient > 0, [True] * 7 + [False] * 2)


def test_training_brings_the_norm_of_a_kernel_over_time_to_one():
    critic = discriminators.TemporalPatchDiscriminator(2)
    critic(tf.zeros([1, 1, 4, 4, 3]))
    layer = critic.convolutions[1]
    for _ in range(30):
        layer(tf.zeros([1, 1, 1, 1, 2]), training=True)
    kernel = layer.layer.kernel.numpy()
    values = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)
    assert values[0] == pytest.approx(1.0, abs=0.02)
