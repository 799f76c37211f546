"""Predictions begin with what is given; swapped captions keep who is meant."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.text2video import tiny
from tfvideogan.models.text2video import showing

# "the disc is falling", "the star is rising"
TOKENS = tf.constant([[1, 2, 4, 5], [1, 3, 4, 6]])
# "the disc is rising", "the star is falling"
SWAPPED = tf.constant([[1, 2, 4, 6], [1, 3, 4, 5]])
FRAMES = tf.random.stateless_uniform([2, 5, 2, 2, 3], [1, 2], -0.1, 0.1)
BATCH = {
    "frames": FRAMES,
    "caption_tokens": TOKENS,
    "caption_lengths": tf.constant([4, 4]),
}


class Toy:
    """Frames that grow by a hundredth of their caption's last word."""

    spec = tiny.SPEC

    def predict_frames(self, context, caption_tokens, lengths, *, num_frames):
        steps = tf.range(1.0, num_frames + 1.0)[:, None, None, None] / 100
        words = tf.cast(caption_tokens[:, -1], tf.float32)[:, None, None, None, None]
        return context[:, -1:] + words * steps


@pytest.mark.parametrize("context", [1, 3])
def test_evaluations_predict_what_follows_on_the_context(context):
    found = showing.evaluation_outputs(Toy(), BATCH, context=context)
    np.testing.assert_array_equal(found["swapped_tokens"], SWAPPED)
    steps = np.arange(1, 6 - context)[:, None, None, None] / 100
    for name, words in (("frames", [5, 6]), ("swapped_frames", [6, 5])):
        np.testing.assert_array_equal(found[name][:, :context], FRAMES[:, :context])
        for clip, word in enumerate(words):
            expected = FRAMES[clip, context - 1] + word * steps
            np.testing.assert_allclose(found[name][clip, context:], expected, atol=1e-6)


def test_people_see_clips_of_one_frame_and_two_captions():
    shown = showing.sample_clips(Toy(), BATCH)
    assert list(shown) == ["real", "predicted", "swapped"]
    np.testing.assert_array_equal(shown["real"], FRAMES)
    for name, words in (("predicted", [5, 6]), ("swapped", [6, 5])):
        for clip, word in enumerate(words):
            last = FRAMES[clip, 0] + 4 * word / 100
            np.testing.assert_allclose(shown[name][clip, -1], last, atol=1e-6)
