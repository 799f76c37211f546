"""JSON bodies of the REST interface to arrays and back, by the production server's rules.

A body is by rows (`instances` -> `predictions`) or by columns (`inputs` -> `outputs`). A
body whose lists are regular becomes arrays at once; any other is walked through value by
value, in the order of the production server (json_tensor.cc [1]), to the first error. On
purpose different: an integer beyond int8, int16 or uint8 is refused, not wrapped around.

[1] github.com/tensorflow/serving, tensorflow_serving/util/json_tensor.cc, 2.20.
"""

import binascii
import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import classification_pb2, input_pb2, regression_pb2

from tfvideogan.serving.local import json_reader, json_writer, status
from tfvideogan.serving.local.json_writer import shown

B64 = "b64"
# What NumPy 1 can hold.
MAX_RANK = 32
# Strings under such a name are not text.
BYTES_ENDING = "_bytes"
_TYPE_NAMES = {type(None): "Null", dict: "Object", list: "Array", str: "String"}
_NAMES = {"float16": "half", "float32": "float", "float64": "double"}
_SMALL = (tf.int8, tf.int16, tf.uint8)
_INTEGERS = (*_SMALL, tf.int32, tf.int64, tf.uint32, tf.uint64)
_FLOATS = (tf.float32, tf.float64)
_SPACE = re.compile(r"[ \t\n\v\f\r]+")
_PADDED = re.compile(r"([A-Za-z0-9+/]*)([=.]*)")

Infos = Mapping[str, meta_graph_pb2.TensorInfo]


def parse(body: bytes) -> dict[str, Any]:
    """Reads a body that must be a JSON object.

    Raises:
      status.RequestError: it is empty, no JSON, or no object.
    """
    try:
        parsed = json_reader.read(body)
    except json_reader.Invalid as error:
        raise status.invalid(f"JSON Parse error: {error}") from error
    if not isinstance(parsed, dict):
        raise _format_error(parsed, "Is not object")
    return parsed


def signature_name(body: Mapping[str, Any]) -> str:
    """Returns the body's `signature_name`, '' where there is none."""
    name = body.get("signature_name", "")
    if not isinstance(name, str):
        raise _format_error(
            body,
            "not formatted correctly. 'signature_name' key must be a string value.",
        )
    return name


def is_by_rows(body: Mapping[str, Any]) -> bool:
    """Whether a body lists rows rather than columns.

    Raises:
      status.RequestError: it has neither, or both, or no rows.
    """
    if "instances" not in body:
        if "inputs" not in body:
            raise status.invalid("Missing 'inputs' or 'instances' key")
        return False
    if "inputs" in body:
        raise _format_error(
            body,
            "Not formatted correctly expecting only one of 'inputs' or 'instances' keys "
            "to exist ",
        )
    if not isinstance(body["instances"], list):
        raise _format_error(body, "Expecting 'instances' to be an list/array")
    if not body["instances"]:
        raise _format_error(body, "No values in 'instances' array")
    return True


# --- Bodies to arrays


def from_rows(instances: Sequence[Any], inputs: Infos) -> dict[str, np.ndarray]:
    """Turns `instances` into arrays by alias; all share their first axis.

    Raises:
      status.RequestError: the rows do not make tensors.
    """
    first = instances[0]
    if not isinstance(first, dict) and len(inputs) > 1:
        raise status.invalid(
            "instances is a plain list, but expecting list of objects as multiple "
            "input tensors required as per tensorinfo_map"
        )
    named = _is_object(first)
    columns = _columns(instances, inputs) if named else {min(inputs): instances}
    arrays = {
        name: _regular(values, tf.as_dtype(inputs[name].dtype))
        for name, values in columns.items()
    }
    if arrays and all(array is not None for array in arrays.values()):
        return arrays
    _Rows(inputs).refuse(instances)
    raise status.invalid(f"tensor parsing error: {','.join(sorted(inputs))}")


def from_columns(columns: Any, inputs: Infos) -> dict[str, np.ndarray]:
    """Turns `inputs` into arrays by alias.

    Raises:
      status.RequestError: the values do not make tensors.
    """
    if not _is_object(columns):
        if len(inputs) > 1:
            raise status.invalid(
                "inputs is a plain value/list, but expecting an object as multiple "
                "input tensors required as per tensorinfo_map"
            )
        columns = dict.fromkeys(inputs, columns)
    found = {}
    for name in inputs:
        if name not in columns:
            raise status.invalid(f"Missing named input: {name} in 'inputs' object.")
        dtype = tf.as_dtype(inputs[name].dtype)
        found[name] = _regular(columns[name], dtype)
        if found[name] is None:
            _flat(columns[name], dtype)
            raise status.invalid(f"tensor parsing error: {name}")
    return found


