"""Values against annotations."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import keras
import pytest

from tfvideogan.engine.config import type_checks


def judge(value: Any, hint: Any) -> str | None:
    return type_checks.complaint("x", value, {"x": hint}, False, False)


@pytest.mark.parametrize(
    "value, hint",
    [
        (1, int),
        (1, float),
        (1.5, float),
        ("a", str),
        (None, int | None),
        ((1, 2), Sequence[int]),
        ([1, 2], tuple[int, ...]),
        ((1, "a"), tuple[int, str]),
        ("a", Literal["a", "b"]),
        (object(), Any),
    ],
)
def test_fitting_values_pass(value: Any, hint: Any) -> None:
    assert judge(value, hint) is None


@pytest.mark.parametrize(
    "value, hint, words",
    [
        (True, int, "an integer"),
        (1.0, int, "an integer"),
        ("1", float, "a number"),
        (1, str, "a string in quotes"),
        ("a", int | None, "an integer or None"),
        (3, Sequence[int], "a list in brackets of integer"),
        ([1, "a"], tuple[int, ...], "a list in brackets of integer"),
        ((1,), tuple[int, str], "a list in brackets"),
        ("c", Literal["a", "b"], "one of 'a', 'b'"),
        (3, Callable[[], int], "a class or function, written @name"),
        (3, keras.optimizers.Optimizer | None, "Optimizer or None"),
    ],
)
def test_others_are_told_what_fits(value: Any, hint: Any, words: str) -> None:
    assert words in judge(value, hint)


def test_factory_is_a_reference_without_brackets() -> None:
    factory = {"make_x": Callable[[], int]}
    ask = type_checks.complaint
    assert ask("make_x", "@a.B", factory, True, False) is None
    assert "without brackets" in ask("make_x", "@a.B()", factory, True, True)
    assert "written @name" in ask("make_x", 3, factory, False, False)


def test_reference_where_a_number_belongs_is_refused() -> None:
    found = type_checks.complaint("x", "@a.B()", {"x": int}, True, True)
    assert found == "must be an integer, not @a.B()."
