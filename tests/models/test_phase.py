"""When a phase runs is a function of the step; entries that make no schedule are named."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.models import phase


def _losses(*_: object) -> tuple[dict, dict]:
    return {}, {}


def _phase(name: str = "critic", **options: object) -> phase.Phase:
    if "joins" in options:
        return phase.Phase(name, (), _losses, **options)
    options.setdefault("optimizer", keras.optimizers.SGD())
    return phase.Phase(name, ("d",), _losses, **options)


def test_a_phase_runs_once_in_every_step_unless_told_otherwise():
    one = _phase()
    assert all(one.runs_at(step) for step in range(5)) and one.runs_always
    assert (one.repeats, one.accumulate, one.gain) == (1, 1, 1.0)
    assert one.clip_norm is None and one.joins is None
    assert not one.trains_shared and not one.own_batches


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({"every": 4}, [0, 4, 8]),
        ({"every": 4, "offset": 3}, [3, 7, 11]),
        ({"every": 6, "length": 2}, [0, 1, 6, 7]),
        ({"every": 6, "length": 2, "offset": 4}, [4, 5, 10, 11]),
        ({"start": 9}, [9, 10, 11]),
        ({"stop": 2}, [0, 1]),
        ({"start": 3, "stop": 8, "every": 2}, [3, 5, 7]),
        ({"start": 5, "every": 4, "offset": 1}, [6, 10]),
    ],
)
def test_the_steps_of_a_phase(options, steps):
    one = _phase(**options)
    assert [step for step in range(12) if one.runs_at(step)] == steps
    assert not one.runs_always


def test_active_are_updates_and_what_joins_makes_no_other_set():
    phases = (_phase(every=3), _phase("r1", joins="critic", every=2), _phase("g"))
    found = [phase.active(phases, step) for step in range(4)]
    assert found == [("critic", "g"), ("g",), ("g",), ("critic", "g")]


def test_a_lazy_regularizer_weighs_as_much_as_in_every_step():
    one = phase.lazy_regularizer("r1", _losses, joins="critic", every=16)
    assert (one.joins, one.every, one.gain) == ("critic", 16, 16.0)
    assert [step for step in range(40) if one.runs_at(step)] == [0, 16, 32]


def test_what_joins_is_gained_where_it_is_due_and_zero_elsewhere():
    one = _phase("r1", joins="critic", every=2, gain=2.0)

    @tf.function
    def joined(step):
        scalars = ({"critic/r1": tf.constant(3.0)}, {"slope": tf.constant(5.0)})
        return phase.joined(one, step, lambda: scalars)

    found = [joined(tf.constant(step, tf.int64)) for step in range(3)]
    losses = [float(losses["critic/r1"]) for losses, _ in found]
    assert losses == [6.0, 0.0, 6.0]
    assert [float(monitors["slope"]) for _, monitors in found] == [5.0, 0.0, 5.0]


@pytest.mark.parametrize(
    ("name", "value", "rule", "more"),
    [
        ("every", 0, "at least 1", {}),
        ("repeats", -1, "at least 1", {}),
        ("accumulate", 0, "at least 1", {}),
        ("length", 3, "at most `every` 2", {"every": 2}),
        ("offset", 2, "0 or more and below `every` 2", {"every": 2}),
        ("start", -1, "0 or more", {}),
        ("stop", 4, "above `start` 4", {"start": 4}),
        ("gain", 0.0, "positive", {}),
        ("repeats", 2, "1, since it trains the shared", {"trains_shared": True}),
        ("accumulate", 2, "1, since it trains the shared", {"trains_shared": True}),
        ("own_batches", True, "False, since it trains", {"trains_shared": True}),
        ("optimizer", None, "given, or the phase `joins` another", {}),
    ],
)
def test_impossible_values_are_named(name, value, rule, more):
    message = rf"^`{name}` \({value}\) of phase 'critic' must be {rule}"
    with pytest.raises(ValueError, match=message) as caught:
        _phase(**{name: value}, **more)
    assert "\n" not in str(caught.value)


def test_a_phase_without_networks_must_join_another():
    with pytest.raises(
        ValueError, match=r"`networks` \(\(\)\) of phase 'r1' must be na"
    ):
        phase.Phase("r1", (), _losses, keras.optimizers.SGD())


def test_a_joining_phase_has_nothing_of_an_update_of_its_own():
    message = (
        "'r1' is a part of the update of 'critic'.*: networks, optimizer, repeats."
    )
    with pytest.raises(ValueError, match=message):
        phase.Phase(
            "r1", ("d",), _losses, keras.optimizers.SGD(), joins="critic", repeats=2
        )


@pytest.mark.parametrize("joined", ["generator", "r1", "path"])
def test_only_an_update_can_be_joined(joined):
    phases = [_phase(), _phase("path", joins="critic"), _phase("r1", joins=joined)]
    with pytest.raises(ValueError, match=rf"`joins` \('{joined}'\) of phase 'r1'"):
        phase.check(phases)


def test_names_differ():
    with pytest.raises(ValueError, match="must differ: critic, critic"):
        phase.check([_phase(), _phase()])


def test_what_joins_the_last_update_may_stand_behind_it():
    phase.check([_phase(), _phase("g", trains_shared=True), _phase("path", joins="g")])


def test_a_shared_optimizer_is_listed_once_under_the_first_name():
    common, own = keras.optimizers.SGD(), keras.optimizers.SGD()
    phases = [
        _phase("critic", optimizer=common),
        _phase("g", optimizer=own),
        _phase("r1", optimizer=common),
        _phase("path", joins="g"),
    ]
    assert phase.optimizers(phases) == {"critic": common, "g": own}


def test_a_step_reads_the_batches_of_the_phase_that_has_most():
    repeated = _phase("a", repeats=9)
    assert phase.batches_per_step([repeated]) == 1
    own = [_phase("b", repeats=2, own_batches=True), _phase("c", repeats=3)]
    assert phase.batches_per_step([repeated, *own]) == 2


def test_a_batch_is_cut_in_order():
    parts = phase.split({"frames": tf.range(6), "labels": tf.range(6) * 10}, 3)
    np.testing.assert_array_equal(
        [one["frames"] for one in parts], [[0, 1], [2, 3], [4, 5]]
    )
    np.testing.assert_array_equal(parts[2]["labels"], [40, 50])


def test_a_batch_that_does_not_divide_is_refused():
    with pytest.raises(errors.UserError, match=r"5 examples in 'frames'.*the 2 parts"):
        phase.split({"frames": tf.zeros([5, 1])}, 2)