def _columns(rows: Sequence[Any], names: Infos) -> dict[str, list[Any]]:
    """Returns what each row has under each name; nothing if a row is not like that."""
    wanted = set(names)
    if not all(_is_object(row) and row.keys() == wanted for row in rows):
        return {}
    return {name: [row[name] for row in rows] for name in names}


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and not _is_base64(value)


def _is_base64(value: Any) -> bool:
    is_single = isinstance(value, dict) and len(value) == 1
    has_text = is_single and isinstance(value.get(B64), str)
    return has_text and not isinstance(value, json_reader.Repeated)


def _regular(value: Any, dtype: tf.DType) -> np.ndarray | None:
    """Makes one array of nested lists that are alike; None if they are not."""
    shape: list[int] = []
    flat = [value]
    while flat and isinstance(flat[0], list):
        sizes = set(map(len, flat)) if set(map(type, flat)) == {list} else set()
        if len(sizes) != 1 or len(shape) == MAX_RANK:
            return None
        shape.append(sizes.pop())
        flat = list(itertools.chain.from_iterable(flat))
    if dtype == tf.string:
        array = _texts(flat)
    else:
        array = _numbers(flat, dtype)
    return None if array is None else array.reshape(shape)


def _texts(flat: Sequence[Any]) -> np.ndarray | None:
    texts = [_text(one) for one in flat]
    if None in texts:
        return None
    array = np.empty(len(texts), object)
    array[:] = texts
    return array


def _text(value: Any) -> bytes | None:
    """Returns the bytes of a JSON string or of {"b64": ...}; None if it is neither."""
    if isinstance(value, str):
        return value.encode(**json_reader.ENCODING)
    return _unescaped(value[B64]) if _is_base64(value) else None


def _unescaped(text: str) -> bytes | None:
    """Decodes base64: with its padding, or without; white space does not count."""
    found = _PADDED.fullmatch(_SPACE.sub("", text))
    if not found:
        return None
    letters, padding = found.groups()
    missing = -len(letters) % 4
    if missing == 3 or (padding and len(padding) != missing):
        return None
    return binascii.a2b_base64(letters + "=" * missing)


def _numbers(flat: Sequence[Any], dtype: tf.DType) -> np.ndarray | None:
    kinds = set(map(type, flat))
    if dtype == tf.bool and kinds <= {bool}:
        return np.array(flat, bool)
    if dtype in _FLOATS and kinds <= {int, float}:
        with np.errstate(over="ignore"):  # beyond float32 is infinity
            return np.array(flat, np.float64).astype(dtype.as_numpy_dtype)
    if dtype in _INTEGERS and kinds <= {int}:
        if flat and not dtype.min <= min(flat) <= max(flat) <= dtype.max:
            return None
        return np.array(flat, dtype.as_numpy_dtype)
    return None


# --- The first error of a body that makes no arrays


class _Rows:
    """What came of each input, row by row."""

    def __init__(self, inputs: Infos) -> None:
        self._inputs = inputs
        self._first: dict[str, tuple[int, list[int]]] = {}

    def refuse(self, rows: Sequence[Any]) -> None:
        """Raises what is wrong with the first row that is wrong."""
        has_names = _is_object(rows[0])
        for place, row in enumerate(rows):
            if has_names and not _is_object(row):
                raise status.invalid(
                    f"Expecting object but got list at item {place} of input list"
                )
            if not has_names and _is_object(row):
                raise status.invalid(
                    f"Expecting value/list but got object at item {place} of input list"
                )
            if has_names:
                self._refuse_members(place, row)
            else:
                self._refuse_item(min(self._inputs), row, f"element: {place}")

    def _refuse_members(self, place: int, row: Mapping[str, Any]) -> None:
        for name, item in row.items():
            self._refuse_item(name, item, f"element: {place} key: {name}")
        if row.keys() != set(self._inputs):
            raise status.invalid(
                f"Failed to process element: {place} of 'instances' list. JSON object: "
                f"{shown(row)} keys must be equal to: {','.join(sorted(self._inputs))}"
            )

    def _refuse_item(self, name: str, item: Any, where: str) -> None:
        try:
            self._check(name, item)
        except status.RequestError as error:
            raise status.invalid(
                f"Failed to process {where} of 'instances' list. Error: "
                f"{error.code.name}: {error.message}"
            ) from error

    def _check(self, name: str, item: Any) -> None:
        if name not in self._inputs:
            raise status.invalid(f"JSON object: does not have named input: {name}")
        size, shape = _flat(item, tf.as_dtype(self._inputs[name].dtype))
        first_size, first_shape = self._first.setdefault(name, (size, shape))
        if size != first_size:
            raise status.invalid(f"Expecting tensor size: {first_size} but got: {size}")
        if shape != first_shape:
            raise status.invalid(
                f"Expecting shape {_bracketed(first_shape)} but got: {_bracketed(shape)}"
            )


