"""Recomputation: activations are made again for the gradients instead of being kept.

    outputs, state = recomputation.recomputed(group)(inputs, condition, state)

Memory then holds what goes between groups and the activations of one group at a time, for
one forward pass more. What a forward pass leaves behind (moving statistics, the vectors of
spectral norms) is left by the first pass alone, so that gradients and variables are those
without recomputation.

References:
  [1] Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016, section 3.
"""

import contextlib
import contextvars
from collections.abc import Callable, Iterator

import tensorflow as tf

# A variable of the context, because replicas run in threads of their own.
_is_again = contextvars.ContextVar("is_again", default=False)


def is_again() -> bool:
    """Whether a forward pass is made for the second time, and must leave nothing."""
    return _is_again.get()


def recomputed(
    function: Callable[..., tuple[tf.Tensor, ...]],
) -> Callable[..., tuple[tf.Tensor, ...]]:
    """Returns a function whose inner activations are not kept for its gradients.

    Args:
      function: of tensors, all of which it is given as arguments, variables aside; its
        results are tensors, too. Called once.
    """
    passes: list[int] = []

    def counted(*arguments: tf.Tensor) -> tuple[tf.Tensor, ...]:
        passes.append(len(passes))
        with _again() if passes[-1] else contextlib.nullcontext():
            return function(*arguments)

    return tf.recompute_grad(counted)


@contextlib.contextmanager
def _again() -> Iterator[None]:
    token = _is_again.set(True)
    try:
        yield
    finally:
        _is_again.reset(token)
