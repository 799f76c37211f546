"""Operations that only TensorFlow has, in those that everybody has.

tensors = lowering.lower(node, inputs)       # None: the node may stay as it is
"""

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfvideogan.serving.export.plain import bodies

# Numbers that are sorted by comparing all pairs.
MOST_COUNTED = 64


def lower(node: bodies.Node, inputs: Sequence[tf.Tensor]) -> list[tf.Tensor] | None:
    """Returns what a node puts out, by other operations; None if it has no need of them."""
    known = _FORMS.get(node.op)
    return None if known is None else known(node, *inputs)


def _solve(node: bodies.Node, matrix: tf.Tensor, right: tf.Tensor) -> list[tf.Tensor]:
    """Solves small systems by elimination; those of this package are positive definite.

    Args:
      node: of the operation.
      matrix: [..., K, K].
      right: [..., K, M].
    """
    size = matrix.shape[-1]
    if node.attr["adjoint"].b:
        matrix = tf.linalg.matrix_transpose(matrix)
    rows = tf.unstack(tf.concat([matrix, right], axis=-1), axis=-2)  # K x [..., K + M]
    for pivot in range(size):
        rows[pivot] = rows[pivot] / rows[pivot][..., pivot : pivot + 1]
        for other in range(size):
            if other != pivot:
                factor = rows[other][..., pivot : pivot + 1]
                rows[other] = rows[other] - factor * rows[pivot]
    return [tf.stack([row[..., size:] for row in rows], axis=-2)]


def _compare(node: bodies.Node, one: tf.Tensor, other: tf.Tensor) -> list[tf.Tensor]:
    """Compares bytes as numbers: TFLite compares no bytes."""
    if one.dtype != tf.uint8:
        return [_COMPARISONS[node.op](one, other)]
    return [_COMPARISONS[node.op](tf.cast(one, tf.int32), tf.cast(other, tf.int32))]


def _select(
    node: bodies.Node, is_first: tf.Tensor, one: tf.Tensor, other: tf.Tensor
) -> list[tf.Tensor] | None:
    """Chooses bytes as numbers: TFLite chooses no bytes."""
    if one.dtype != tf.uint8:
        return None
    chosen = tf.where(is_first, tf.cast(one, tf.int32), tf.cast(other, tf.int32))
    return [tf.cast(chosen, tf.uint8)]


def _sort(node: bodies.Node, values: tf.Tensor, count: tf.Tensor) -> list[tf.Tensor]:
    """Sorts a few whole numbers, the greatest first; of equal ones the first stays first.

    OpenVINO does not keep their order. The place of each is counted instead: those that
    are greater, and equal ones before it.
    """
    size = values.shape[-1]
    is_whole = size is not None and size <= MOST_COUNTED and values.dtype.is_integer
    if not is_whole or tf.get_static_value(count) != size:
        return list(tf.raw_ops.TopKV2(input=values, k=count, sorted=True))
    own, other = values[..., :, tf.newaxis], values[..., tf.newaxis, :]
    numbers = tf.range(size)
    is_before = numbers[tf.newaxis, :] < numbers[:, tf.newaxis]  # [K, K]
    is_ahead = (other > own) | ((other == own) & is_before)
    places = tf.reduce_sum(tf.cast(is_ahead, tf.int32), axis=-1)  # [..., K]
    is_at = places[..., tf.newaxis, :] == numbers[:, tf.newaxis]  # [..., place, K]
    order = tf.reduce_sum(tf.cast(is_at, tf.int32) * numbers, axis=-1)
    chosen = tf.cast(is_at, values.dtype) * values[..., tf.newaxis, :]
    return [tf.reduce_sum(chosen, axis=-1), order]


def _gather(
    node: bodies.Node, values: tf.Tensor, places: tf.Tensor, axis: tf.Tensor
) -> list[tf.Tensor] | None:
    """Gathers in each row of a batch; OpenVINO 2026.4 ends its process at that.

    All rows are one, and the places count through it.
    """
    batch = node.attr["batch_dims"].i
    is_fixed = values.shape.is_fully_defined() and places.shape.is_fully_defined()
    if not batch or not is_fixed or tf.get_static_value(axis) != batch:
        return None
    length, rest = values.shape[batch], values.shape[batch + 1 :].as_list()
    shape = places.shape.as_list()
    number = math.prod(shape[:batch])
    starts = tf.range(number, dtype=places.dtype) * length
    rows = tf.reshape(places, [number, -1]) + starts[:, tf.newaxis]
    found = tf.gather(tf.reshape(values, [number * length, *rest]), rows)
    return [tf.reshape(found, [*shape, *rest])]


def _resize(
    node: bodies.Node,
    images: tf.Tensor,
    size: tf.Tensor,
    scale: tf.Tensor,
    translation: tf.Tensor,
) -> list[tf.Tensor] | None:
    """Resizes by a matrix for each side, as the operation is linear in both."""
    given = [tf.get_static_value(one) for one in (size, scale, translation)]
    if any(one is None for one in given):
        return None
    rows, columns = (
        _matrix(node, images.shape[side + 1], side, given) for side in (0, 1)
    )
    images = tf.cast(images, tf.float32)
    return [tf.einsum("hy,wx,nyxc->nhwc", rows, columns, images)]


def _matrix(
    node: bodies.Node, length: int, side: int, given: Sequence[np.ndarray]
) -> np.ndarray:
    """Returns [new length, length] float32: what the operation makes of a unit matrix."""
    size, scale, translation = given
    with tf.init_scope():
        # Each column is a picture of its own, one pixel wide.
        columns = tf.reshape(tf.eye(length), [length, length, 1, 1])
        resized = tf.raw_ops.ScaleAndTranslate(
            images=columns,
            size=tf.constant([size[side], 1], tf.int32),
            scale=tf.constant([scale[side], 1.0], tf.float32),
            translation=tf.constant([translation[side], 0.0], tf.float32),
            kernel_type=node.attr["kernel_type"].s.decode(),
            antialias=node.attr["antialias"].b,
        )
        return resized[:, :, 0, 0].numpy().T


_COMPARISONS = {
    "Equal": tf.equal,
    "Greater": tf.greater,
    "GreaterEqual": tf.greater_equal,
    "Less": tf.less,
    "LessEqual": tf.less_equal,
    "NotEqual": tf.not_equal,
}
_FORMS = {
    "GatherV2": _gather,
    "MatrixSolve": _solve,
    "ScaleAndTranslate": _resize,
    "SelectV2": _select,
    "TopKV2": _sort,
    **dict.fromkeys(_COMPARISONS, _compare),
}