def _flat(value: Any, dtype: tf.DType) -> tuple[int, list[int]]:
    """Returns the number of values and their shape, which the first ones decide.

    Raises:
      status.RequestError: a value is not of the dtype, or not at its place.
    """
    shape: list[int] = []
    inner = value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    if len(shape) > MAX_RANK:
        raise status.invalid(f"A value has more than {MAX_RANK} dimensions")
    return _count(value, 0, shape, dtype), shape


def _count(value: Any, level: int, shape: Sequence[int], dtype: tf.DType) -> int:
    if not isinstance(value, list):
        if level != len(shape):
            raise status.invalid(
                f"JSON Value: {shown(value)} found at incorrect level: {level + 1} in "
                f"the JSON DOM. Expected at level: {len(shape)}"
            )
        _check_value(value, dtype)
        return 1
    if level >= len(shape):
        raise status.invalid(
            f"Encountered list at unexpected level: {level} expected < {len(shape)}"
        )
    if len(value) != shape[level]:
        raise status.invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level} "
            f"expected size: {shape[level]}"
        )
    return sum(_count(one, level + 1, shape, dtype) for one in value)


def _check_value(value: Any, dtype: tf.DType) -> None:
    if isinstance(value, dict):
        if dtype != tf.string:
            raise _type_error(value, dtype)
        if not _is_base64(value):
            raise status.invalid(
                f"JSON Value: {shown(value)} not formatted correctly for base64 data"
            )
        if _text(value) is None:
            raise status.invalid("Unable to base64 decode")
        return
    if dtype not in (tf.bool, tf.string, *_FLOATS, *_INTEGERS):
        raise status.RequestError(
            status.Code.UNIMPLEMENTED,
            f"Conversion of JSON Value: {shown(value)} to type: {_name(dtype)}",
        )
    is_text = dtype == tf.string and isinstance(value, str)
    if not is_text and _numbers([value], dtype) is None:
        is_small = dtype in _SMALL and type(value) is int
        if is_small and -(2**31) <= value < 2**31:
            raise status.invalid(
                f"JSON Value: {value} is out of the range of {_name(dtype)}"
            )
        raise _type_error(value, dtype)


def _type_error(value: Any, dtype: tf.DType) -> status.RequestError:
    return status.invalid(
        f"JSON Value: {shown(value)} Type: {_kind(value)} is not of expected type: "
        f"{_name(dtype)}"
    )


def _format_error(value: Any, text: str) -> status.RequestError:
    return status.invalid(f"JSON Value: {shown(value)} {text}")


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    return next(
        (name for kind, name in _TYPE_NAMES.items() if isinstance(value, kind)),
        "Number",
    )


def _name(dtype: tf.DType) -> str:
    return _NAMES.get(dtype.name, dtype.name)


def _bracketed(shape: Sequence[int]) -> str:
    return f"[{','.join(map(str, shape))}]"


# --- Arrays to answers


def to_rows(outputs: Mapping[str, np.ndarray]) -> bytes:
    """Writes outputs as {"predictions": [...]}.

    Raises:
      status.RequestError: an output has no rows, or a dtype without JSON.
    """
    size = None
    for name, array in outputs.items():
        if not array.ndim:
            raise status.invalid(f"Tensor name: {name} has no shape information ")
        if size not in (None, len(array)):
            raise status.invalid(
                f"Tensor name: {name} has inconsistent batch size: {len(array)} "
                f"expecting: {size}"
            )
        size = len(array)
    _check_writable(outputs)
    texts = [
        json_writer.rows(array, is_bytes=name.endswith(BYTES_ENDING))
        for name, array in outputs.items()
    ]
    if len(texts) == 1:
        rows = texts[0]
    else:
        rows = [_object(outputs, row) for row in zip(*texts, strict=True)]
    return json_writer.encoded(f'{{"predictions": {json_writer.listed(rows)}}}')


def to_columns(outputs: Mapping[str, np.ndarray]) -> bytes:
    """Writes outputs as {"outputs": ...}.

    Raises:
      status.RequestError: an output has a dtype without JSON.
    """
    _check_writable(outputs)
    texts = [
        json_writer.whole(array, is_bytes=name.endswith(BYTES_ENDING))
        for name, array in outputs.items()
    ]
    value = texts[0] if len(texts) == 1 else _object(outputs, texts)
    return json_writer.encoded(f'{{"outputs": {value}}}')


