"""Captions in a graph: numbers of words, what is refused, and what does not match."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors, seeds
from tfvideogan.data import captions
from tfvideogan.ops import tokens

VOCABULARY = captions.Vocabulary("the digit 3 7 and is moving up down".split())
LENGTH = 9
MISTAKES = (
    ("the digit 3 is movin left", "`movin`.*nearest one is `moving`.*vocabulary: 3 7 "),
    ("", "has 0 words; it must have between 1 and 9"),
    ("  ", "has 0 words"),
    ("up " * 10, "has 10 words; it must have between 1 and 9"),
)


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def encode(text):
    return tokens.encode(text, words=VOCABULARY.words, length=LENGTH)


def test_the_graph_counts_words_as_the_vocabulary_does():
    said = ["the digit 3 is moving left and right", "up", "the digit 7 is moving down"]
    found, lengths = encode(tf.constant(said))
    for row, count, caption in zip(found, lengths, said, strict=True):
        wanted, words = VOCABULARY.encode(caption, LENGTH)
        np.testing.assert_array_equal(row, wanted)
        assert count == words


def test_numbers_become_the_words_again():
    said = ["the digit 3 is moving up and down", "7"]
    numbers, _ = encode(tf.constant(said))
    found = tokens.decode(numbers, words=VOCABULARY.words)
    assert [one.decode() for one in found.numpy()] == said


def test_white_space_capitals_and_a_full_stop_do_not_count():
    typed, lengths = encode(tf.constant(["  The digit 3\tis  moving UP . "]))
    plain, _ = encode(tf.constant(["the digit 3 is moving up"]))
    np.testing.assert_array_equal(typed, plain)
    assert lengths.numpy().tolist() == [6]


def test_capitals_and_a_full_stop_that_are_words_count():
    words = ("", "Nut", ".", "nut")
    found, _ = tokens.encode(tf.constant(["nut Nut ."]), words=words, length=3)
    assert found.numpy().tolist() == [[3, 1, 2]]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_caption_that_cannot_be_taken_is_refused_in_one_line(text, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        encode(tf.constant(["up", text]))


def test_a_large_vocabulary_is_not_listed_whole():
    words = ("", *(f"word{number}" for number in range(1000)))
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="Some of its 1000"
    ) as caught:
        tokens.encode(tf.constant(["wodr17"]), words=words, length=3)
    assert len(str(caught.value)) < 4000


def test_words_are_taken_out_and_the_rest_moves_up():
    found, lengths = tokens.without(
        tf.constant([[5, 2, 7, 2, 1], [2, 2, 0, 0, 0]]), [2]
    )
    assert found.numpy().tolist() == [[5, 7, 1, 0, 0], [0, 0, 0, 0, 0]]
    assert lengths.numpy().tolist() == [3, 0]


def test_clauses_are_joined_by_and_the():
    said = "the digit 3 is moving left and right and the digit 7 is moving up"
    found, _ = VOCABULARY.encode(said, 20)
    is_joint = tokens.joints(found[np.newaxis], words=VOCABULARY.words)
    assert np.flatnonzero(is_joint[0]).tolist() == [8]
    none = tokens.joints(tf.constant([[1, 2]]), words=("", "and", "an"))
    assert not none.numpy().any()


def test_mismatched_captions_differ_in_text_and_all_of_them_occur():
    said = tf.constant([[1, 2], [1, 2], [3, 0], [4, 4], [1, 2]])
    seen = set()
    for number in range(200):
        places, exists = tokens.mismatched(said, seeds.from_int(number))
        assert exists.numpy().all()
        wrong = tf.gather(said, places)
        assert tf.reduce_all(tf.reduce_any(wrong != said, axis=-1))
        seen |= set(enumerate(places.numpy().tolist()))
    same = {0, 1, 4}
    assert seen == {
        (own, other)
        for own in range(5)
        for other in range(5)
        if own != other and not {own, other} <= same
    }


def test_a_batch_of_one_text_has_no_mismatched_caption():
    places, exists = tokens.mismatched(tf.ones([3, 2], tf.int32), seeds.from_int(0))
    assert places.numpy().tolist() == [0, 1, 2] and not exists.numpy().any()


def test_the_vocabulary_at_the_door_refuses_the_same():
    for text, _ in MISTAKES:
        with pytest.raises(errors.UserError):
            VOCABULARY.encode(text, LENGTH)
