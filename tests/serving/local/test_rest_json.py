"""The cases of the production server's own test of JSON bodies.

They stand in tensorflow_serving/util/json_tensor_test.cc of github.com/tensorflow/serving
(commit 9d981c5c of July 2026); each has the name of its test there. What goes over paths
is in conformance/test_production.py. Further cases, of our own, are at the end.
"""

import json
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import classification_pb2, regression_pb2

from tfvideogan.serving.local import rest_json, status

DEEP = 500_000
MOST = 1.7976931348623157e308
LEAST = 2.2250738585072014e-308
INF = np.inf


def infos(**dtypes: str) -> dict[str, meta_graph_pb2.TensorInfo]:
    return {
        name: meta_graph_pb2.TensorInfo(dtype=tf.as_dtype(dtype).as_datatype_enum)
        for name, dtype in dtypes.items()
    }


def arrays(body: bytes | str, **dtypes: str) -> dict[str, np.ndarray]:
    """What a Predict body becomes, for inputs of these dtypes."""
    parsed = rest_json.parse(body if isinstance(body, bytes) else body.encode())
    rest_json.signature_name(parsed)
    if rest_json.is_by_rows(parsed):
        return rest_json.from_rows(parsed["instances"], infos(**dtypes))
    return rest_json.from_columns(parsed["inputs"], infos(**dtypes))


def same(found: dict[str, np.ndarray], expected: dict[str, Any]) -> None:
    assert set(found) == set(expected)
    for name, values in expected.items():
        wanted = np.array(values, found[name].dtype)
        np.testing.assert_array_equal(found[name], wanted, strict=True)


PAIRS = [[1, 2], [3, 4], [5, 6]]
SEVEN = "[1, 2.0, 3, 4, 5.003, 0.007, 0.0]"
HELLO, WORLD = '{ "b64" : "aGVsbG8=" }', '{ "b64": "d29ybGQ=" }'
NAMED = """{"instances": [
  {"int_tensor": [[1,2],[3,4],[5,6]], "str_tensor": ["foo", "bar"],
   "float_tensor": [1.0, NaN], "dbl_tensor": [NaN]},
  {"int_tensor": [[7,8],[9,0],[1,2]], "str_tensor": ["baz", "bat"],
   "float_tensor": [2.0, Infinity], "dbl_tensor": [2.0]}
]}"""
FOUR = {
    "int_tensor": "int32",
    "str_tensor": "string",
    "float_tensor": "float32",
    "dbl_tensor": "float64",
}
THREE = {"int_tensor": "int32", "str_tensor": "string", "bin_tensor": "string"}

READ = {
    "SingleUnnamedTensor": (f'{{"instances": {PAIRS}}}', "int32", PAIRS),
    "DeeplyNestedWellFormed": (
        f'{{"instances":[1], "nested":{"[" * DEEP}{"]" * DEEP}}}',
        "int32",
        [1],
    ),
    "MixedInputForFloatTensor": (
        f'{{"instances": {SEVEN}}}',
        "float32",
        [1, 2, 3, 4, 5.003, 0.007, 0],
    ),
    "MixedInputForDoubleTensor": (
        '{"instances": [1.0, 2, 3, 4, 0.662, 0, 0.0]}',
        "float64",
        [1, 2, 3, 4, 0.662, 0, 0],
    ),
    "FloatTensorWithPrecisionLoss, whole": (
        '{"instances": [1435774380]}',
        "float32",
        [1435774380],
    ),
    "FloatTensorWithPrecisionLoss, decimal": (
        '{"instances": [1435774380.0]}',
        "float32",
        [1435774380],
    ),
    "FloatTensorThatExceedsMaxReturnsInf": (
        f'{{"instances": [{MOST}]}}',
        "float32",
        [INF],
    ),
    "FloatTensorThatExceedsMaxReturnsInf, below": (
        f'{{"instances": [{-MOST}]}}',
        "float32",
        [-INF],
    ),
    "FloatTensorThatExceedsMinReturnsZero": (
        f'{{"instances": [{LEAST}]}}',
        "float32",
        [0.0],
    ),
    "FloatTensorThatExceedsMinReturnsZero, below": (
        f'{{"instances": [{-LEAST}]}}',
        "float32",
        [-0.0],
    ),
    "SingleUnnamedTensorWithSignature": (
        '{"signature_name": "predict_images", "instances": [[1,2]]}',
        "int32",
        [[1, 2]],
    ),
    "SingleUnnamedTensorBase64Scalars": (
        f'{{"instances": [{HELLO}, {WORLD}]}}',
        "string",
        [b"hello", b"world"],
    ),
    "SingleUnnamedTensorBase64Lists": (
        f'{{"instances": [[{HELLO}], [{WORLD}]]}}',
        "string",
        [[b"hello"], [b"world"]],
    ),
    "SingleNamedTensorBase64": (
        f'{{"instances": [{{"default": [[{HELLO}], [{WORLD}]]}}]}}',
        "string",
        [[[b"hello"], [b"world"]]],
    ),
    "SingleUnnamedTensorColumnarFormat": (
        f'{{"inputs": {{"default": [{PAIRS}]}}}}',
        "int32",
        [PAIRS],
    ),
    "SingleUnnamedTensorColumnarFormat, plain": (
        f'{{"inputs": [{PAIRS}]}}',
        "int32",
        [PAIRS],
    ),
}


