"""Clips of any length, a portion at a time: memory beside the frames does not grow.

made = portions.joined(go_on, *go_on(state), num_frames=200)
"""

from collections.abc import Callable
from typing import TypeVar

import tensorflow as tf

State = TypeVar("State")


def joined(
    go_on: Callable[[State], tuple[tf.Tensor, State]],
    first: tf.Tensor,
    state: State,
    *,
    num_frames: int,
) -> tf.Tensor:
    """Makes portions, one behind the other, in a loop of the graph.

    Args:
      go_on: takes a state, returns a portion [N, P, H, W, C] and the state behind it,
        of the same shapes and dtypes.
      first: the first portion, P static.
      state: behind it.
      num_frames: T, any.

    Returns:
      [N, T, H, W, C] float32.
    """
    _, portion, *size = first.shape
    count = -(-num_frames // portion)
    if count == 1:
        return first[:, :num_frames]
    portions = tf.TensorArray(tf.float32, size=count).write(0, first)

    def step(
        index: tf.Tensor, state: State, portions: tf.TensorArray
    ) -> tuple[tf.Tensor, State, tf.TensorArray]:
        made, state = go_on(state)
        return index + 1, state, portions.write(index, made)

    *_, portions = tf.while_loop(
        lambda index, *_: index < count,
        step,
        (tf.constant(1), state, portions),
        parallel_iterations=1,
        maximum_iterations=count - 1,
    )
    made = tf.transpose(portions.stack(), [1, 0, 2, 3, 4, 5])
    return tf.reshape(made, [-1, count * portion, *size])[:, :num_frames]
