"""Reads pickles that hold NumPy arrays in dictionaries, and nothing else.

A pickle is a program: an ordinary unpickler runs whatever it names. This one knows three
names, which are all that an array needs, and puts its own functions in their places.

    arrays = array_pickle.read(content)  # {"params/Conv3d_1a_7x7/Conv_0/kernel": ..., ...}
"""

import io
import pickle
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tfvideogan.core import errors

# Booleans, integers and floats: none of them holds a Python object.
_NUMERIC_KINDS = "biuf"


def read(content: bytes) -> dict[str, np.ndarray]:
    """Reads the arrays of nested dictionaries.

    Args:
      content: of the pickle.

    Returns:
      The keys on the way to each array, joined by "/", -> array of numbers.

    Raises:
      UserError: the pickle names something other than arrays, holds something other, or
        is damaged.
    """
    try:
        found = _Unpickler(io.BytesIO(content)).load()
    except Exception as error:  # a damaged pickle raises nearly anything
        raise errors.UserError(
            f"the pickle cannot be read as NumPy arrays: {error}; take the file as it was "
            "published."
        ) from error
    return dict(_arrays(found, ()))


def _arrays(found: Any, keys: tuple[str, ...]) -> Iterator[tuple[str, np.ndarray]]:
    """Walks through dictionaries; yields where each array was found."""
    if isinstance(found, Mapping):
        for key, value in found.items():
            yield from _arrays(value, (*keys, str(key)))
    elif isinstance(found, np.ndarray):
        yield "/".join(keys), found
    else:
        raise errors.UserError(
            f"the pickle holds a {type(found).__name__} at {'/'.join(keys) or 'its top'}; "
            "only dictionaries of NumPy arrays are read."
        )


def _make_array(*_: object) -> np.ndarray:
    """What an array is before the pickle gives it shape, type and content."""
    return np.empty([0], np.int8)


def _make_dtype(code: str, *_: object) -> np.dtype:
    """A fresh copy, because the pickle will set its byte order."""
    dtype = np.dtype(code, False, True)
    if dtype.kind not in _NUMERIC_KINDS:
        raise pickle.UnpicklingError(f"it has an array of {code}, which is no number")
    return dtype


# NumPy 2 has renamed the module of the first. An array's class is an argument only.
_ADMITTED = {
    ("numpy.core.multiarray", "_reconstruct"): _make_array,
    ("numpy._core.multiarray", "_reconstruct"): _make_array,
    ("numpy", "ndarray"): "numpy.ndarray",
    ("numpy", "dtype"): _make_dtype,
}


class _Unpickler(pickle.Unpickler):
    """Resolves the names of `_ADMITTED` only."""

    def find_class(self, module: str, name: str) -> Any:
        """Looks up a name that the pickle refers to."""
        if (module, name) not in _ADMITTED:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return _ADMITTED[module, name]