@pytest.mark.parametrize("case", READ)
def test_bodies_are_read(case: str) -> None:
    body, dtype, expected = READ[case]
    same(arrays(body, default=dtype), {"default": expected})


def test_what_follows_a_body_is_left() -> None:  # TensorFromNonNullTerminatedBuffer
    found = arrays(f'{{"instances": {PAIRS}}}X', default="int32")
    same(found, {"default": PAIRS})


def test_multiple_named_tensor() -> None:
    expected = {
        "int_tensor": [PAIRS, [[7, 8], [9, 0], [1, 2]]],
        "str_tensor": [[b"foo", b"bar"], [b"baz", b"bat"]],
        "float_tensor": [[1.0, np.nan], [2.0, INF]],
        "dbl_tensor": [[np.nan], [2.0]],
    }
    same(arrays(NAMED, **FOUR), expected)


def test_multiple_named_tensor_columnar_format() -> None:
    body = (
        f'{{"inputs": {{"int_tensor": [{PAIRS}], "str_tensor": ["foo", "bar"], '
        f'"bin_tensor": {HELLO}}}}}'
    )
    found = arrays(body, **THREE)
    assert found.pop("bin_tensor").tolist() == b"hello"  # a scalar
    same(found, {"int_tensor": [PAIRS], "str_tensor": [b"foo", b"bar"]})


RAGGED = [[1, 2], [3, 4], [5, 6, 7]]
FIRST = {"int_tensor": PAIRS, "str_tensor": ["foo", "bar"]}
OTHER = {"int_tensor": [[[7, 8], [9, 0], [1, 2]]], "str_tensor": ["baz", "bat"]}
SHORT = {"int_tensor": [[7, 8], [9, 0], [1, 2]], "str_tensor": ["baz", "bat"]}
LONG = {"int_tensor": [[1, 2], [3, 4], [5, 6], [7, 8]], "str_tensor": ["foo", "bar"]}
TWO = {"int_tensor": "int32", "str_tensor": "string"}
NOT_READ = {
    "DeeplyNestedMalformed": (
        f'{{"signature_name":{"[" * DEEP}{"]" * DEEP}}}',
        {"x": "int32"},
        "key must be a string value",
    ),
    "SingleUnnamedTensorErrors, empty": ("", {"x": "int32"}, "document is empty"),
    "SingleUnnamedTensorErrors, signature": (
        {"signature_name": 5, "instances": RAGGED},
        {"x": "int32"},
        "must be a string value",
    ),
    "SingleUnnamedTensorErrors, both": (
        {"instances": RAGGED, "inputs": RAGGED},
        {"x": "int32"},
        "Not formatted correctly",
    ),
    "SingleUnnamedTensorErrors, size": (
        {"instances": RAGGED},
        {"x": "int32"},
        "Expecting tensor size",
    ),
    "SingleUnnamedTensorErrors, shape": (
        {"instances": [[1, 2], [3, 4], [[5, 6]]]},
        {"x": "int32"},
        "Expecting shape",
    ),
    "SingleUnnamedTensorErrors, scalar and list": (
        {"instances": [1, [1]]},
        {"x": "int32"},
        "Expecting shape",
    ),
    "SingleUnnamedTensorErrors, type": (
        {"instances": [[1, 2], ["a", "b"]]},
        {"x": "int32"},
        "not of expected type",
    ),
    "MultipleNamedTensorErrors, shape": (
        {"instances": [FIRST, OTHER]},
        TWO,
        "Expecting shape",
    ),
    "MultipleNamedTensorErrors, size": (
        {"instances": [LONG, SHORT]},
        TWO,
        "Expecting tensor size",
    ),
    "MultipleNamedTensorErrors, list": (
        {"instances": [FIRST, [1, 20, 30], OTHER]},
        TWO,
        "Expecting object but got list",
    ),
    "MultipleNamedTensorErrors, object": (
        {"instances": [["baz", "bar"], {"str_tensor": ["baz", "bat"]}]},
        {"str_tensor": "string"},
        "Expecting value/list but got object",
    ),
}


