"""A phase of a training step: who is updated, by which losses, how often.

Critic five times per generator step, R1 every sixteen, alignment before copy-paste: all
data, no new code.
"""

import dataclasses
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

Scalars = dict[str, tf.Tensor]
# (batch, shared, seed) -> (losses by name, already weighted; monitors by name).
# `shared` is what `VideoModel.shared_forward` returned, None if the model has none.
LossFunction = Callable[
    [Mapping[str, tf.Tensor], Mapping[str, tf.Tensor] | None, tf.Tensor],
    tuple[Scalars, Scalars],
]


@dataclasses.dataclass(frozen=True)
class Phase:
    """One entry of a model's schedule.

    Attributes:
      name: prefix of its logs, such as "critic".
      networks: names of the networks whose trainable variables it changes.
      losses: see `LossFunction`; loss names start with "<name>/".
      optimizer: its own optimizer; nothing is shared between phases.
      every: the phase runs on steps that divide by it.
      repeats: updates within one step, each with its own seed.
      clip_norm: largest global gradient norm, or None.
      trains_shared: whether gradients flow through the shared forward pass. Phases that
        train it must come last, because they change the weights that made it.
    """

    name: str
    networks: tuple[str, ...]
    losses: LossFunction
    optimizer: keras.optimizers.Optimizer
    every: int = 1
    repeats: int = 1
    clip_norm: float | None = None
    trains_shared: bool = False

    def __post_init__(self) -> None:
        for name in ("every", "repeats"):
            value = getattr(self, name)
            if value < 1:
                raise ValueError(
                    f"`{name}` ({value}) of phase {self.name!r} must be at least 1."
                )
        if self.trains_shared and self.repeats > 1:
            raise ValueError(
                f"Phase {self.name!r} trains the shared forward pass, which exists once "
                f"per step: `repeats` ({self.repeats}) must be 1."
            )