def from_classes(result: classification_pb2.ClassificationResult) -> bytes:
    """Writes {"results": [[[label, score], ...], ...]}.

    Raises:
      status.RequestError: there are none.
    """
    if not result.classifications:
        raise status.invalid("Cannot convert empty ClassificationResults to JSON")
    rows = []
    for row in result.classifications:
        scores = json_writer.decimals(np.float32([one.score for one in row.classes]))
        labels = [json_writer.quoted(one.label) for one in row.classes]
        pairs = map(json_writer.listed, zip(labels, scores, strict=True))
        rows.append(json_writer.listed(list(pairs)))
    return _results(rows)


def from_numbers(result: regression_pb2.RegressionResult) -> bytes:
    """Writes {"results": [value, ...]}.

    Raises:
      status.RequestError: there are none.
    """
    if not result.regressions:
        raise status.invalid("Cannot convert empty RegressionResults to JSON")
    values = np.float32([one.value for one in result.regressions])
    return _results(json_writer.decimals(values))


def _results(texts: Sequence[str]) -> bytes:
    return json_writer.encoded(f'{{"results": {json_writer.listed(texts)}}}')


def _check_writable(outputs: Mapping[str, np.ndarray]) -> None:
    if not outputs:
        raise status.invalid("Cannot convert empty tensor map to JSON")
    for array in outputs.values():
        if array.dtype == object:
            continue
        dtype = tf.as_dtype(array.dtype)
        if not json_writer.is_writable(dtype):
            raise status.invalid(
                f"Failed to write JSON value for tensor type: {_name(dtype)}"
            )


def _object(names: Mapping[str, Any], values: Sequence[str]) -> str:
    members = zip(names, values, strict=True)
    texts = [f"{json_writer.quoted(name)}: {value}" for name, value in members]
    return f"{{{', '.join(texts)}}}"


# --- Bodies to examples


def from_examples(body: Mapping[str, Any]) -> input_pb2.Input:
    """Turns `examples`, with a `context` or without, into the message of Classify.

    Raises:
      status.RequestError: there are none, or a feature is not of one kind.
    """
    made = input_pb2.Input()
    target = made.example_list
    if "context" in body:
        target = made.example_list_with_context
        _fill(target.context, body["context"])
    if "examples" not in body:
        raise _format_error(
            body,
            "When method is classify, key 'examples' is expected and was not found",
        )
    listed = body["examples"]
    if not isinstance(listed, list):
        raise _format_error(body, "Expecting 'examples' value to be an list/array")
    if not listed:
        raise _format_error(body, "'examples' value is an empty array")
    for one in listed:
        _fill(target.examples.add(), one)
    return made


def _fill(example: Any, value: Any) -> None:
    if not isinstance(value, dict):
        raise status.invalid(f"Example must be JSON object but got JSON {_kind(value)}")
    last = value.last if isinstance(value, json_reader.Repeated) else value
    for name, content in last.items():
        values = content if isinstance(content, list) else [content]
        try:
            feature = example.features.feature[name]
        except UnicodeEncodeError as error:
            raise status.invalid("The name of a feature is not UTF-8") from error
        _fill_feature(feature, name, values)


def _fill_feature(feature: Any, name: str, values: Sequence[Any]) -> None:
    """Puts values into a feature; all are of one kind."""
    expected, found = "", []
    for value in values:
        kind = _feature_kind(name, value)
        expected = expected or kind
        if kind != expected:
            raise status.invalid(
                f"Unexpected element type in feature: {name} expecting type: {expected}"
            )
        found.append(_feature_value(name, kind, value))
    if expected:
        getattr(feature, f"{expected}_list").value.extend(found)


def _feature_kind(name: str, value: Any) -> str:
    if isinstance(value, str) or _is_base64(value):
        return "bytes"
    if not isinstance(value, int | float):
        raise status.invalid(
            f"Feature: {name} has element with unexpected JSON type: {_kind(value)}"
        )
    is_beyond = not -(2**63) <= value < 2**64  # as NaN is
    return "float" if isinstance(value, float) or is_beyond else "int64"


def _feature_value(name: str, kind: str, value: Any) -> bytes | int | float:
    if kind == "float":
        with np.errstate(over="ignore"):
            return float(np.float32(value))
    if kind == "int64":
        if value >= 2**63:
            raise status.invalid(
                f"Feature: {name} has uint64_t element. Only int64_t is supported."
            )
        return int(value)
    text = _text(value)
    if text is None:
        raise status.invalid("Unable to base64 decode")
    return text