@pytest.mark.parametrize("case", NOT_READ)
def test_bodies_are_refused(case: str) -> None:
    body, dtypes, text = NOT_READ[case]
    body = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(status.RequestError) as caught:
        arrays(body, **dtypes)
    assert caught.value.code == status.Code.INVALID_ARGUMENT
    assert text in caught.value.message


# --- Answers


def compact(text: bytes | str) -> str:
    """JSON without white space outside its numbers, which are compared as text."""
    text = text.decode() if isinstance(text, bytes) else text
    return "".join(text.split())


CUBE = np.int32([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]).reshape(2, 3, 2)
STRINGS = np.array([[b"foo", b"bar"], [b"baz", b"bat"]], object)
BYTES = np.array([[b"hello", b"world"], [b"tf", b"serving"]], object)
SIX = np.float32([[9000000, 999999, 0.5], [0.0003, 0.00003, 555557.5]])
ODD = np.float32([[np.nan, INF], [3, -INF]])
SEVERAL = {
    "double_scalar_tensor": np.array([8.0, 9.0]),
    "float_tensor": np.float32([[1.0], [2.0]]),
    "int_tensor": CUBE,
    "str_tensor": STRINGS,
    "str_tensor_bytes": BYTES,
}
WRITTEN_ROWS = {
    "FromJsonSingleTensor": (
        {"int_tensor": CUBE},
        "[[[1,2],[3,4],[5,6]],[[7,8],[9,0],[1,2]]]",
    ),
    "FromJsonSingleScalarTensor": (
        {"int_tensor": np.int32([1, 2, 3, 4, 5])},
        "[1,2,3,4,5]",
    ),
    "FromJsonSingleBytesTensor": (
        {"str_tensor_bytes": BYTES},
        '[[{"b64":"aGVsbG8="},{"b64":"d29ybGQ="}],'
        '[{"b64":"dGY="},{"b64":"c2VydmluZw=="}]]',
    ),
    "FromJsonSingleFloatTensorSixDigitPrecision": (
        {"float_tensor": SIX},
        "[[9e+06,999999.0,0.5],[0.0003,3e-05,555557.5]]",
    ),
    "FromJsonSingleFloatTensorNonFinite": (
        {"float_tensor": ODD},
        "[[NaN,Infinity],[3.0,-Infinity]]",
    ),
    "FromJsonMultipleNamedTensors": (
        SEVERAL,
        '[{"double_scalar_tensor":8.0,"float_tensor":[1.0],'
        '"int_tensor":[[1,2],[3,4],[5,6]],"str_tensor":["foo","bar"],'
        '"str_tensor_bytes":[{"b64":"aGVsbG8="},{"b64":"d29ybGQ="}]},'
        '{"double_scalar_tensor":9.0,"float_tensor":[2.0],'
        '"int_tensor":[[7,8],[9,0],[1,2]],"str_tensor":["baz","bat"],'
        '"str_tensor_bytes":[{"b64":"dGY="},{"b64":"c2VydmluZw=="}]}]',
    ),
    "FromJsonSingleZeroBatchTensor": ({"int_tensor": np.zeros([0, 2], np.int32)}, "[]"),
    "FromJsonMultipleZeroBatchTensors": (
        {
            "str_tensor": np.zeros([0, 1, 2], object),
            "float_tensor": np.zeros([0, 3, 4], np.float32),
        },
        "[]",
    ),
}


