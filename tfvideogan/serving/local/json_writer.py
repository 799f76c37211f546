"""Writes JSON as the production server does: its digits, its tokens, its error messages.

Floats have six digits where these are enough, and all of them otherwise; whole ones end
in .0; NaN and infinities are tokens; text that is not UTF-8 stays as it is.
"""

import base64
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfvideogan.serving.local import json_reader

# A value in an error message is cut about there, characters.
MAX_SHOWN = 256
INDENT = 4
# Digits that tell any two values apart.
_ALL_DIGITS = {4: 9, 8: 17}  # by bytes of the dtype
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def dump(value: Any) -> bytes:
    """Writes a message: dicts, lists, strings and numbers."""
    return encoded(json.dumps(value, ensure_ascii=False))


def encoded(text: str) -> bytes:
    """Returns the bytes of a JSON text."""
    return text.encode(**json_reader.ENCODING)


def quoted(text: str) -> str:
    """Returns a JSON string."""
    return json.dumps(text, ensure_ascii=False)


def rows(array: np.ndarray, *, is_bytes: bool = False) -> list[str]:
    """Returns the JSON of each entry along the first axis.

    Args:
      array: [N, ...] of numbers, booleans, or strings as an object array of bytes.
      is_bytes: whether strings are written as {"b64": ...}.
    """
    return _joined(_elements(array.ravel(), is_bytes), array.shape, 1)


def whole(array: np.ndarray, *, is_bytes: bool = False) -> str:
    """Returns the JSON of an array, see `rows`."""
    return _joined(_elements(array.ravel(), is_bytes), array.shape, 0)[0]


def listed(texts: Sequence[str]) -> str:
    """Returns a JSON array of JSON texts."""
    return f"[{', '.join(texts)}]"


def decimals(values: np.ndarray) -> list[str]:
    """Writes floats [K]: 0.2, 3.0, 9e+06, 0.333333343, NaN."""
    numbers = values.tolist()
    if not numbers:
        return []
    texts = ("%.6g " * len(numbers) % tuple(numbers)).split()
    again = np.array([float(text) for text in texts]).astype(values.dtype)
    for place in np.flatnonzero((again != values) & np.isfinite(values)).tolist():
        texts[place] = f"{numbers[place]:.{_ALL_DIGITS[values.dtype.itemsize]}g}"
    return [
        text if "." in text or "e" in text else _NOT_FINITE.get(text, text + ".0")
        for text in texts
    ]


def shown(value: Any) -> str:
    """Returns the beginning of a value for an error message."""
    pretty = _Pretty()
    try:
        pretty.write(value, 0)
    except _Full:
        pass
    return "".join(pretty.parts)


def _elements(flat: np.ndarray, is_bytes: bool) -> list[str]:
    if flat.dtype == object:
        if is_bytes:
            texts = (base64.b64encode(one).decode("ascii") for one in flat)
            return [f'{{"b64": "{text}"}}' for text in texts]
        return [quoted(one.decode(**json_reader.ENCODING)) for one in flat]
    if flat.dtype.kind == "f":
        return decimals(flat)
    if flat.dtype == np.bool_:
        return ["true" if one else "false" for one in flat.tolist()]
    return list(map(str, flat.tolist()))


def _joined(texts: list[str], shape: Sequence[int], kept: int) -> list[str]:
    """Joins elements to the JSON of all axes but the first ones."""
    for axis in range(len(shape) - 1, kept - 1, -1):
        size, count = shape[axis], math.prod(shape[:axis])
        texts = [listed(texts[n * size : (n + 1) * size]) for n in range(count)]
    return texts


class _Full(Exception):
    """Ends the writing: there is enough."""


class _Pretty:
    """Writes arrays in a line and objects in several, until there is enough."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._size = 0

    def write(self, value: Any, level: int, before: str = "") -> None:
        """Writes a value and what stands before it, unless there is enough."""
        if isinstance(value, dict):
            self._object(value, level, before)
        elif isinstance(value, list):
            self._add(before + "[")
            for place, one in enumerate(value):
                self.write(one, level + 1, ", " if place else "")
            self._add("]")
        else:
            self._add(before + _scalar(value))
            if isinstance(value, float) and not math.isfinite(value):
                raise _Full

    def _object(self, value: dict[str, Any], level: int, before: str) -> None:
        margin = "\n" + " " * INDENT * (level + 1)
        self._add(before + "{")
        for place, (name, one) in enumerate(value.items()):
            self._add(("," if place else "") + margin + quoted(name))
            self.write(one, level + 1, ": ")
        self._add("\n" + " " * INDENT * level + "}" if value else "}")

    def _add(self, text: str) -> None:
        if self._size >= MAX_SHOWN:
            raise _Full
        self.parts.append(text)
        self._size += len(text.encode(**json_reader.ENCODING))


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and not math.isfinite(value):
        return ""
    if is_number and (isinstance(value, float) or not -(2**63) <= value < 2**64):
        return repr(float(value)).replace("e+", "e")
    return json.dumps(value)


def is_writable(dtype: tf.DType) -> bool:
    """Whether the production server has JSON for a dtype."""
    return dtype not in (
        tf.half,
        tf.bfloat16,
        tf.uint16,
        tf.complex64,
        tf.complex128,
    )
