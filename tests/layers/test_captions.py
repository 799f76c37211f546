"""Codes of captions."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors, seeds
from tfvideogan.layers import captions

TOKENS = tf.constant([[1, 2, 3, 0], [3, 2, 1, 0], [1, 0, 0, 0]])
LENGTHS = tf.constant([3, 3, 1])


@pytest.fixture(name="encoder", scope="module")
def make_encoder():
    keras.utils.set_random_seed(0)
    encoder = captions.CaptionEncoder(5, embedding=4, units=3, word_dropout=0.5)
    encoder(TOKENS, LENGTHS)
    return encoder


def test_a_code_is_the_mean_of_both_directions_over_the_words(encoder):
    codes = encoder(TOKENS, LENGTHS)
    assert codes.shape == (3, 6)
    # Of one word the mean is that word: a GRU of Keras over its embedding alone.
    word = encoder.embedding(tf.constant([[1]]))
    forward = encoder.recurrent.forward_layer(word)[:, 0]
    backward = encoder.recurrent.backward_layer(word)[:, 0]
    np.testing.assert_allclose(
        codes[2], tf.concat([forward, backward], -1)[0], atol=1e-6
    )


def test_the_order_of_words_counts_and_padding_does_not(encoder):
    codes = encoder(TOKENS, LENGTHS).numpy()
    assert np.abs(codes[0] - codes[1]).max() > 1e-3
    shorter = encoder(TOKENS[:, :3], LENGTHS)
    np.testing.assert_allclose(codes, shorter, atol=1e-6)
    # What stands behind the last word is not read.
    other = tf.constant([[1, 2, 3, 4], [3, 2, 1, 4], [1, 4, 4, 4]])
    np.testing.assert_allclose(codes, encoder(other, LENGTHS), atol=1e-6)


def test_fresh_words_are_of_the_size_of_features():
    keras.utils.set_random_seed(0)
    encoder = captions.CaptionEncoder(50, embedding=64)
    encoder(TOKENS, LENGTHS)
    # 3,200 numbers of standard deviation 1: that of them is 1 within 0.0125 or so.
    assert np.std(encoder.embedding.embeddings) == pytest.approx(1.0, abs=0.05)


def test_words_are_hidden_by_a_seed_only(encoder):
    codes = encoder(TOKENS, LENGTHS)
    one, again, other = (
        encoder(TOKENS, LENGTHS, seeds.from_int(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - codes).max() > 1e-3 and np.abs(one - other).max() > 1e-3


def test_no_words_have_the_code_zero(encoder):
    assert not encoder(TOKENS, tf.zeros([3], tf.int32)).numpy().any()


def test_a_source_without_captions_is_refused():
    with pytest.raises(errors.UserError, match="no captions.*gin/data/icons.gin"):
        captions.CaptionEncoder(0)
    with pytest.raises(errors.UserError, match="`word_dropout`"):
        captions.CaptionEncoder(5, word_dropout=1.0)


def test_one_hot_rows_stand_side_by_side_with_those_of_the_padding():
    found = captions.OneHotCaption(3)(tf.constant([[2, 0], [1, 1]]))
    assert found.numpy().tolist() == [[0, 0, 1, 1, 0, 0], [0, 1, 0, 0, 1, 0]]
