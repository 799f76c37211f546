"""A model that hands clips back, all wrong by a tenth: what protocols judge in tests.

`write` makes its run folder without training. Whatever a protocol wants of a model is
there: the given frames are the clip's own; those that follow are off by 0.1 of the range
of pixels, which is 20 dB; masks are soft, 0.7 inside the object.
"""

import pathlib

import keras
import tensorflow as tf

from tfvideogan.core import clip
from tfvideogan.engine.runs import checkpoints, run_folder
from tfvideogan.models import base, phase

TEXT = """
from __gin__ import dynamic_registration
from tests.engine import echo
from tfvideogan.engine import loop

loop.run.make_model = @echo.Echo
loop.run.steps = 1
loop.run.batch_size = 1
echo.Echo.given = {given}
"""
OFF = 0.2  # of the range from -1 to 1
SOFT = 0.7
NUM_SAMPLES = 2


class Echo(base.VideoModel):
    """Has one layer, which nothing uses."""

    def __init__(self, given: int = 1) -> None:
        super().__init__()
        self.given = given

    def build_networks(self, spec: clip.ClipSpec) -> None:
        self.layer = keras.layers.Dense(1)
        self.layer.build([None, 1])

    def make_phases(self) -> tuple[phase.Phase, ...]:
        optimizer = keras.optimizers.SGD(0.1)
        return (phase.Phase("only", ("layer",), self.losses, optimizer),)

    @property
    def networks(self) -> dict[str, keras.Layer]:
        return {"layer": self.layer}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        return ("layer",)

    def losses(self, batch, shared, seed):
        return {"only/nothing": tf.reduce_sum(self.layer.kernel)}, {}

    def evaluation_outputs(self, batch):
        real = batch["frames"]
        given, rest = real[:, : self.given], _off(real[:, self.given :])
        frames = tf.concat([given, rest], axis=1)
        outputs = {"frames": frames, "long_frames": frames}
        outputs["backgrounds"] = _off(batch.get("backgrounds", real))
        future = frames[:, tf.newaxis, self.given :]
        outputs["samples"] = tf.repeat(future, NUM_SAMPLES, axis=1)
        if "foreground_masks" in batch:
            outputs["foreground_masks"] = SOFT * batch["foreground_masks"]
        return outputs


def _off(frames: tf.Tensor) -> tf.Tensor:
    return frames + tf.where(frames > 0, -OFF, OFF)  # nothing leaves the range


def write(path: pathlib.Path, spec: clip.ClipSpec, *, given: int = 1) -> pathlib.Path:
    """Writes the run folder of a model for clips of `spec`, after no step."""
    model = Echo(given)
    model.build_for(spec)
    folder = run_folder.RunFolder(path)
    card = {"step": 0, "spec": vars(spec), "data": "clips of a test", "values": {}}
    text = TEXT.format(given=given)
    folder.write_start(card, text, text)
    saver = checkpoints.Checkpoints(
        folder.checkpoints, model.checkpoint_items(), model="Echo"
    )
    saver.save(0, {})
    return path
