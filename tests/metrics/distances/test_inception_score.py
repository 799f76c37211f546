"""The inception score of probabilities whose score is known."""

import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.metrics.distances import inception_score


@pytest.mark.parametrize("classes", [2, 5])
def test_unsure_classifier_scores_one(classes):
    uniform = np.full([6, classes], 1.0 / classes)
    assert inception_score.of_split(uniform) == pytest.approx(1.0)


def test_sure_and_varied_classifier_scores_the_number_of_classes():
    assert inception_score.of_split(np.eye(4)) == pytest.approx(4.0)
    # Sure, but always of the same.
    assert inception_score.of_split(np.eye(4)[[1, 1, 1]]) == pytest.approx(1.0)


def test_score_by_hand():
    # Marginal (3/4, 1/4): divergences log 4/3 and half of log 4/3, in the mean 3/4 of it.
    probabilities = np.array([[1.0, 0.0], [0.5, 0.5]])
    found = inception_score.of_split(probabilities)
    assert found == pytest.approx((4.0 / 3.0) ** 0.75)


def test_splits_are_scored_one_by_one():
    # Each split is one clip, which is its own marginal.
    found = inception_score.score(np.eye(4), seed=0, splits=4)
    assert (found.mean, found.spread, found.dropped) == (1.0, 0.0, 0)


def test_spread_is_over_splits():
    probabilities = np.repeat(np.eye(2), [1, 3], axis=0)
    found = inception_score.score(probabilities, seed=0, splits=2)
    # One split has two classes, the other one has one.
    assert (found.mean, found.spread) == (pytest.approx(1.5), pytest.approx(0.5))


def test_rest_behind_the_splits_is_counted():
    assert inception_score.score(np.eye(7), seed=0, splits=3).dropped == 1


def test_fewer_clips_than_splits_are_refused():
    with pytest.raises(errors.UserError, match="of 7 clips has no 10 splits"):
        inception_score.score(np.eye(7), seed=0)
