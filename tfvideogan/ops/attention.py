"""What queries read from a memory of keys and values, whatever its size.

    read = attention.read(queries, keys, values, is_known, chunk=4096)

The softmax is online [1]: the memory comes in chunks, and of what has come so far only the
greatest logit, the sum of exponentials and the weighed sum of values are kept. No more
than [queries x chunk] numbers exist at a time, and the answer is that of the whole.

References:
  [1] Milakov, Gimelshein, Online normalizer calculation for softmax, 2018, section 3;
      Rabe, Staats, Self-attention Does Not Need O(n^2) Memory, 2021.
"""

import tensorflow as tf

from tfvideogan.core import shapes

# Below every logit, and not so far that a difference of two of them overflows.
LOWEST = -1e30


def read(
    queries: tf.Tensor,
    keys: tf.Tensor,
    values: tf.Tensor,
    is_known: tf.Tensor,
    *,
    chunk: int | None = None,
) -> tf.Tensor:
    """Averages values by softmax(q · k / sqrt(D)) over the known places of a memory.

    Args:
      queries: [N, Q, D].
      keys: [N, M, D]; anything, even NaN, where nothing is known.
      values: [N, M, C]; likewise.
      is_known: [N, M] bool, what may be read.
      chunk: places that are looked at together; all by default.

    Returns:
      [N, Q, C] float32; 0 where a memory has no known place.

    Raises:
      ValueError: shapes do not go together.
    """
    sizes = shapes.check_shape(queries, "N Q D", name="queries")
    known = shapes.check_shape(keys, "N M D", name="keys", D=sizes["D"])
    shapes.check_shape(values, "N M C", name="values", M=known["M"])
    # Scaled before the product, in float32: raw products of half precision overflow.
    queries = tf.cast(queries, tf.float32) * queries.shape[-1] ** -0.5
    if chunk is None:
        state = _start(queries, values)
        return _result(_joined(state, queries, keys, values, is_known))
    length = tf.shape(keys)[1]

    def more(
        first: tf.Tensor, *state: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        part = slice(first, tf.minimum(first + chunk, length))
        parts = (one[:, part] for one in (keys, values, is_known))
        return first + chunk, *_joined(state, queries, *parts)

    start = _start(queries, values)
    _, *state = tf.while_loop(
        lambda first, *_: first < length,
        more,
        (tf.constant(0), *start),
        shape_invariants=(tf.TensorShape([]), *(one.shape for one in start)),
    )
    return _result(tuple(state))


def _start(queries: tf.Tensor, values: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """Greatest logit, sum of exponentials and weighed sum of nothing."""
    none = tf.zeros_like(queries[..., :1])  # [N, Q, 1]
    weighed = tf.tile(none, [1, 1, values.shape[-1]])  # [N, Q, C]
    return none + LOWEST, none, weighed


def _joined(
    state: tuple[tf.Tensor, ...],
    queries: tf.Tensor,
    keys: tf.Tensor,
    values: tf.Tensor,
    is_known: tf.Tensor,
) -> tuple[tf.Tensor, ...]:
    """What is kept after some more places of the memory."""
    greatest, total, weighed = state
    # 0 · NaN is NaN: what is unknown is taken out before it is multiplied.
    keys, values = (
        tf.where(is_known[..., tf.newaxis], tf.cast(one, tf.float32), 0.0)
        for one in (keys, values)
    )
    # So far below the least `greatest` that their exponentials are 0.
    lowered = tf.where(is_known, 0.0, 2.0 * LOWEST)[:, tf.newaxis]  # [N, 1, M]
    logits = tf.matmul(queries, keys, transpose_b=True) + lowered  # [N, Q, M]
    found = tf.reduce_max(logits, axis=-1, keepdims=True)  # [N, Q, 1]
    # It cancels out, so that no gradient need pass.
    highest = tf.stop_gradient(tf.maximum(greatest, found))
    shares = tf.exp(logits - highest)
    kept = tf.exp(greatest - highest)
    total = total * kept + tf.reduce_sum(shares, axis=-1, keepdims=True)
    return highest, total, weighed * kept + tf.matmul(shares, values)


def _result(state: tuple[tf.Tensor, ...]) -> tf.Tensor:
    _, total, weighed = state
    return tf.math.divide_no_nan(weighed, total)
