"""What the production server writes: digits, tokens, and values in its errors."""

import math

import numpy as np
import pytest

from tfvideogan.serving.local import json_writer


@pytest.mark.parametrize(
    "dtype, number, text",
    [
        # Six digits of %g where they are the number; 9 or 17 where they are not.
        (np.float32, 0.2, "0.2"),
        (np.float32, 1 / 3, "0.333333343"),
        (np.float32, 16777216.0, "16777216.0"),
        (np.float32, 1e6, "1e+06"),
        (np.float32, -0.0, "-0.0"),
        (np.float64, 0.1, "0.1"),
        (np.float64, 1 / 3, "0.33333333333333331"),
        (np.float64, 1e300, "1e+300"),
        (np.float64, math.nan, "NaN"),
        (np.float64, -math.inf, "-Infinity"),
    ],
)
def test_floats_have_the_digits_that_they_need(dtype, number, text) -> None:
    assert json_writer.decimals(np.array([number], dtype)) == [text]


def test_an_array_is_written_by_its_rows() -> None:
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert json_writer.rows(array) == ["[0, 1, 2]", "[3, 4, 5]"]
    assert json_writer.whole(array) == "[[0, 1, 2], [3, 4, 5]]"
    assert json_writer.whole(np.zeros([2, 0, 3])) == "[[], []]"
    assert json_writer.whole(np.array(True)) == "true"


@pytest.mark.parametrize(
    "value, text",
    [
        # rapidjson/prettywriter.h with kFormatSingleLineArray, indented by four.
        ([1, 2.0, "x", None, True], '[1, 2.0, "x", null, true]'),
        ({}, "{}"),
        ({"a": [{"b": 1}]}, '{\n    "a": [{\n            "b": 1\n        }]\n}'),
        (1e21, "1e21"),
        # It ends where 256 bytes are reached: 86 numbers are 257.
        ([0] * 1000, "[" + "0, " * 85 + "0"),
    ],
)
def test_values_in_errors_are_short(value: object, text: str) -> None:
    assert json_writer.shown(value) == text


def test_a_value_of_any_depth_is_shown() -> None:
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    assert json_writer.shown(deep) == "[" * 256
