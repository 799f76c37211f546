import pytest
from results_table import claims

# Accuracies of three trainings, and of three that are worse throughout.
OURS = [(0.90, 0.94), (0.88, 0.92), (0.91, 0.95)]
THEIRS = [(0.80, 0.85), (0.82, 0.87), (0.79, 0.84)]


def is_better(ours, theirs, *, is_lower_better=False, seeds=claims.SEEDS):
    return claims.is_better(ours, theirs, is_lower_better=is_lower_better, seeds=seeds)


def test_three_seeds_that_all_lie_beyond_are_better() -> None:
    # The worst of ours begins at 0.88, the best of theirs ends at 0.87.
    assert is_better(OURS, THEIRS)
    assert not is_better(THEIRS, OURS)


def test_one_overlap_of_nine_is_no_claim() -> None:
    assert not is_better(OURS, [*THEIRS[:2], (0.79, 0.89)])


def test_intervals_that_touch_are_no_claim() -> None:
    assert not is_better([(0.5, 0.6)], [(0.4, 0.5)], seeds=1)


@pytest.mark.parametrize("ours, theirs", [(OURS[:2], THEIRS), (OURS, THEIRS[:1])])
def test_two_seeds_of_either_side_are_no_claim(ours, theirs) -> None:
    assert not is_better(ours, theirs)


def test_one_training_may_be_better_than_a_baseline_on_the_same_clips() -> None:
    assert is_better([(0.90, 0.94)], [(0.80, 0.85)], seeds=1)


@pytest.mark.parametrize("ours, theirs", [([None], [(0.1, 0.2)]), ([(0.8, 0.9)], [])])
def test_without_an_interval_there_is_no_claim(ours, theirs) -> None:
    assert not is_better(ours, theirs, seeds=1)


def test_of_distances_the_lower_is_better() -> None:
    assert is_better([(20.1, 24.0)], [(30.0, 41.5)], is_lower_better=True, seeds=1)
    assert not is_better([(30.0, 41.5)], [(20.1, 24.0)], is_lower_better=True, seeds=1)