@pytest.mark.parametrize("case", WRITTEN_ROWS)
def test_rows_are_written(case: str) -> None:
    outputs, expected = WRITTEN_ROWS[case]
    found = compact(rest_json.to_rows(outputs))
    assert found == f'{{"predictions":{expected}}}'


WRITTEN_COLUMNS = {
    "FromJsonSingleTensor": (
        {"int_tensor": CUBE},
        "[[[1,2],[3,4],[5,6]],[[7,8],[9,0],[1,2]]]",
    ),
    "FromJsonSingleScalarTensor": (
        {"int_tensor": np.int32([1, 2, 3, 4, 5])},
        "[1,2,3,4,5]",
    ),
    "FromJsonMultipleNamedTensors": (
        SEVERAL,
        '{"double_scalar_tensor":[8.0,9.0],"float_tensor":[[1.0],[2.0]],'
        '"int_tensor":[[[1,2],[3,4],[5,6]],[[7,8],[9,0],[1,2]]],'
        '"str_tensor":[["foo","bar"],["baz","bat"]],'
        '"str_tensor_bytes":[[{"b64":"aGVsbG8="},{"b64":"d29ybGQ="}],'
        '[{"b64":"dGY="},{"b64":"c2VydmluZw=="}]]}',
    ),
}


@pytest.mark.parametrize("case", WRITTEN_COLUMNS)
def test_columns_are_written(case: str) -> None:
    outputs, expected = WRITTEN_COLUMNS[case]
    assert compact(rest_json.to_columns(outputs)) == f'{{"outputs":{expected}}}'


NOT_WRITTEN = {
    "FromJsonSingleTensorErrors, none": ({}, "empty tensor map"),
    "FromJsonSingleTensorErrors, complex": (
        {"tensor": np.zeros([2], np.complex64)},
        "tensor type: complex64",
    ),
    "FromJsonSingleTensorErrors, shape": (
        {"tensor": np.array(1, np.int32)},
        "no shape information",
    ),
    "FromJsonMultipleNamedTensorsErrors": (
        {"int_tensor": np.zeros([2, 3], np.int32), "str_tensor": STRINGS[:1]},
        "inconsistent batch size",
    ),
    "FromJsonMultipleZeroBatchTensorsErrors": (
        {"int_tensor": np.zeros([0, 2], np.int32), "str_tensor": STRINGS[:1]},
        "inconsistent batch size",
    ),
}


@pytest.mark.parametrize("case", NOT_WRITTEN)
def test_answers_are_refused(case: str) -> None:
    outputs, text = NOT_WRITTEN[case]
    with pytest.raises(status.RequestError) as caught:
        rest_json.to_rows(outputs)
    assert caught.value.code == status.Code.INVALID_ARGUMENT
    assert text in caught.value.message


# --- Classify and Regress, which read one message


def examples(body: str) -> list[dict[str, tuple[str, list]]]:
    """The features of each example, after those of the context."""
    made = rest_json.from_examples(rest_json.parse(body.encode()))
    listed = getattr(made, made.WhichOneof("kind"))
    whole = [listed.context] if hasattr(listed, "context") else []
    return [
        {
            name: (
                kind.WhichOneof("kind"),
                list(getattr(kind, kind.WhichOneof("kind")).value),
            )
            for name, kind in one.features.feature.items()
        }
        for one in [*whole, *listed.examples]
    ]


def test_request_no_context() -> None:
    body = """{"examples": [
      {"names": ["foo", "bar"], "ratings": [8.0, 9.0], "age": 20},
      {"names": ["baz"], "ratings": 6.0}]}"""
    assert examples(body) == [
        {
            "names": ("bytes_list", [b"foo", b"bar"]),
            "ratings": ("float_list", [8.0, 9.0]),
            "age": ("int64_list", [20]),
        },
        {"names": ("bytes_list", [b"baz"]), "ratings": ("float_list", [6.0])},
    ]


