"""The network attends to one place per clause and follows it through a clip."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.captioner import network


def make(clauses: int = 2) -> network.CaptionNetwork:
    return network.CaptionNetwork(
        5, clauses=clauses, words=3, width=2, levels=2, units=4
    )


@pytest.mark.parametrize("shape", [(1, 8, 8, 1), (20, 7, 12, 3)])
def test_clips_of_any_size_and_length_have_logits_for_every_word(shape):
    assert make()(tf.zeros([2, *shape])).shape == (2, 2, 3, 5)


def test_tracks_are_features_and_places_where_attention_is():
    built = make(clauses=1)
    built(tf.zeros([1, 2, 8, 8, 1]))
    # Attention is the first feature, 100 where it is and so all of the softmax.
    kernel = np.zeros(built.attention.kernel.shape)
    kernel[..., 0, 0] = 1.0
    built.attention.kernel.assign(kernel)
    features = np.zeros([1, 2, 3, 5, 8], np.float32)
    features[0, 0, 0, 0, :2] = 100.0, 7.0  # top left
    features[0, 1, 2, 2, :2] = 100.0, 9.0  # bottom, in the middle
    tracks = built.tracks(tf.constant(features))[0, :, 0, 0]
    np.testing.assert_allclose(tracks[:, 1], [7.0, 9.0], rtol=1e-6)
    np.testing.assert_allclose(tracks[:, -2:], [[-1, -1], [0, 1]], atol=1e-6)


def test_both_clauses_share_all_but_attention():
    built = make()
    clips = seeds.uniform([2, 3, 8, 8, 1], seeds.from_int(0), -1.0, 1.0)
    built(clips)
    kernel = built.attention.kernel
    assert kernel.shape[-1] == 2
    found = built(clips).numpy()
    assert np.abs(found[:, 0] - found[:, 1]).max() > 0
    kernel.assign(tf.reverse(kernel, axis=[-1]))
    np.testing.assert_allclose(built(clips)[:, ::-1], found, rtol=1e-4, atol=1e-6)


def test_the_first_frame_counts_more_than_others():
    # Backwards, the mean over frames of a track of still places is the same.
    built = make(clauses=1)
    clips = seeds.uniform([1, 9, 8, 8, 1], seeds.from_int(2), -1.0, 1.0)
    still = tf.repeat(clips[:, :1], 9, axis=1)
    changed = tf.concat([clips[:, 1:2], still[:, 1:]], axis=1)
    late = tf.concat([still[:, :-1], clips[:, 1:2]], axis=1)
    first, last, none = (built(one).numpy() for one in (changed, late, still))
    assert np.abs(first - none).max() > 0 and np.abs(last - none).max() > 0
    kernel = built.logits.kernel
    # Without the half that sees the mean, a change at the end is not seen.
    kernel.assign(tf.concat([tf.zeros([4, 15]), kernel[4:]], axis=0))
    first, last, none = (built(one).numpy() for one in (changed, late, still))
    assert np.abs(first - none).max() > 0
    np.testing.assert_array_equal(last, none)
