"""JSON is read as RapidJSON 1.1.0 reads it, by include/rapidjson/reader.h."""

import json
import math

import numpy as np
import pytest

from tfvideogan.serving.local import json_reader

NESTED = 500_000
ROUNDS = 300


@pytest.mark.parametrize(
    "text, value",
    [
        (b'\xef\xbb\xbf {"a": 1}', {"a": 1}),
        (b'{"a": 1} and more', {"a": 1}),
        (b'{"a": [-Inf, Infinity, Inf, -Infinity]}', {"a": [-math.inf, math.inf] * 1}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        # Half a pair, the second one, is taken as it is.
        (
            b'{"a": "\\udc00"}',
            {"a": b"\xed\xb0\x80".decode("utf-8", "surrogateescape")},
        ),
        (b'{"a": "\xff"}', {"a": "\udcff"}),
        (b'{"a": 1, "b": 2, "a": 3}', {"a": 1, "b": 2}),
        (b'{"a": 0.0001e310}', {"a": 1e306}),
        (b'{"a": -0, "b": 18446744073709551616}', {"a": 0, "b": 2**64}),
        (b'{"a": true, "b": false, "c": null}', {"a": True, "b": False, "c": None}),
        (b'{"a": "\\"\\/\\\\\\b\\f\\n\\r\\t"}', {"a": '"/\\\b\f\n\r\t'}),
    ],
)
def test_what_is_json_there_is_read(text: bytes, value: object) -> None:
    found = json_reader.read(text)
    if b"Inf" in text:
        value = {"a": [-math.inf, math.inf, math.inf, -math.inf]}
    assert found == value


def test_nan_is_a_number() -> None:
    found = json_reader.read(b'{"a": [NaN, -NaN]}')["a"]
    assert all(math.isnan(one) for one in found)


@pytest.mark.parametrize(
    "text, error",
    [
        (b"", "The document is empty"),
        (b" ", "The document is empty. at offset: 1"),
        (b"instances = [1, 2]", "Invalid value. at offset: 0"),
        (b'{"a":1e400}', "Number too big to be stored in double. at offset: 5"),
        (b'{"a":0e309}', "Number too big to be stored in double. at offset: 5"),
        (b'{"a":1.}', "Miss fraction part in number. at offset: 7"),
        (b'{"a":1e+}', "Miss exponent in number. at offset: 8"),
        (b"8e", "Miss exponent in number. at offset: 2"),
        (b'{"a":-}', "Invalid value. at offset: 6"),
        (b'{"a":fals}', "Invalid value. at offset: 9"),
        (b'{"a":Infinit}', "Invalid value. at offset: 12"),
        (b'{"a":[1,]}', "Invalid value. at offset: 8"),
        (b"[", "Invalid value. at offset: 1"),
        (b'{"a":1,}', "Missing a name for object member. at offset: 7"),
        (b"{1:2}", "Missing a name for object member. at offset: 1"),
        (b'{"a" 1}', "Missing a colon after a name of object member. at offset: 5"),
        (b'{"a":1 "b"}', "Missing a comma or '}' after an object member. at offset: 7"),
        (b"[1 2]", "Missing a comma or ']' after an array element. at offset: 3"),
        (b'{"a":01}', "Missing a comma or '}' after an object member. at offset: 6"),
        (b'{"a":"x', "Missing a closing quotation mark in string. at offset: 7"),
        (b'{"a":"\\x"}', "Invalid escape character in string. at offset: 6"),
        (b'{"a":"\n"}', "Invalid escape character in string. at offset: 6"),
        (
            b'{"\xc3\xa4":"\\u12g4"}',
            "Incorrect hex digit after \\u escape in string. at offset: 7",
        ),
        (b'{"a":"\\ud800"}', "The surrogate pair in string is invalid. at offset: 6"),
        (
            b'{"a":"\\ud800\\u0041"}',
            "The surrogate pair in string is invalid. at offset: 6",
        ),
    ],
)
def test_errors_name_the_byte(text: bytes, error: str) -> None:
    with pytest.raises(json_reader.Invalid) as caught:
        json_reader.read(text)
    assert str(caught.value) == error


def test_nesting_has_no_limit() -> None:
    found = json_reader.read(b'{"a": ' + b"[" * NESTED + b"]" * NESTED + b"}")["a"]
    depth = 1
    while found:
        found, depth = found[0], depth + 1
    assert depth == NESTED
    with pytest.raises(json_reader.Invalid, match=f"offset: {NESTED}"):
        json_reader.read(b"[" * NESTED)


def value(draw: np.random.Generator, depth: int = 0) -> object:
    """Something that JSON can hold."""
    kinds = [
        int(draw.integers(-300, 300)),
        float(draw.normal() * 10.0 ** draw.integers(-30, 30)),
        2**70,
        True,
        None,
        'aä\U0001f600\\"\n'[: draw.integers(0, 6)],
        math.inf,
    ]
    if depth < 4:
        inner = [value(draw, depth + 1) for _ in range(draw.integers(0, 4))]
        kinds += [inner, {str(place): one for place, one in enumerate(inner)}] * 2
    return kinds[draw.integers(len(kinds))]


def read(reader, text: bytes) -> object:
    """What a reader makes of a text; errors are values, too. NaN is itself."""
    try:
        return repr(reader(text))
    except json_reader.Invalid as error:
        return str(error)


def test_both_readers_agree() -> None:
    draw = np.random.default_rng(1)
    marks = b'[]{},:"0189.eE+-\\utfnaINi \x00\xff'
    slow = lambda text: json_reader._Reader(text).document()  # noqa: E731
    for _ in range(ROUNDS):
        expected = {"r": value(draw)}
        is_ascii = bool(draw.integers(2))
        text = json.dumps(expected, ensure_ascii=is_ascii).encode()
        assert read(slow, text) == read(json_reader.read, text) == repr(expected)
        damaged = bytearray(text)
        for place in draw.integers(len(text), size=2):
            damaged[place] = marks[draw.integers(len(marks))]
        assert read(slow, bytes(damaged)) == read(json_reader.read, bytes(damaged))
