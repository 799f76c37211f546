"""JSON bodies of the REST interface to arrays and back, by the production server's rules.

A body is by rows (`instances` -> `predictions`) or by columns (`inputs` -> `outputs`).
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from tfvideogan.serving.local import status

B64 = "b64"
# What NumPy can hold, less the axis of the rows.
MAX_RANK = 64
# Strings under such a name are not text.
BYTES_ENDING = "_bytes"
UNWRITABLE = (tf.half, tf.bfloat16, tf.uint16, tf.complex64, tf.complex128)
_TYPE_NAMES = {
    type(None): "Null",
    bool: "True",
    dict: "Object",
    list: "Array",
    str: "String",
}
_NAMES = {"float16": "half", "float32": "float", "float64": "double"}


def parse(body: bytes) -> dict[str, Any]:
    """Reads a body that must be a JSON object.

    Raises:
      status.RequestError: it is empty, no JSON, or no object.
    """
    if not body.strip():
        raise status.invalid("JSON Parse error: The document is empty")
    try:
        parsed = json.loads(body)
    except json.JSONDecodeError as error:
        raise status.invalid(
            f"JSON Parse error: Invalid value. at offset: {error.pos}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise status.invalid("JSON Parse error: Invalid value.") from error
    if not isinstance(parsed, dict):
        raise status.invalid(f"JSON Value: {_shown(parsed)} Is not object")
    return parsed


def signature_name(body: Mapping[str, Any]) -> str:
    """Returns the body's `signature_name`, '' where there is none."""
    name = body.get("signature_name", "")
    if not isinstance(name, str):
        raise status.invalid("'signature_name' key must be a string value.")
    return name


def is_by_rows(body: Mapping[str, Any]) -> bool:
    """Whether a body lists rows rather than columns.

    Raises:
      status.RequestError: it has neither, or both.
    """
    keys = {"inputs", "instances"} & set(body)
    if not keys:
        raise status.invalid("Missing 'inputs' or 'instances' key")
    if len(keys) > 1:
        raise status.invalid(
            "Not formatted correctly expecting only one of 'inputs' or 'instances' keys "
            "to exist"
        )
    return keys == {"instances"}


def from_rows(
    instances: Any, inputs: Mapping[str, meta_graph_pb2.TensorInfo]
) -> dict[str, np.ndarray]:
    """Turns `instances` into arrays by alias; all share their first axis.

    Raises:
      status.RequestError: the rows do not make tensors.
    """
    if not isinstance(instances, list):
        raise status.invalid("Expecting 'instances' to be an list/array")
    if not instances:
        raise status.invalid("No values in 'instances' array")
    if _is_object(instances[0]):
        rows = _named_rows(instances, set(inputs))
    else:
        if len(inputs) > 1:
            raise status.invalid(
                "instances is a plain list, but expecting list of objects as multiple "
                "input tensors required as per tensorinfo_map"
            )
        for place, row in enumerate(instances):
            if _is_object(row):
                raise status.invalid(
                    f"Expecting value/list but got object at item {place} of input list"
                )
        rows = dict.fromkeys(inputs, instances)
    return {
        name: _stacked(values, tf.as_dtype(inputs[name].dtype))
        for name, values in rows.items()
    }


def from_columns(
    columns: Any, inputs: Mapping[str, meta_graph_pb2.TensorInfo]
) -> dict[str, np.ndarray]:
    """Turns `inputs` into arrays by alias.

    Raises:
      status.RequestError: the values do not make tensors.
    """
    if not _is_object(columns):
        if len(inputs) != 1:
            raise status.invalid(
                "inputs is a plain value/list, but expecting an object as multiple "
                "input tensors required as per tensorinfo_map"
            )
        columns = dict.fromkeys(inputs, columns)
    found = {}
    for name in inputs:
        if name not in columns:
            raise status.invalid(f"Missing named input: {name} in 'inputs' object.")
        found[name] = _array(columns[name], tf.as_dtype(inputs[name].dtype))
    return found


def to_rows(outputs: Mapping[str, np.ndarray]) -> bytes:
    """Writes outputs as {"predictions": [...]}.

    Raises:
      status.RequestError: an output has no rows, or a dtype without JSON.
    """
    size = None
    for name, array in outputs.items():
        if not array.ndim:
            raise status.invalid(f"Tensor name: {name} has no shape information")
        if size not in (None, len(array)):
            raise status.invalid(
                f"Tensor name: {name} has inconsistent batch size: {len(array)} "
                f"expecting: {size}"
            )
        size = len(array)
    lists = {name: _listed(name, array) for name, array in outputs.items()}
    if len(lists) == 1:
        return dump({"predictions": next(iter(lists.values()))})
    rows = zip(*lists.values(), strict=True)
    return dump({"predictions": [dict(zip(lists, row, strict=True)) for row in rows]})


def to_columns(outputs: Mapping[str, np.ndarray]) -> bytes:
    """Writes outputs as {"outputs": ...}.

    Raises:
      status.RequestError: an output has a dtype without JSON.
    """
    lists = {name: _listed(name, array) for name, array in outputs.items()}
    return dump({"outputs": next(iter(lists.values())) if len(lists) == 1 else lists})


