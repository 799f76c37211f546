"""A model whose networks are single weights, under any schedule: NumPy can follow it.

The generator makes the number g, the critic gives a sample x the score c * x.
"""

from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import clip
from tfvideogan.losses import penalties
from tfvideogan.models import base, phase

SPEC = clip.ClipSpec(1, 1, 1, channels=1)
RATE = 0.1
START = {"generator": 0.5, "critic": 2.0, "aligner": 3.0}


class Toy(base.VideoModel):
    """Single weights under any schedule."""

    def __init__(
        self, schedule: Callable[["Toy"], Sequence[phase.Phase]], **options: object
    ) -> None:
        super().__init__(**options)
        self.schedule = schedule
        self.calls: list[str] = []

    def build_networks(self, spec: clip.ClipSpec) -> None:
        self.single = {name: keras.layers.Dense(1, use_bias=False) for name in START}
        for name, network in self.single.items():
            network(tf.zeros([1, 1]))
            network.set_weights([np.full([1, 1], START[name])])

    def make_phases(self) -> tuple[phase.Phase, ...]:
        return tuple(self.schedule(self))

    @property
    def networks(self) -> dict[str, keras.Layer]:
        return self.single

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        return ("generator",)

    def weight(self, name: str) -> tf.Tensor:
        return tf.reshape(tf.convert_to_tensor(self.single[name].kernel), [])

    def losses_of(self, name: str, loss: Callable[[tf.Tensor], tf.Tensor]) -> Callable:
        """Losses of a phase: one function of the real numbers [N]."""

        def losses(batch, shared, seed):
            self.calls.append(name)
            value = loss(batch["frames"][:, 0, 0, 0, 0])
            return {f"{name}/loss": value}, {
                f"real/{name}": batch["frames"][0, 0, 0, 0, 0]
            }

        return losses

    def update_of(
        self, name: str, networks: Sequence[str], loss: Callable, **options: object
    ) -> phase.Phase:
        """A phase, by default with SGD of its own."""
        if "joins" not in options:
            options.setdefault("optimizer", keras.optimizers.SGD(RATE))
        return phase.Phase(name, tuple(networks), self.losses_of(name, loss), **options)

    # --- Losses

    def judge(self, real: tf.Tensor) -> tf.Tensor:
        """The Wasserstein critic's: score of fakes minus score of real numbers."""
        return self.weight("critic") * (self.weight("generator") - tf.reduce_mean(real))

    def fool(self, real: tf.Tensor) -> tf.Tensor:
        return -self.weight("critic") * self.weight("generator")

    def r1(self, real: tf.Tensor) -> tf.Tensor:
        column = real[:, tf.newaxis]
        return penalties.r1_penalty(lambda x: x * self.weight("critic"), column)

    def path(self, real: tf.Tensor) -> tf.Tensor:
        """In place of a path length: the distance of the generator from 1."""
        return (self.weight("generator") - 1.0) ** 2

    def rebuild(self, real: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean((self.weight("generator") - real) ** 2)

    def align(self, real: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean((self.weight("aligner") - real) ** 2)


def train(
    schedule: Callable, steps: int, *, clips: int = 2, **options: object
) -> tuple[Toy, list[dict[str, float]], list[dict[str, float]], np.ndarray]:
    """Returns the model, weights and logs behind each step, and all real numbers."""
    model = Toy(schedule, **options)
    model.build_for(SPEC)
    real = np.random.default_rng(5).normal(size=[steps, clips]).astype(np.float32)
    weights, logs = [], []
    for step, numbers in enumerate(real):
        row = model.train_step(batch_of(numbers), active=model.active_phases(step))
        logs.append({name: float(value) for name, value in row.items()})
        weights.append({name: float(model.weight(name)) for name in START})
    return model, weights, logs, real


def batch_of(numbers: np.ndarray) -> dict[str, tf.Tensor]:
    """Clips of one frame of one pixel."""
    return {"frames": tf.constant(numbers)[:, None, None, None, None]}


def assert_equal(found: Sequence[Mapping], wanted: Sequence[Mapping]) -> None:
    """Compares the weights behind each step."""
    for step, (one, other) in enumerate(zip(found, wanted, strict=True)):
        assert one == pytest.approx(other, abs=1e-5), step
