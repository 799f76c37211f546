"""From losses to changed weights: scale, reduce, measure, clip, apply or skip.

The only room that scales losses or gradients. Keras sums gradients over replicas, so a
loss is divided by the number of replicas here, once; whoever computes a loss sees one
replica and takes plain means.

    with tf.GradientTape() as tape:
        losses = {"critic/real": ..., "critic/fake": ...}
        total = update.total_loss(losses, optimizer)
    gradients = update.differentiate(tape, total, variables)
    result = update.apply(optimizer, gradients, variables)

Two faults of Keras 3.15 under `tf.distribute` are avoided: `clipnorm` of an optimizer
clips each replica's gradients before they are summed (an error of 1e-2 in weights), and
an optimizer that is applied inside `tf.cond` of a replica fails; here the condition
stands in the cross-replica context.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Update:
    """What one update did.

    Attributes:
      gradient_norm: float32 scalar, global L2 norm over all replicas, before clipping.
      is_finite: bool scalar; False when the update was skipped.
    """

    gradient_norm: tf.Tensor
    is_finite: tf.Tensor


def total_loss(
    losses: Mapping[str, tf.Tensor],
    optimizer: keras.optimizers.Optimizer,
    *,
    gain: float = 1.0,
) -> tf.Tensor:
    """Sums named losses to the scalar that is differentiated on one replica.

    Call it inside the tape. The sum is divided by the number of replicas and multiplied
    by the loss scale when the optimizer has one.

    Args:
      losses: scalars by name, already weighted.
      optimizer: the optimizer that will apply the gradients.
      gain: factor of the sum.

    Returns:
      A float32 scalar.
    """
    total = tf.add_n([tf.cast(loss, tf.float32) for loss in losses.values()])
    total *= gain / _replica_context().num_replicas_in_sync
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        total = optimizer.scale_loss(total)
    return total


def differentiate(
    tape: tf.GradientTape, total: tf.Tensor, variables: Sequence[keras.Variable]
) -> list[tf.Tensor]:
    """Returns dense gradients; zeros where the losses do not reach a variable."""
    found = tape.gradient(total, variables)
    return [
        tf.zeros(variable.shape) if one is None else tf.convert_to_tensor(one)
        for one, variable in zip(found, variables, strict=True)
    ]


def mean_over(parts: Sequence[Any], compute: Callable[[int, Any], Any]) -> Any:
    """Means of what is computed for each part of a batch: accumulation of gradients.

    In a graph a part waits for the one before it, so that the activations of one are in
    memory at a time.

    Args:
      parts: equal shares of a batch; one or more.
      compute: of (number of the part, part), returns a structure of float tensors.

    Returns:
      A structure of the same kind.
    """
    total = compute(0, parts[0])
    for number, part in enumerate(parts[1:], start=1):
        with tf.control_dependencies(tf.nest.flatten(total)):
            total = tf.nest.map_structure(tf.add, total, compute(number, part))
    if len(parts) == 1:
        return total
    return tf.nest.map_structure(lambda one: one / len(parts), total)


def apply(
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence[tf.Tensor],
    variables: Sequence[keras.Variable],
    *,
    clip_norm: float | None = None,
) -> Update:
    """Applies the gradients of `total_loss`, unless they are not finite.

    With a `LossScaleOptimizer` the skipping and the change of scale are that class's.

    Args:
      optimizer: built for `variables`, and perhaps for others that it also updates.
      gradients: of this replica's `total_loss`.
      variables: in the same order.
      clip_norm: largest global norm of the gradients summed over replicas, or None.
    """
    context = _replica_context()
    replicas = context.num_replicas_in_sync
    if replicas > 1:
        gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    is_scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    norm = tf.linalg.global_norm(gradients)
    if is_scaled:
        norm /= tf.cast(optimizer.dynamic_scale, tf.float32)
    is_finite = tf.math.is_finite(norm)
    factor = 1.0 / replicas  # The optimizer sums over replicas once more.
    if clip_norm is not None:
        factor *= clip_norm / tf.maximum(norm, clip_norm)
    gradients = [gradient * factor for gradient in gradients]
    if is_scaled:
        optimizer.apply(gradients, variables)
    else:
        _apply_if(is_finite, optimizer, gradients, variables)
    return Update(gradient_norm=norm, is_finite=is_finite)


def _replica_context() -> tf.distribute.ReplicaContext:
    context = tf.distribute.get_replica_context()
    if context is None:
        raise RuntimeError(
            "A train step was called in the cross-replica context; call it through "
            "`strategy.run(model.train_step, args=(batch,))`."
        )
    return context


def _apply_if(
    condition: tf.Tensor,
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence[tf.Tensor],
    variables: Sequence[keras.Variable],
) -> None:
    def across_replicas(
        strategy: tf.distribute.Strategy,
        condition: tf.Tensor,
        gradients: Sequence[tf.Tensor],
    ) -> None:
        # The gradients are reduced, so every replica computed the same condition.
        is_wanted = strategy.experimental_local_results(condition)[0]

        def apply_all() -> tf.Tensor:
            strategy.extended.call_for_each_replica(
                optimizer.apply, args=(gradients, variables)
            )
            return tf.constant(True)

        tf.cond(is_wanted, apply_all, lambda: tf.constant(False))

    _replica_context().merge_call(across_replicas, args=(condition, gradients))
