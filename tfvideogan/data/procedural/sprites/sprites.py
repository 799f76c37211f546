"""Procedural sprites: a textured body over a moving plane, with exact ground truth.

One body (or several) drifts, turns, squashes, wobbles and bounces over a textured plane
that pans, turns and zooms. Masks, occlusion, clean plates and, with `flow="exact"`, flow
in both directions are exact. By default the flow is estimated from the pixels by DIS, as
it must be on real video: a model trained here meets the errors that it will meet there.

Splits share neither random numbers nor textures (`procedural.py`). Sprites are not DAVIS:
use them to develop and to check, never in a table beside real video.

    source = Sprites(frames=8, height=64, width=64)
    window = source.read("train", tf.constant(3, tf.int64), frames=8)

At the default speed a first mask that is copied to the next seven frames has a mean J of
about 0.57 at 64x64. One core of a server draws about 3400 frames/s of that size, 830 with
the flow of DIS.
"""

import dataclasses

import cv2
import numpy as np

from tfvideogan.core import errors
from tfvideogan.data.procedural import procedural
from tfvideogan.data.procedural.sprites import casting, scene, textures
from tfvideogan.media import flow as optical_flow

FLOWS = ("dis", "exact")


@dataclasses.dataclass(kw_only=True, eq=False)
class Sprites(procedural.Procedural):
    """Textured bodies over a textured plane, with masks, flow and backgrounds.

    A `source.ClipSource` with the settings of `procedural.Procedural` and these:

    Attributes:
      num_sprites: bodies per clip; the mask is their union.
      object_speed: mean speed of a body per frame in shares of the shorter side
        (0.022 is 1.4 pixels at 64).
      camera_speed: mean speed of the pan, likewise; 0 holds the camera still.
      flow: "dis" estimates flow from the pixels, "exact" gives the true one.
    """

    name = "sprites"
    version = 1

    frames: int = 8
    num_train_clips: int = 1000
    num_validation_clips: int = 64
    num_test_clips: int = 64
    clip_frames: int = 32
    num_sprites: int = 1
    object_speed: float = 0.022
    camera_speed: float = 0.008
    flow: str = "dis"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_sprites < 1:
            raise errors.UserError(
                f"`num_sprites` ({self.num_sprites}) must be at least 1."
            )
        if self.flow not in FLOWS:
            raise errors.UserError(
                f"`flow` ({self.flow!r}) must be one of {', '.join(FLOWS)}."
            )
        self.spec = self.make_spec(has_masks=True, has_flow=True, has_backgrounds=True)
        self._manner = casting.Manner(
            height=self.height,
            width=self.width,
            num_sprites=self.num_sprites,
            object_speed=self.object_speed,
            camera_speed=self.camera_speed,
        )

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        return f"{super().describe()}, flow: {self.flow}"

    def scene(self, split: str, index: int) -> scene.Scene:
        """Returns the scene of a clip: everything that can be known about it."""
        tiles = textures.bank(split)
        return casting.cast_scene(self.generator(split, index), tiles, self._manner)

    def stream(self, split: str) -> str:
        """Returns the name of a split's random numbers, older than `procedural.py`."""
        return f"{self.version}/{split}"

    def render(
        self, split: str, index: int, start: int = 0, frames: int | None = None
    ) -> dict[str, np.ndarray]:
        """Draws a window of a clip; see `Procedural.render`."""
        cv2.setNumThreads(0)  # the threads of tf.data are parallel enough
        times = self.times(start, frames)
        scene_ = self.scene(split, index)
        if self.flow == "exact":
            layers, forward, backward = scene_.render_with_flow(times)
        else:
            layers = scene_.render(times)
            forward, backward = optical_flow.estimate_clip(layers.frames)
        return {
            "frames": layers.frames,
            "foreground_masks": layers.masks,
            "forward_flow": forward,
            "backward_flow": backward,
            "backgrounds": layers.backgrounds,
        }
