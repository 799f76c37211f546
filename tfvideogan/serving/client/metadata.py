"""What a server tells of a model's signatures, and arrays made to fit one.

signature = metadata.read(signature_defs)["predict"]
signature.describe()
arrays, is_single = signature.fitted({"frames": frames, "mask": mask})
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import get_model_metadata_pb2

from tfvideogan.core import errors

# What TensorFlow saves beside a model's own signatures.
PRIVATE_SIGNATURE = "__saved_model_init_op"

Shape = tuple[int | None, ...] | None


@dataclasses.dataclass(frozen=True)
class Tensor:
    """What a signature says of an input or output.

    Attributes:
      dtype: of its elements.
      shape: None for open axes; None as a whole where nothing is said.
    """

    dtype: tf.DType
    shape: Shape

    def __str__(self) -> str:
        """Writes it as uint8[?, ?, 64, 64, 3]."""
        if self.shape is None:
            return f"{self.dtype.name}[...]"
        sizes = ", ".join("?" if size is None else str(size) for size in self.shape)
        return f"{self.dtype.name}[{sizes}]"


@dataclasses.dataclass(frozen=True)
class Signature:
    """One way to call a model: tensors by alias."""

    name: str
    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]

    def describe(self) -> str:
        """Returns one line: name(inputs) -> outputs."""
        given = ", ".join(f"{n}: {t}" for n, t in sorted(self.inputs.items()))
        taken = ", ".join(f"{n}: {t}" for n, t in sorted(self.outputs.items()))
        return f"{self.name}({given}) -> {taken}"

    def fitted(self, inputs: Mapping[str, Any]) -> tuple[dict[str, np.ndarray], bool]:
        """Returns arrays of the signature's dtypes, and whether all lack the batch axis.

        Raises:
          UserError: an input is missing or unknown, or a cast would change its values.
        """
        missing = sorted(set(self.inputs) - set(inputs))
        extra = sorted(set(inputs) - set(self.inputs))
        if missing or extra:
            raise errors.UserError(
                f"The inputs do not fit: missing {missing}, unknown {extra}. The "
                f"signature is {self.describe()}."
            )
        arrays = {
            name: cast(name, value, self.inputs[name].dtype)
            for name, value in inputs.items()
        }
        shapes = [self.inputs[name].shape for name in arrays]
        is_single = bool(arrays) and all(
            shape is not None and array.ndim == len(shape) - 1
            for shape, array in zip(shapes, arrays.values(), strict=True)
        )
        return arrays, is_single


def read(answered: get_model_metadata_pb2.SignatureDefMap) -> dict[str, Signature]:
    """Returns the signatures by name, without TensorFlow's own."""
    return {
        name: Signature(name, _tensors(one.inputs), _tensors(one.outputs))
        for name, one in sorted(answered.signature_def.items())
        if name != PRIVATE_SIGNATURE
    }


def find(known: Mapping[str, Signature], name: str) -> Signature:
    """Returns a signature by its name.

    Raises:
      UserError: the model has none of that name.
    """
    if name not in known:
        raise errors.UserError(
            f"The model has no signature {name!r}; it has {', '.join(known)}."
        )
    return known[name]


def _tensors(answered: Mapping[str, meta_graph_pb2.TensorInfo]) -> dict[str, Tensor]:
    return {alias: _tensor(one) for alias, one in answered.items()}


def _tensor(info: meta_graph_pb2.TensorInfo) -> Tensor:
    shape: Shape = None
    if not info.tensor_shape.unknown_rank:
        sizes = (dim.size for dim in info.tensor_shape.dim)
        shape = tuple(None if size < 0 else size for size in sizes)
    return Tensor(tf.as_dtype(info.dtype), shape)


def cast(name: str, value: Any, dtype: tf.DType) -> np.ndarray:
    """Returns an array of the dtype; numbers may not change by it.

    Raises:
      UserError: a value would change.
    """
    given = np.asarray(value)
    if dtype == tf.string:
        if given.dtype.kind not in "OSU":
            raise errors.UserError(f"`{name}` is {given.dtype}, but must be strings.")
        return given.astype(object)
    wanted = np.dtype(dtype.as_numpy_dtype)
    if given.dtype == wanted:
        return given
    is_number = given.dtype.kind in "biuf"
    with np.errstate(invalid="ignore", over="ignore"):
        cast = given.astype(wanted) if is_number else given
    # Python's own numbers have no precision that a user has chosen.
    is_chosen = hasattr(value, "dtype")
    is_rounded = not is_chosen and {given.dtype.kind, wanted.kind} == {"f"}
    if not is_number or not (is_rounded or np.array_equal(cast, given, equal_nan=True)):
        raise errors.UserError(
            f"`{name}` is {given.dtype} and would change if it were cast to "
            f"{dtype.name}; cast it yourself."
        )
    return cast
