"""Procedural sprites: a textured body over a moving plane, with exact ground truth.

One body (or several) drifts, turns, squashes, wobbles and bounces over a textured plane
that pans, turns and zooms. Masks, occlusion, clean plates and, with `flow="exact"`, flow
in both directions are exact. By default the flow is estimated from the pixels by DIS, as
it must be on real video: a model trained here meets the errors that it will meet there.

Clip i of a split is a function of (GENERATOR_VERSION, seed, split, i) alone. It does not
depend on batch size, order, number of workers or on the window that is read. Splits
share neither random numbers nor textures. Sprites are not DAVIS: use them to develop and
to check, never in a table beside real video.

    source = Sprites(frames=8, height=64, width=64)
    window = source.read("train", tf.constant(3, tf.int64), frames=8)

At the default speed a first mask that is copied to the next seven frames has a mean J of
about 0.57 at 64x64. One core of a server draws about 3400 frames/s of that size, 830 with
the flow of DIS.
"""

import zlib
from collections.abc import Iterator

import cv2
import numpy as np
import tensorflow as tf

from tfvideogan.core import clip, errors
from tfvideogan.data import casting, numpy_calls, scene, source, textures
from tfvideogan.data import flow as optical_flow

# Part of the identity of every clip; raise it on any change of a pixel.
GENERATOR_VERSION = 1
FLOWS = ("dis", "exact")


class Sprites:
    """Textured bodies over a textured plane; a `source.ClipSource`.

    Attributes:
      name: "sprites".
      is_procedural: True.
      spec: of one training window, with masks, flow and backgrounds.
      splits: train, validation, test.
    """

    name = "sprites"
    is_procedural = True
    splits = ("train", "validation", "test")

    def __init__(
        self,
        *,
        frames: int = 8,
        height: int = 64,
        width: int = 64,
        num_clips: int = 1000,
        num_validation_clips: int = 64,
        num_test_clips: int = 64,
        clip_frames: int = 32,
        num_sprites: int = 1,
        object_speed: float = 0.022,
        camera_speed: float = 0.008,
        flow: str = "dis",
        fps: float = 8.0,
        seed: int = 0,
    ) -> None:
        """Creates the source; nothing is drawn yet.

        Args:
          frames: T of one training window, at most `clip_frames`.
          height: in pixels.
          width: in pixels.
          num_clips: clips of the training split.
          num_validation_clips: clips of the validation split.
          num_test_clips: clips of the test split.
          clip_frames: frames of every clip.
          num_sprites: bodies per clip; the mask is their union.
          object_speed: mean speed of a body per frame in shares of the shorter side
            (0.022 is 1.4 pixels at 64).
          camera_speed: mean speed of the pan, likewise; 0 holds the camera still.
          flow: "dis" estimates flow from the pixels, "exact" gives the true one.
          fps: frames per second of written videos.
          seed: of the clips; not the seed of a run.

        Raises:
          UserError: a value is out of its range.
        """
        counts = {
            "frames": frames,
            "num_clips": num_clips,
            "num_validation_clips": num_validation_clips,
            "num_test_clips": num_test_clips,
            "num_sprites": num_sprites,
        }
        for name, count in counts.items():
            if count < 1:
                raise errors.UserError(f"`{name}` ({count}) must be at least 1.")
        if seed < 0:
            raise errors.UserError(f"`seed` ({seed}) must not be negative.")
        if frames > clip_frames:
            raise errors.UserError(
                f"`frames` ({frames}) must be at most `clip_frames` ({clip_frames})."
            )
        if flow not in FLOWS:
            raise errors.UserError(
                f"`flow` ({flow!r}) must be one of {', '.join(FLOWS)}."
            )
        self.spec = clip.ClipSpec(
            frames=frames,
            height=height,
            width=width,
            has_masks=True,
            has_flow=True,
            has_backgrounds=True,
            fps=fps,
        )
        self.flow = flow
        self.seed = seed
        self.clip_frames = clip_frames
        self._counts = dict(
            zip(
                self.splits,
                (num_clips, num_validation_clips, num_test_clips),
                strict=True,
            )
        )
        self._manner = casting.Manner(
            height=height,
            width=width,
            num_sprites=num_sprites,
            object_speed=object_speed,
            camera_speed=camera_speed,
        )

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        return (
            f"procedural sprites, generator {GENERATOR_VERSION}, seed {self.seed}, "
            f"{self._counts['train']} training clips of {self.clip_frames} frames at "
            f"{self.spec.height}x{self.spec.width}, flow: {self.flow}"
        )

    def num_clips(self, split: str) -> int:
        """Returns the number of clips of a split."""
        source.check_split(self, split)
        return self._counts[split]

    def num_frames(self, split: str) -> int:
        """Returns the length of every clip in frames."""
        source.check_split(self, split)
        return self.clip_frames

    def clips(self, split: str) -> Iterator[dict[str, np.ndarray]]:
        """Yields the whole clips of a split in order, raw."""
        keys = self._keys()
        for index in range(self.num_clips(split)):
            yield dict(zip(keys, self.render(split, index), strict=True))

    def read(
        self,
        split: str,
        index: tf.Tensor,
        *,
        frames: int,
        seed: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        """Draws a window inside `Dataset.map`; see `source.ClipSource.read`."""
        source.check_window(self, split, frames)
        start = source.window_start(self.clip_frames, frames, seed)
        window = numpy_calls.call(
            lambda index, start: self.render(split, int(index), int(start), frames),
            [index, start],
            [tf.float32 if key.endswith("flow") else tf.uint8 for key in self._keys()],
        )
        shapes = self.spec.with_frames(frames).shapes()
        named = dict(zip(self._keys(), window, strict=True))
        return {key: tf.ensure_shape(named[key], shapes[key]) for key in named}

    def scene(self, split: str, index: int) -> scene.Scene:
        """Returns the scene of a clip: everything that can be known about it."""
        # The counter's low words count the draws, its highest word is the clip.
        key = [self.seed, zlib.crc32(f"{GENERATOR_VERSION}/{split}".encode())]
        bits = np.random.Philox(key=key, counter=[0, 0, 0, index])
        tiles = textures.bank(split)
        return casting.cast_scene(np.random.Generator(bits), tiles, self._manner)

    def render(
        self, split: str, index: int, start: int = 0, frames: int | None = None
    ) -> tuple[np.ndarray, ...]:
        """Draws a window of a clip, raw, in the order of the spec's keys."""
        cv2.setNumThreads(0)  # the threads of tf.data are parallel enough
        stop = self.clip_frames if frames is None else start + frames
        times = np.arange(start, stop)
        scene_ = self.scene(split, index)
        layers = scene_.render(times)
        if self.flow == "exact":
            forward = scene_.flow(times[:-1], times[1:])
            backward = scene_.flow(times[1:], times[:-1])
        else:
            forward, backward = optical_flow.estimate_clip(layers.frames)
        return layers.frames, layers.masks, forward, backward, layers.backgrounds

    def _keys(self) -> tuple[str, ...]:
        return tuple(self.spec.shapes())
