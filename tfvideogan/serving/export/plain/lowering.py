"""Operations that only TensorFlow has, in those that everybody has.

tensors = lowering.lower(node, inputs)       # None: the node may stay as it is
"""

from collections.abc import Sequence

import tensorflow as tf

from tfvideogan.serving.export.plain import bodies


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


def _top(node: bodies.Node, values: tf.Tensor, count: tf.Tensor) -> list[tf.Tensor]:
    """Sorts flags: of equal ones the first comes first, which OpenVINO does not know."""
    if values.op.type != "Cast" or values.op.inputs[0].dtype != tf.bool:
        return list(tf.raw_ops.TopKV2(input=values, k=count, sorted=True))
    size = values.shape[-1]
    rank = values * size + tf.range(size - 1, -1, -1, dtype=values.dtype)
    places = tf.raw_ops.TopKV2(input=rank, k=count, sorted=True).indices
    return [tf.gather(values, places, batch_dims=values.shape.rank - 1), places]


_COMPARISONS = {
    "Equal": tf.equal,
    "Greater": tf.greater,
    "GreaterEqual": tf.greater_equal,
    "Less": tf.less,
    "LessEqual": tf.less_equal,
    "NotEqual": tf.not_equal,
}
_FORMS = {
    "MatrixSolve": _solve,
    "TopKV2": _top,
    **dict.fromkeys(_COMPARISONS, _compare),
}
