"""Lists of tensors, which no other runtime has, as Python tuples.

    items = lists.step(node, inputs, to_tensor)     # of a node for which `is_about` holds

`tf.TensorArray`, `tf.scan` and `tf.map_fn` are lists in a graph. Where each place is known
before a request, an entry is simply the tensor that was put there.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.serving.export.plain import bodies

_PREFIX = ("TensorList", "EmptyTensorList")


@dataclasses.dataclass(frozen=True)
class Items:
    """A list; a place where nothing was put is None, and zeros when it is read.

    Attributes:
      values: entries, known or tensors.
      shape: of an entry, as far as it is known.
      dtype: of an entry.
    """

    values: tuple[Any, ...]
    shape: tf.TensorShape
    dtype: tf.DType


def is_about(operation: str) -> bool:
    """Whether a type of operation is about lists."""
    return operation.startswith(_PREFIX)


def step(
    node: bodies.Node, inputs: Sequence[Any], to_tensor: Callable[[Any], tf.Tensor]
) -> list[Any]:
    """Returns what a node puts out.

    Args:
      node: for which `is_about` holds.
      inputs: arrays, tensors or `Items`.
      to_tensor: makes a tensor of an array.

    Raises:
      UserError: a place depends on the data, or there is no such step here.
    """
    known = _STEPS.get(node.op)
    if known is None:
        raise errors.UserError(f"{node.op} ({node.name}) has no plain form.")
    return [known(node, *inputs, to_tensor=to_tensor)]


def _reserve(node, shape, number, *, to_tensor) -> Items:
    return Items((None,) * _place(node, number), _shape(shape), _dtype(node))


def _empty(node, shape, most, *, to_tensor) -> Items:
    return Items((), _shape(shape), _dtype(node))


def _from_tensor(node, whole, shape, *, to_tensor) -> Items:
    parts = list(whole) if isinstance(whole, np.ndarray) else tf.unstack(whole)
    parts = [np.asarray(one) if isinstance(whole, np.ndarray) else one for one in parts]
    dtype = tf.dtypes.as_dtype(node.attr["element_dtype"].type)
    return Items(tuple(parts), _shape(shape), dtype)


def _set(node, items, place, value, *, to_tensor) -> Items:
    place = _place(node, place)
    values = list(items.values)
    if place >= len(values):
        values += [None] * (place + 1 - len(values))
    values[place] = value
    return dataclasses.replace(items, values=tuple(values))


def _get(node, items, place, shape, *, to_tensor) -> Any:
    value = items.values[_place(node, place)]
    return _zeros(items, shape) if value is None else value


def _push(node, items, value, *, to_tensor) -> Items:
    return dataclasses.replace(items, values=(*items.values, value))


def _stack(node, items, shape, *, to_tensor) -> Any:
    values = [_zeros(items, shape) if one is None else one for one in items.values]
    if not values:
        sizes = items.shape.merge_with(_shape(shape)).as_list()
        return np.zeros([0, *sizes], items.dtype.as_numpy_dtype)
    if all(isinstance(one, np.ndarray) for one in values):
        return np.stack(values)
    return tf.stack([to_tensor(one) for one in values])


def _length(node, items, *, to_tensor) -> np.ndarray:
    return np.asarray(len(items.values), np.int32)


def _gather(node, items, places, shape, *, to_tensor) -> Any:
    if not isinstance(places, np.ndarray):
        raise errors.UserError(f"{node.name} reads a list where the data say.")
    chosen = dataclasses.replace(items, values=tuple(items.values[k] for k in places))
    return _stack(node, chosen, shape, to_tensor=to_tensor)


_STEPS = {
    "EmptyTensorList": _empty,
    "TensorListFromTensor": _from_tensor,
    "TensorListGather": _gather,
    "TensorListGetItem": _get,
    "TensorListLength": _length,
    "TensorListPushBack": _push,
    "TensorListReserve": _reserve,
    "TensorListSetItem": _set,
    "TensorListStack": _stack,
}


def _zeros(items: Items, shape: Any) -> np.ndarray:
    sizes = items.shape.merge_with(_shape(shape))
    for one in items.values:
        if one is not None:
            sizes = sizes.merge_with(one.shape)
    return np.zeros(sizes.as_list(), items.dtype.as_numpy_dtype)


def _place(node: bodies.Node, value: Any) -> int:
    if not isinstance(value, np.ndarray):
        raise errors.UserError(
            f"{node.name} ({node.op}) has a place that depends on the data; a plain "
            "export has no lists."
        )
    return int(value)


def _shape(value: Any) -> tf.TensorShape:
    if not isinstance(value, np.ndarray) or not value.ndim:
        return tf.TensorShape(None)
    return tf.TensorShape([None if size < 0 else int(size) for size in value])


def _dtype(node: bodies.Node) -> tf.DType:
    return tf.dtypes.as_dtype(node.attr["element_dtype"].type)
