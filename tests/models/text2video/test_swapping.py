"""A swapped caption is about the same things, which do something else."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.text2video import swapping

WORDS = ("", *"the red disc star is moving left and right up down rotating".split())


def swapped(*said: str, length: int = 14, words: tuple[str, ...] = WORDS) -> list[str]:
    tokens = np.zeros((len(said), length), np.int32)
    for row, one in zip(tokens, said, strict=True):
        numbers = [words.index(word) for word in one.split()]
        row[: len(numbers)] = numbers
    made, lengths = swapping.swapped(
        tf.constant(tokens), seeds.from_int(1), words=words
    )
    assert list(lengths) == [np.count_nonzero(row) for row in made.numpy()]
    return [" ".join(words[number] for number in row if number) for row in made.numpy()]


def test_the_subject_stays_and_the_predicate_changes():
    assert swapped("the red disc is moving left and right", "the star is rotating") == [
        "the red disc is rotating",
        "the star is moving left and right",
    ]


def test_each_clause_gets_the_predicate_of_its_own_place():
    found = swapped(
        "the red disc is moving left and right and the star is rotating",
        "the star is moving up and down and the disc is moving left and right",
        length=18,
    )
    assert found == [
        "the red disc is moving up and down and the star is moving left and right",
        "the star is moving left and right and the disc is rotating",
    ]


def test_who_does_the_same_is_no_other():
    found = swapped("the red disc is rotating", "the star is rotating")
    assert found == ["the red disc is rotating", "the star is rotating"]


def test_what_would_be_too_long_is_left_alone():
    long = "the red disc is moving left and right"
    found = swapped(long, "the red red star is rotating", length=8)
    assert found == ["the red disc is rotating", "the red red star is rotating"]


def test_without_a_verb_the_whole_caption_changes():
    words = ("", "left", "right")
    assert swapped("left", "right", length=2, words=words) == ["right", "left"]


@pytest.mark.parametrize("seed", [0, 1])
def test_of_many_one_that_differs_is_drawn(seed):
    tokens = tf.constant([[1, 5, 6], [1, 5, 7], [1, 5, 8], [1, 5, 6]])
    made, _ = swapping.swapped(tokens, seeds.from_int(seed), words=WORDS)
    assert (made.numpy()[:, 2] != tokens.numpy()[:, 2]).all()