def dump(value: Any) -> bytes:
    """Writes JSON; NaN and infinities are tokens, text that is not UTF-8 stays raw."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogateescape")


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and set(value) != {B64}


def _named_rows(instances: Sequence[Any], names: set[str]) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {name: [] for name in sorted(names)}
    for place, row in enumerate(instances):
        if not _is_object(row):
            raise status.invalid(
                f"Expecting object but got list at item {place} of input list"
            )
        if set(row) != names:
            raise status.invalid(
                f"Failed to process element: {place} of 'instances' list. JSON object "
                f"keys must be equal to: {','.join(sorted(names))}"
            )
        for name, value in row.items():
            rows[name].append(value)
    return rows


def _stacked(rows: Sequence[Any], dtype: tf.DType) -> np.ndarray:
    """Makes an array of rows that must be alike."""
    arrays: list[np.ndarray] = []
    for place, row in enumerate(rows):
        try:
            array = _array(row, dtype)
            if arrays:
                _check_alike(array, arrays[0])
        except status.RequestError as error:
            raise status.invalid(
                f"Failed to process element: {place} of 'instances' list. Error: "
                f"INVALID_ARGUMENT: {error.message}"
            ) from error
        arrays.append(array)
    return np.stack(arrays)


def _check_alike(array: np.ndarray, first: np.ndarray) -> None:
    if array.size != first.size:
        raise status.invalid(
            f"Expecting tensor size: {first.size} but got: {array.size}"
        )
    if array.shape != first.shape:
        raise status.invalid(
            f"Expecting shape {list(first.shape)} but got: {list(array.shape)}"
        )


def _array(value: Any, dtype: tf.DType) -> np.ndarray:
    shape: list[int] = []
    inner = value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    if len(shape) >= MAX_RANK:
        raise status.invalid("JSON Value is nested too deeply")
    flat: list[Any] = []
    _flatten(value, shape, flat)
    if dtype == tf.string:
        array = np.empty(len(flat), object)
        array[:] = [text_bytes(one) for one in flat]
    else:
        _check_numbers(flat, dtype)
        try:
            array = np.array(flat, dtype.as_numpy_dtype)
        except (OverflowError, ValueError) as error:
            raise status.invalid(
                f"JSON Value is out of the range of {dtype.name}"
            ) from error
    return array.reshape(shape)


def _flatten(value: Any, shape: Sequence[int], flat: list[Any]) -> None:
    if not shape:
        if isinstance(value, list):
            raise status.invalid("Expecting tensor size: 1 but got a list")
        flat.append(value)
        return
    if not isinstance(value, list):
        raise status.invalid(f"Expecting shape {list(shape)} but got a value")
    if len(value) != shape[0]:
        raise status.invalid(f"Expecting tensor size: {shape[0]} but got: {len(value)}")
    if len(shape) == 1 and not any(isinstance(one, list) for one in value):
        flat.extend(value)
        return
    for one in value:
        _flatten(one, shape[1:], flat)


def _check_numbers(flat: Sequence[Any], dtype: tf.DType) -> None:
    allowed = {bool} if dtype.is_bool else {int}
    if dtype.is_floating:
        allowed = {int, float}
    if set(map(type, flat)) <= allowed:
        return
    wrong = next(one for one in flat if type(one) not in allowed)
    kind = "False" if wrong is False else _TYPE_NAMES.get(type(wrong), "Number")
    raise status.invalid(
        f"JSON Value: {_shown(wrong)} Type: {kind} is not of expected type: "
        f"{_NAMES.get(dtype.name, dtype.name)}"
    )


def text_bytes(value: Any) -> bytes:
    """Returns the bytes of a JSON string, or of {"b64": ...}."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, dict) and isinstance(value.get(B64), str):
        try:
            return base64.b64decode(value[B64], validate=True)
        except (binascii.Error, ValueError) as error:
            raise status.invalid("Unable to base64 decode") from error
    kind = _TYPE_NAMES.get(type(value), "Number")
    raise status.invalid(
        f"JSON Value: {_shown(value)} Type: {kind} is not of expected type: string"
    )


def _listed(name: str, array: np.ndarray) -> Any:
    """Returns nested lists of what JSON has."""
    if array.dtype == object:
        is_bytes = name.endswith(BYTES_ENDING)
        texts = [_written(one, is_bytes) for one in array.ravel()]
        filled = np.empty(len(texts), object)
        filled[:] = texts
        return filled.reshape(array.shape).tolist()
    dtype = tf.as_dtype(array.dtype)
    if dtype in UNWRITABLE:
        kind = _NAMES.get(dtype.name, dtype.name)
        raise status.invalid(f"Failed to write JSON value for tensor type: {kind}")
    if dtype == tf.float32:
        # The shortest digits that are this float32: 0.2, not 0.20000000298023224.
        array = array.astype(str).astype(np.float64)
    return array.tolist()


def _written(text: bytes, is_bytes: bool) -> Any:
    if is_bytes:
        return {B64: base64.b64encode(text).decode("ascii")}
    return text.decode("utf-8", "surrogateescape")


def _shown(value: Any) -> str:
    return json.dumps(value)[:100]
