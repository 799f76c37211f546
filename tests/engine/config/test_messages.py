"""The words for gin's errors."""

import keras
import pytest

from tests.engine import toy
from tfvideogan.core import errors
from tfvideogan.engine.config import config, messages

HEADER = "from tests.engine import toy\nimport tests.engine.toy as same\n"


def test_import_lines_give_modules_by_the_names_they_are_bound_to() -> None:
    assert messages.imported_modules(HEADER) == {"toy": toy, "same": toy}


def test_did_you_mean_names_the_nearest_or_is_silent() -> None:
    assert messages.did_you_mean("stebs", ["steps", "x"]) == "; did you mean `steps`?"
    assert messages.did_you_mean("qqq", ["steps", "x"]) == ""


def test_parameters_of_a_class_are_those_of_its_constructor() -> None:
    assert list(messages.parameters(toy.MeanError)) == ["horizon"]
    assert "learning_rate" in messages.parameters(keras.optimizers.Adam)


def test_error_of_a_binding_names_the_binding() -> None:
    error = ValueError(
        "Configurable 'toy.MeanError' doesn't have a parameter named 'xyz'"
    )
    found = messages.explain(error, "toy.MeanError.xyz = 1", HEADER)
    assert str(found) == (
        "the binding 'toy.MeanError.xyz = 1': `toy.MeanError` has no parameter `xyz`. "
        "It takes horizon."
    )


def test_unknown_error_keeps_its_text_on_one_line() -> None:
    found = messages.explain(ValueError("a\n  b"), "x = 1", "")
    assert str(found) == "the binding 'x = 1': a b"


def test_configuration_of_an_earlier_version_says_what_to_do() -> None:
    with pytest.raises(errors.UserError) as caught:
        config.parse_text("from tfvideogan.data import sprites_of_old\n")
    assert "\n" not in str(caught.value)
    assert "sprites_of_old" in str(caught.value)
    assert "run.json says which" in str(caught.value)
