"""The words for gin's errors."""

import keras

from tests.engine import toy
from tfvideogan.engine import config_errors

HEADER = "from tests.engine import toy\nimport tests.engine.toy as same\n"


def test_import_lines_give_modules_by_the_names_they_are_bound_to() -> None:
    assert config_errors.imported_modules(HEADER) == {"toy": toy, "same": toy}


def test_did_you_mean_names_the_nearest_or_is_silent() -> None:
    assert (
        config_errors.did_you_mean("stebs", ["steps", "x"]) == "; did you mean `steps`?"
    )
    assert config_errors.did_you_mean("qqq", ["steps", "x"]) == ""


def test_parameters_of_a_class_are_those_of_its_constructor() -> None:
    assert list(config_errors.parameters(toy.MeanError)) == ["horizon"]
    assert "learning_rate" in config_errors.parameters(keras.optimizers.Adam)


def test_error_of_a_binding_names_the_option() -> None:
    error = ValueError(
        "Configurable 'toy.MeanError' doesn't have a parameter named 'xyz'"
    )
    found = config_errors.explain(error, "toy.MeanError.xyz = 1", HEADER)
    assert str(found) == (
        "--gin_param='toy.MeanError.xyz = 1': `toy.MeanError` has no parameter `xyz`. "
        "It takes horizon."
    )


def test_unknown_error_keeps_its_text_on_one_line() -> None:
    found = config_errors.explain(ValueError("a\n  b"), "x = 1", "")
    assert str(found) == "--gin_param='x = 1': a b"
