"""A schedule entry refuses numbers that make no schedule."""

import keras
import pytest

from tfvideogan.models import phase


def _phase(**options: object) -> phase.Phase:
    return phase.Phase(
        "critic", ("d",), lambda *_: ({}, {}), keras.optimizers.SGD(), **options
    )


def test_a_phase_runs_once_in_every_step_unless_told_otherwise():
    one = _phase()
    assert (one.every, one.repeats, one.clip_norm, one.trains_shared) == (
        1,
        1,
        None,
        False,
    )


@pytest.mark.parametrize("options", [{"every": 0}, {"repeats": -1}])
def test_impossible_counts_are_named(options):
    (name, value) = next(iter(options.items()))
    with pytest.raises(ValueError, match=rf"`{name}` \({value}\) of phase 'critic'"):
        _phase(**options)


def test_the_shared_forward_pass_cannot_be_trained_twice():
    with pytest.raises(ValueError, match="exists once per step"):
        _phase(trains_shared=True, repeats=2)
