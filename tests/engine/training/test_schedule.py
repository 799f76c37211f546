"""When things happen."""

import pytest

from tfvideogan.core import errors
from tfvideogan.engine.training import schedule


def make(**changes: int) -> schedule.Schedule:
    numbers = dict.fromkeys(schedule.INTERVALS, 4) | {"steps": 10, "steps_per_call": 2}
    return schedule.Schedule(**(numbers | changes))


def test_interval_ends_at_its_multiples_and_at_the_end() -> None:
    due = [step for step in range(1, 11) if make().is_due(4, step)]
    assert due == [4, 8, 10]


def test_zero_means_only_at_the_end() -> None:
    assert [step for step in range(1, 11) if make().is_due(0, step)] == [10]


@pytest.mark.parametrize("name", schedule.INTERVALS)
def test_intervals_are_whole_blocks(name: str) -> None:
    with pytest.raises(errors.UserError, match=f"`{name}` \\(3\\) must be 0 or"):
        make(**{name: 3})


@pytest.mark.parametrize("name", ["steps", "steps_per_call"])
def test_there_is_at_least_one_step(name: str) -> None:
    with pytest.raises(errors.UserError, match="at least 1"):
        make(**{name: 0})
