"""Folding time into the batch and back."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.ops import frames


def test_fold_time_puts_the_frames_of_a_clip_together():
    clips = tf.reshape(tf.range(2 * 3), [2, 3, 1])
    flat = frames.fold_time(clips)
    np.testing.assert_array_equal(flat[:, 0], [0, 1, 2, 3, 4, 5])


def test_unfold_time_undoes_fold_time():
    clips = tf.reshape(tf.range(2.0 * 3 * 4 * 5), [2, 3, 4, 5, 1])
    back = frames.unfold_time(frames.fold_time(clips), num_frames=3)
    np.testing.assert_array_equal(back, clips)


@pytest.mark.parametrize(("batch", "flat_batch"), [(2, 6), (None, None)])
def test_static_shape_survives_in_a_graph(batch, flat_batch):
    shapes = []

    @tf.function(input_signature=[tf.TensorSpec([batch, 3, 4, 4, 2])])
    def there_and_back(clips):
        flat = frames.fold_time(clips)
        again = frames.unfold_time(flat, num_frames=3)
        shapes.extend([flat.shape.as_list(), again.shape.as_list()])
        return again

    clips = tf.ones([2, 3, 4, 4, 2])
    np.testing.assert_array_equal(there_and_back(clips), clips)
    assert shapes == [[flat_batch, 4, 4, 2], [batch, 3, 4, 4, 2]]


def test_folding_an_image_names_the_missing_axes():
    with pytest.raises(ValueError, match="`clips` has shape .* it must be"):
        frames.fold_time(tf.zeros([3]))


@pytest.mark.parametrize(
    ("num_frames", "rule"), [(4, "must divide"), (0, "must be 1 or more")]
)
def test_unfolding_by_a_wrong_length_says_the_rule(num_frames, rule):
    with pytest.raises(ValueError, match=f"`num_frames` .{num_frames}. {rule}"):
        frames.unfold_time(tf.zeros([6, 2]), num_frames=num_frames)


def test_differences_are_those_to_the_frame_before():
    clips = tf.reshape(tf.constant([1.0, 4.0, 2.0]), [1, 3, 1, 1, 1])
    found = frames.differences(clips)
    assert found.numpy().ravel().tolist() == [0.0, 3.0, -2.0]


def test_time_is_halved_by_means_and_an_odd_last_frame_stays():
    clips = tf.reshape([1.0, 3.0, 7.0, 9.0, 20.0], [1, 5, 1, 1, 1])
    np.testing.assert_array_equal(
        frames.halve_time(clips)[0, :, 0, 0, 0], [2.0, 8.0, 20.0]
    )
    np.testing.assert_array_equal(
        frames.halve_time(clips[:, :4])[0, :, 0, 0, 0], [2.0, 8.0]
    )
    np.testing.assert_array_equal(frames.halve_time(clips[:, :1]), clips[:, :1])


def test_the_plane_is_halved_by_means_of_four_pixels():
    clips = tf.reshape(tf.range(16.0), [1, 2, 2, 4, 1])
    # Frame 0: 0 1 4 5 and 2 3 6 7; frame 1 eight more.
    np.testing.assert_array_equal(
        frames.halve_plane(clips)[0, :, 0, :, 0], [[2.5, 4.5], [10.5, 12.5]]
    )
