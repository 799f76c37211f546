import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.data import captions
from tfvideogan.ops import tokens as tokens_in_graph

WORDS = captions.Vocabulary(["the", "digit", "7", "is", "moving", "and", "the"])


def test_a_caption_becomes_padded_numbers_and_back():
    tokens, length = WORDS.encode("the digit 7 is moving left", 8)
    # Padding and four directions come first, then the words in their order.
    assert tokens.tolist() == [5, 6, 7, 8, 9, 1, 0, 0] and length == 6
    assert tokens.dtype == np.int32
    assert WORDS.decode(tokens) == "the digit 7 is moving left"
    assert WORDS.size == 11


def test_a_raw_clip_gets_tokens_and_their_number():
    found = WORDS.raw("the digit 7", 5)
    tokens, length = WORDS.encode("the digit 7", 5)
    assert found["caption_tokens"].tolist() == tokens.tolist()
    assert found["caption_lengths"] == length == 3
    assert {value.dtype for value in found.values()} == {np.dtype(np.int32)}


def test_an_unknown_word_is_named_with_the_vocabulary():
    with pytest.raises(errors.UserError, match="'up', which is not in .*: 7 and clock"):
        WORDS.encode("the digit 7 is moving up", 8)


@pytest.mark.parametrize("caption", ["", "the the the"])
def test_a_caption_must_have_a_word_and_fit(caption):
    with pytest.raises(errors.UserError, match="between 1 and 2"):
        WORDS.encode(caption, 2)


@pytest.mark.parametrize(
    ("caption", "turned"),
    [
        ("the 7 is moving left", "the 7 is moving right"),
        ("the 7 is moving clockwise", "the 7 is moving counterclockwise"),
        ("the 7 is moving left and right", "the 7 is moving left and right"),
        ("the 7 is moving", "the 7 is moving"),
        (
            "the 7 is moving left and the digit is moving right",
            "the 7 is moving right and the digit is moving left",
        ),
        (
            "the 7 is moving left and right and the 7 is moving left",
            "the 7 is moving left and right and the 7 is moving right",
        ),
        (
            "the 7 is moving left and right moving left",
            "the 7 is moving left and right moving right",
        ),
        (
            "the 7 is moving left and right moving right and the 7 is moving left",
            "the 7 is moving left and right moving left and the 7 is moving right",
        ),
        ("left", "right"),
    ],
)
def test_a_mirror_turns_directions_that_are_not_joined(caption, turned):
    tokens, _ = WORDS.encode(caption, 15)
    result = captions.mirrored(tf.constant(tokens))
    assert WORDS.decode(result.numpy()) == turned
    assert result.dtype == tf.int32


def test_captions_of_a_batch_are_mirrored_one_by_one():
    one, _ = WORDS.encode("left and right", 4)
    other, _ = WORDS.encode("moving left", 4)
    result = captions.mirrored(tf.constant([one, other])).numpy()
    assert [WORDS.decode(row) for row in result] == ["left and right", "moving right"]


def test_the_tokenizer_in_the_graph_gives_the_same_numbers():
    text = "the digit 7 is moving left and right"
    found, lengths = tokens_in_graph.encode(
        tf.constant([text]), words=WORDS.words, length=10
    )
    tokens, length = WORDS.encode(text, 10)
    assert found.numpy()[0].tolist() == tokens.tolist() and lengths[0] == length
