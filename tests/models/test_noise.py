"""A clip's noise is of its own seed, and seeds of clips differ."""

import numpy as np
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models import noise


def test_noise_depends_on_its_own_seed_alone():
    clip_seeds = tf.constant([7, 2**40 + 7, -3], tf.int64)
    together = noise.normal_each(clip_seeds, [4, 2]).numpy()
    assert together.shape == (3, 4, 2)
    for place, seed in enumerate(clip_seeds):
        alone = noise.normal_each(seed[tf.newaxis], [4, 2])
        np.testing.assert_array_equal(alone[0], together[place])
    # High bits and the sign count, too.
    assert len(np.unique(together[:, 0, 0])) == 3


def test_longer_noise_begins_like_shorter_noise():
    clip_seeds = tf.constant([5], tf.int64)
    long, short = (noise.normal_each(clip_seeds, [length, 3]) for length in (9, 4))
    np.testing.assert_array_equal(long[:, :4], short)


def test_noise_is_standard_normal():
    drawn = noise.normal_each(tf.range(100, dtype=tf.int64), [100]).numpy()
    # Four standard deviations of the mean and of the variance of 10,000 numbers.
    assert abs(drawn.mean()) < 0.04
    assert abs(drawn.var() - 1.0) < 4 * np.sqrt(2.0) * 0.01


def test_structures_are_drawn_of_a_pair_of_integers():
    def draw(seed):
        return {"pair": seed, "sum": tf.reduce_sum(seed)}

    signature = {"pair": tf.TensorSpec([2], tf.int32), "sum": tf.int32}
    # The lower 31 bits, then the next: 2 ** 31 + 5 is (5, 1).
    drawn = noise.draw_each(tf.constant([5, 2**31 + 5], tf.int64), draw, signature)
    np.testing.assert_array_equal(drawn["pair"], [[5, 0], [5, 1]])
    np.testing.assert_array_equal(drawn["sum"], [5, 6])


def test_parts_begin_with_the_clip_s_own_seed():
    parts = noise.seeds_of_parts(tf.constant([3, -4], tf.int64), 3).numpy()
    np.testing.assert_array_equal(parts[:, 0], [3, -4])
    step = 2654435761
    np.testing.assert_array_equal(parts[0], [3, 3 + step, 3 + 2 * step])


def test_a_clip_s_seed_is_a_sum_of_its_bytes_at_their_places():
    # Bytes 0 and 255 at the first and second place: 255 * 2 * the factor.
    frames = tf.reshape(tf.constant([-1.0, 1.0]), [1, 1, 1, 2, 1])
    assert int(noise.seeds_of_clips(frames)[0]) == 255 * 2 * 2654435761


def test_seeds_of_clips_do_not_depend_on_the_batch_and_see_order():
    frames = seeds.uniform([3, 2, 4, 4, 3], seeds.from_int(1), -1.0, 1.0)
    whole = noise.seeds_of_clips(frames).numpy()
    np.testing.assert_array_equal(noise.seeds_of_clips(frames[1:]), whole[1:])
    assert int(noise.seeds_of_clips(frames[:1, ::-1])[0]) != whole[0]