def test_request_with_context_and_signature() -> None:
    body = """{"signature_name": "custom_signture",
      "context": {"query": "pizza", "location": ["sfo"]},
      "examples": [
        {"names": ["foo", "bar"], "ratings": [8.0, 9.0, NaN, Infinity], "age": 20},
        {"names": ["baz", {"b64": "aGVsbG8="}], "ratings": 6.0,
         "intboolmix": [1, true, false]},
        {"names": "bar", "ratings": -Infinity}]}"""
    context, first, second, third = examples(body)
    assert context == {
        "query": ("bytes_list", [b"pizza"]),
        "location": ("bytes_list", [b"sfo"]),
    }
    kind, ratings = first["ratings"]
    np.testing.assert_array_equal(ratings, [8.0, 9.0, np.nan, INF])
    assert kind == "float_list" and first["age"] == ("int64_list", [20])
    assert second["names"] == ("bytes_list", [b"baz", b"hello"])
    assert second["intboolmix"] == ("int64_list", [1, 1, 0])
    assert third == {
        "names": ("bytes_list", [b"bar"]),
        "ratings": ("float_list", [-INF]),
    }


JSON_ERRORS = {
    '{"signature_name": ["hello"], "examples": [{"names": ["foo", "bar"]}]}': (
        "'signature_name' key must be a string"
    ),
    '{"context": [{"names": ["foo", "bar"]}]}': "Example must be JSON object",
    '{"examples": {"names": ["foo", "bar"]}}': "list/array",
    '{"examples": [[{"names": ["foo", "bar"]}]]}': "Example must be JSON object",
    '{"examples": [{"names": [10, null]}]}': (
        "names has element with unexpected JSON type: Null"
    ),
    '{"examples": [{"names": [10, 10.0]}]}': "feature: names expecting type: int64",
    '{"examples": [{"names": [10, {"test": 10}]}]}': (
        "names has element with unexpected JSON type: Object"
    ),
    '{"examples": [{"names": [[10], 20]}]}': (
        "names has element with unexpected JSON type: Array"
    ),
    '{"examples": [{"names": [20, 18446744073709551603]}]}': "Only int64_t is supported",
}


@pytest.mark.parametrize("body", JSON_ERRORS)
def test_json_errors(body: str) -> None:
    with pytest.raises(status.RequestError) as caught:
        rest_json.signature_name(rest_json.parse(body.encode()))
        examples(body)
    assert caught.value.code == status.Code.INVALID_ARGUMENT
    assert JSON_ERRORS[body] in caught.value.message


def test_json_from_classification_result() -> None:
    result = classification_pb2.ClassificationResult()
    scores = [{"car": 0.2, "bike": 0.7, "bus": 0.1}, {"car": 0.7, "bike": 0.1}]
    for one in scores:
        row = result.classifications.add()
        for label, score in one.items():
            row.classes.add(label=label, score=score)
    assert compact(rest_json.from_classes(result)) == (
        '{"results":[[["car",0.2],["bike",0.7],["bus",0.1]],[["car",0.7],["bike",0.1]]]}'
    )


@pytest.mark.parametrize(
    "values, expected",
    [
        ([0.2, 0.9, 1.0], "[0.2,0.9,1.0]"),
        ([0.2, INF, 1.0, -INF, np.nan], "[0.2,Infinity,1.0,-Infinity,NaN]"),
    ],
)
def test_json_from_regression_result(values: list[float], expected: str) -> None:
    result = regression_pb2.RegressionResult()
    for value in values:
        result.regressions.add(value=value)
    assert compact(rest_json.from_numbers(result)) == f'{{"results":{expected}}}'


def test_json_from_result_errors() -> None:
    with pytest.raises(status.RequestError, match="empty ClassificationResults"):
        rest_json.from_classes(classification_pb2.ClassificationResult())
    with pytest.raises(status.RequestError, match="empty RegressionResults"):
        rest_json.from_numbers(regression_pb2.RegressionResult())


# --- Cases of our own: by json_tensor.cc


@pytest.mark.parametrize(
    "text, expected",
    [
        ("aGVsbG8", b"hello"),
        ("aGV sbG8=\\n", b"hello"),
        ("aGVsbG8.", b"hello"),
        ("", b""),
        ("_w==", None),
        ("aGVsbG8==", None),
        ("a", None),
        ("aGVs=", None),
    ],
)
def test_base64_is_read_as_abseil_does(text: str, expected: bytes | None) -> None:
    body = f'{{"inputs": {{"b64": "{text}"}}}}'
    if expected is None:
        with pytest.raises(status.RequestError, match="Unable to base64 decode"):
            arrays(body, x="string")
    else:
        assert arrays(body, x="string")["x"].tolist() == expected


