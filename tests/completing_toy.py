"""A tiny model that completes: it paints holes in the mean colour of what it can see."""

import dataclasses

import keras
import tensorflow as tf

from tfvideogan.core import clip
from tfvideogan.models import completion, completion_windows, phase

SPEC = clip.ClipSpec(4, 8, 8, has_holes=True)


class Gain(keras.Layer):
    """Multiplies by a number that could be learned."""

    def build(self, shape: object) -> None:
        self.gain = self.add_weight(shape=(), initializer="ones", name="gain")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return inputs * self.gain


class MeanPainter(completion.CompletionModel):
    """Paints the mean of all known pixels of a window."""

    def __init__(
        self,
        reach: completion_windows.Reach | None = None,
        multiple: int = 1,
        *,
        flow_completer: str | None = None,
    ) -> None:
        super().__init__(flow_completer=flow_completer, seed=0, ema_decay=0.9)
        self.given_reach, self.multiple = reach, multiple

    @property
    def reach(self) -> completion_windows.Reach:
        return self.given_reach or super().reach

    @property
    def size_multiple(self) -> int:
        return self.multiple

    def build_networks(self, spec: clip.ClipSpec) -> None:
        completion.check_spec(spec)
        self.painter = Gain(name="painter")
        self.painter(tf.zeros([1]))

    def make_phases(self) -> tuple[phase.Phase, ...]:
        rate = keras.optimizers.SGD(0.1)
        return (phase.Phase("painter", ("painter",), self.painter_losses, rate),)

    @property
    def networks(self) -> dict[str, keras.Layer]:
        return {"painter": self.painter}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        return ("painter",)

    def painter_losses(self, batch, shared, seed):
        made = self.paint(batch["frames"], batch["holes"])
        error = tf.reduce_mean(tf.abs(made - batch["frames"]))
        return {"painter/error": error}, {}

    def paint(self, frames: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
        axes, known = [1, 2, 3], 1.0 - holes
        count = tf.maximum(tf.reduce_sum(known, axes, keepdims=True), 1.0)
        mean = tf.reduce_sum(frames * known, axes, keepdims=True) / count
        return self.painter(tf.broadcast_to(mean, tf.shape(frames)))


def built(
    reach: completion_windows.Reach | None = None,
    *,
    multiple: int = 1,
    channels: int = 3,
) -> MeanPainter:
    """A model that is built."""
    model = MeanPainter(reach, multiple)
    model.build_for(dataclasses.replace(SPEC, channels=channels))
    return model
