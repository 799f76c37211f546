"""Balls around points on a line, by hand."""

import numpy as np
import pytest

from tfvideogan.metrics.distances import precision_recall

REAL = np.array([[0.0], [1.0], [10.0]])  # balls of radius 1, 1 and 9
MADE = np.array([[-1.5], [0.5], [5.0], [20.0]])


def test_precision_is_the_share_inside_the_real_balls():
    # 0.5 is near 0, and 5 in the ball around 10; 20 is 10 off, -1.5 more than 1.
    assert precision_recall.precision(REAL, MADE, neighbour=1) == 0.5


def test_recall_is_the_share_of_real_ones_inside_the_made_balls():
    made = np.array([[0.5], [0.75], [3.0]])  # balls of radius 1/4, 1/4 and 9/4
    # 1 is 1/4 from 0.75; 0 is 1/2 from 0.5; 10 is far.
    assert precision_recall.recall(REAL, made, neighbour=1) == pytest.approx(1 / 3)


def test_the_ball_reaches_to_the_chosen_neighbour():
    # To the second: 10, 9 and 10, so that 20 and -1.5 are inside, too.
    assert precision_recall.precision(REAL, MADE, neighbour=2) == 1.0


def test_rows_are_measured_in_parts(monkeypatch):
    generator = np.random.default_rng(0)
    real, made = generator.normal(size=(30, 3)), generator.normal(1.0, 1.0, (25, 3))
    whole = [
        one(real, made) for one in (precision_recall.precision, precision_recall.recall)
    ]
    monkeypatch.setattr(precision_recall, "ROWS", 7)
    parts = [
        one(real, made) for one in (precision_recall.precision, precision_recall.recall)
    ]
    assert parts == whole
    assert 0.0 < min(whole) < 1.0


def test_copies_are_precise_and_complete_and_strangers_neither():
    real = np.random.default_rng(0).normal(size=(20, 3))
    assert precision_recall.precision(real, real) == 1.0
    assert precision_recall.recall(real, real) == 1.0
    assert precision_recall.precision(real, real + 100.0) == 0.0
    assert precision_recall.recall(real, real + 100.0) == 0.0


def test_too_few_points_have_no_balls():
    assert np.isnan(precision_recall.precision(REAL, MADE, neighbour=3))