@pytest.mark.parametrize(
    "body, dtype, text",
    [
        (
            '{"instances": [[{"b64": "aGVsbG8=", "x": 1}]]}',
            "string",
            "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: "
            'JSON Value: {\n    "b64": "aGVsbG8=",\n    "x": 1\n} not formatted correctly '
            "for base64 data",
        ),
        (
            '{"instances": [1, true]}',
            "float32",
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: "
            "JSON Value: true Type: True is not of expected type: float",
        ),
        (
            '{"inputs": [1, 2.0]}',
            "int64",
            "JSON Value: 2.0 Type: Number is not of expected type: int64",
        ),
        (
            '{"inputs": [2147483648]}',
            "int32",
            "JSON Value: 2147483648 Type: Number is not of expected type: int32",
        ),
        (
            '{"inputs": [null]}',
            "bool",
            "JSON Value: null Type: Null is not of expected type: bool",
        ),
        ('{"inputs": [300]}', "uint8", "JSON Value: 300 is out of the range of uint8"),
        (
            '{"inputs": [[1, [2]]]}',
            "int32",
            "Encountered list at unexpected level: 2 expected < 2",
        ),
        (
            '{"inputs": [[1], 2]}',
            "int32",
            "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at "
            "level: 2",
        ),
        (
            '{"inputs": [[1, 2], [3]]}',
            "int32",
            "Encountered list at unexpected size: 1 at level: 1 expected size: 2",
        ),
        (
            '{"instances": [{"x": 1}, {"x": 1, "y": 2}]}',
            "int32",
            "Failed to process element: 1 key: y of 'instances' list. Error: "
            "INVALID_ARGUMENT: JSON object: does not have named input: y",
        ),
        (
            '{"instances": [{}]}',
            "int32",
            "Failed to process element: 0 of 'instances' list. JSON object: {} keys "
            "must be equal to: x",
        ),
        (
            '{"inputs": [1], "instances": [1]}',
            "int32",
            'JSON Value: {\n    "inputs": [1],\n    "instances": [1]\n} Not formatted '
            "correctly expecting only one of 'inputs' or 'instances' keys to exist ",
        ),
    ],
)
def test_errors_are_worded_as_in_production(body: str, dtype: str, text: str) -> None:
    with pytest.raises(status.RequestError) as caught:
        arrays(body, x=dtype)
    assert caught.value.message == text


def test_a_dtype_without_json_is_unimplemented() -> None:
    with pytest.raises(status.RequestError) as caught:
        arrays('{"inputs": [1.5]}', x="float16")
    assert caught.value.code == status.Code.UNIMPLEMENTED
    assert caught.value.message == "Conversion of JSON Value: 1.5 to type: half"


def test_the_first_of_equal_names_counts_and_the_last_of_a_feature() -> None:
    same(arrays('{"inputs": [1], "inputs": [2]}', x="int32"), {"x": [1]})
    [found] = examples('{"examples": [{"x": 1, "x": 2}]}')
    assert found == {"x": ("int64_list", [2])}


def test_bytes_that_are_not_utf_8_come_and_go_as_they_are() -> None:
    found = arrays(b'{"inputs": ["\xff\xed\xa0\x80"]}', x="string")["x"]
    assert found.tolist() == [b"\xff\xed\xa0\x80"]
    assert rest_json.to_columns({"y": found}) == b'{"outputs": ["\xff\xed\xa0\x80"]}'


def test_rows_of_pixels_are_one_array(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not an array for each row, nor a call for each value."""
    calls = []
    monkeypatch.setattr(rest_json, "_regular", counted(rest_json._regular, calls))
    monkeypatch.setattr(rest_json, "_count", counted(rest_json._count, calls))
    pixels = np.arange(64 * 8 * 8 * 3).reshape(64, 8, 8, 3) % 251
    found = arrays(json.dumps({"instances": pixels.tolist()}), x="uint8")["x"]
    np.testing.assert_array_equal(found, pixels.astype(np.uint8), strict=True)
    rows = [{"x": one, "y": 1} for one in pixels.tolist()]
    found = arrays(json.dumps({"instances": rows}), x="float32", y="int64")
    np.testing.assert_array_equal(found["x"], pixels.astype(np.float32), strict=True)
    assert len(calls) == 3  # one for each input


def counted(function, calls: list[None]):
    def count(*values):
        calls.append(None)
        return function(*values)

    return count
