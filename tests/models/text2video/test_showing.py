"""Predictions begin with what is given; swapped captions keep who is meant."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.text2video import tiny, toy_painter
from tfvideogan.models.text2video import painter as painters
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


def test_a_painter_begins_clips_of_sentences_alone(tmp_path):
    painter = painters.Painter(toy_painter.saved(tmp_path / "painter"), tiny.SPEC)
    batch = BATCH | {"frames": tf.zeros([2, 5, 8, 8, 3])}
    found = showing.evaluation_outputs(Toy(), batch, context=3, painter=painter)
    alone = found["alone_frames"]
    assert alone.shape == (2, 5, 8, 8, 3)
    # The table's 10 for "t", 100 and the seeds 0 and 1; then the captions' last words.
    for clip, (grey, word) in enumerate(((110, 5), (111, 6))):
        first = grey / 127.5 - 1.0
        np.testing.assert_allclose(alone[clip, 0], first, atol=1e-6)
        np.testing.assert_allclose(alone[clip, 4], first + 4 * word / 100, atol=1e-5)


def test_people_see_clips_of_one_frame_and_two_captions():
    shown = showing.sample_clips(Toy(), BATCH)
    assert list(shown) == ["real", "predicted", "swapped"]
    np.testing.assert_array_equal(shown["real"], FRAMES)
    for name, words in (("predicted", [5, 6]), ("swapped", [6, 5])):
        for clip, word in enumerate(words):
            last = FRAMES[clip, 0] + 4 * word / 100
            np.testing.assert_allclose(shown[name][clip, -1], last, atol=1e-6)
