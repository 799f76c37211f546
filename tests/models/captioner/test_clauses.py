"""Captions fall into clauses and back, and answers take the cheaper order."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.models.captioner import clauses

WORDS = ("", *"the disc star is and left right moving starting".split())
LENGTH = 13


def grammar(
    num_clauses: int = 2, *, length: int = LENGTH, ignored=()
) -> clauses.Grammar:
    return clauses.Grammar(WORDS, length, num_clauses=num_clauses, ignored=ignored)


def numbers(*captions: str, length: int = LENGTH) -> tf.Tensor:
    rows = [[WORDS.index(word) for word in one.split()] for one in captions]
    return tf.constant([one + [0] * (length - len(one)) for one in rows])


def said(tokens: tf.Tensor) -> list:
    """Words of numbers [..., L]."""
    if len(tokens.shape) > 1:
        return [said(one) for one in tokens]
    return " ".join(WORDS[one] for one in tokens.numpy()).strip()


TWO = "the disc is left and right and the star is right"
ONE = "the disc is moving left"


def test_clauses_are_parted_where_the_follows_and():
    found = grammar().split(numbers(TWO, ONE))
    # (13 + 1) / 2 - 1 words at most.
    assert found.shape == (2, 2, 6)
    assert said(found) == [
        ["the disc is left and right", "the star is right"],
        [ONE, ""],
    ]


def test_a_caption_that_is_one_clause_stays_whole():
    found = grammar(1).split(numbers(TWO))
    assert found.shape == (1, 1, LENGTH)
    assert said(found) == [[TWO]]


def test_ignored_words_leave_no_gaps():
    found = grammar(ignored=("is", "and", "left", "right")).split(numbers(TWO, ONE))
    assert said(found) == [["the disc", "the star"], ["the disc moving", ""]]


def test_ignored_phrases_are_taken_out_where_they_stand_together():
    caption = "the disc is moving left and right starting left"
    ignoring = grammar(1, ignored=("starting left", "starting right"))
    assert said(ignoring.split(numbers(caption))) == [
        ["the disc is moving left and right"]
    ]
    # The last word of a caption begins no phrase, and the first one ends none.
    assert said(ignoring.split(numbers("left is starting"))) == [["left is starting"]]


def test_ignored_words_may_be_those_of_other_vocabularies():
    found = grammar(1, ignored=("fast", "moving fast", "is")).split(numbers(ONE))
    assert said(found) == [["the disc moving left"]]


def test_clauses_are_joined_again_but_for_empty_ones():
    made = grammar()
    both = numbers(TWO, ONE)
    np.testing.assert_array_equal(made.join(made.split(both)), both)
    swapped = made.join(made.split(both)[:, ::-1])
    expected = ["the star is right and the disc is left and right", ONE]
    assert said(swapped) == expected
    assert made.text(swapped).numpy().tolist() == [one.encode() for one in expected]
    assert made.text(made.join(tf.zeros([1, 2, 6], tf.int32))).numpy() == [b""]


def test_what_does_not_fit_the_vocabulary_is_named():
    with pytest.raises(errors.UserError, match=r"`num_clauses` \(2\) .* by 'and the'"):
        clauses.Grammar(("", "the"), 9, num_clauses=2)
    with pytest.raises(errors.UserError, match=r"`num_clauses` \(2\) must fit .* of 2"):
        grammar(length=2)


def test_costs_are_of_every_answer_and_clause():
    answers = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    wanted = tf.constant([[10.0, 20.0], [30.0, 40.0]])
    found = clauses.pairwise(lambda one, other: other - one, answers, wanted)
    np.testing.assert_array_equal(found, [[[9, 19], [8, 18]], [[27, 37], [26, 36]]])


def test_the_cheaper_order_is_taken_for_each_clip():
    wanted = tf.constant([[[1], [2]], [[3], [4]]])
    # 1 + 2 against 4 + 8 as it is; 9 + 9 against 2 + 3 the other way round.
    costs = tf.constant([[[1.0, 4.0], [8.0, 2.0]], [[9.0, 2.0], [3.0, 9.0]]])
    ordered, cost = clauses.in_best_order(wanted, costs)
    np.testing.assert_array_equal(ordered, [[[1], [2]], [[4], [3]]])
    np.testing.assert_array_equal(cost, [1.5, 2.5])
