"""Accuracy is the share of clips whose label is the most probable class."""

import numpy as np
import pytest

from tests import check_metric
from tfvideogan.core import errors
from tfvideogan.metrics import accuracy


def clip(label: int, *probabilities: float) -> check_metric.Pair:
    return {"labels": np.array([label])}, {"probabilities": np.array([probabilities])}


def test_clips_and_classes_are_counted():
    clips = [
        clip(0, 0.5, 0.3, 0.2),
        clip(0, 0.3, 0.4, 0.3),
        clip(2, 0.1, 0.1, 0.8),
        clip(0, 0.4, 0.3, 0.3),
    ]
    expected = {
        "accuracy/model/T": 3 / 4,
        "accuracy/class 0/T": 2 / 3,
        "accuracy/class 2/T": 1.0,
    }
    check_metric.check_metric(accuracy.Accuracy, clips, expected=expected)


def test_equal_probabilities_are_the_first_class():
    found = accuracy.are_right(np.full((2, 2), 0.5), np.array([0, 1]))
    assert found.tolist() == [True, False]


@pytest.mark.parametrize("label", [-1, 2])
def test_labels_of_other_classes_are_named(label):
    with pytest.raises(errors.UserError, match="knows the classes 0 to 1"):
        accuracy.are_right(np.full((1, 2), 0.5), np.array([label]))


def test_captions_and_words_are_counted():
    # Of two clauses: all right, one word of three wrong in one of them, first words only.
    answers = [
        [[True, True, True], [True, True, True]],
        [[True, True, True], [True, False, True]],
        [[True, False, False], [True, False, False]],
    ]
    clips = [({}, {"right_words": np.array([one])}) for one in answers]
    expected = {
        "caption accuracy/model/T": 1 / 3,
        "word accuracy/word 1/T": 1.0,
        "word accuracy/word 2/T": (1 + 1 / 2 + 0) / 3,
        "word accuracy/word 3/T": 2 / 3,
    }
    check_metric.check_metric(accuracy.WordAccuracy, clips, expected=expected)
    with pytest.raises(errors.UserError, match="put videos into words"):
        accuracy.WordAccuracy().update({}, {})


def test_models_and_clips_without_classes_are_named():
    batch, outputs = clip(0, 1.0)
    for pair in ((batch, {}), ({}, outputs)):
        with pytest.raises(errors.UserError, match="classify videos with labels"):
            accuracy.Accuracy().update(*pair)
