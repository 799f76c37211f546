"""Clips made of stills: a camera moves over each, and the optical flow is known exactly.

    source = Panned(make_stills=lambda: places.Places(root="places"), frames=8)

A frame of the clip shows the still under an affine map that changes smoothly. Beyond its
border a still goes on as in a mirror. With `has_objects`, a piece of another still moves
before it on a way of its own: its mask, what is behind it, and the flow of both come along.

What is drawn depends on the seed of a window, or, where windows are read in order, on the
number of the still: a longer window begins like a shorter one. Of a source of videos the
stills are its frames: any one in training, the first ones in order.

Made for what learns to align or to estimate flow before it learns from videos.

References:
  [1] Lee et al., Copy-and-Paste Networks for Deep Video Inpainting, ICCV 2019, and
  [2] Oh et al., Onion-Peel Networks for Deep Video Completion, ICCV 2019: synthetic videos
      of single images for training. The ranges of the motion are ours.
"""

import dataclasses
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.data import numpy_calls
from tfvideogan.data import source as sources
from tfvideogan.data.panning import trajectories

# An object's radius, relative to the shorter side; how far its outline goes from a circle
# by one, two, ... waves around it; how far its middle is from that of the first frame.
OBJECT_RADIUS = (0.15, 0.3)
OUTLINE = (0.0, 0.15, 0.1, 0.05)
OBJECT_PLACE = 0.2
WORD = 0xFFFFFFFF

Window = dict[str, tf.Tensor]


@dataclasses.dataclass(kw_only=True, eq=False)
class Panned:
    """A `source.ClipSource` of moving stills, with flow.

    Attributes:
      make_stills: makes the source of stills; called without arguments.
      frames: T of one training window, at most `clip_frames`.
      height: of a frame; None for that of the stills.
      width: likewise.
      clip_frames: frames of every clip.
      fps: frames per second of written videos.
      motion: how far the stills move.
      has_objects: whether an object moves before each still.
      object_motion: how far it moves.
      seed: of what is drawn where windows are read in order.

    Raises:
      UserError: a value is out of range, or the frames are larger than the stills.
    """

    name = "panned"

    make_stills: Callable[[], sources.ClipSource]
    frames: int = 8
    height: int | None = None
    width: int | None = None
    clip_frames: int = 32
    fps: float = 8.0
    motion: trajectories.Limits = trajectories.Limits()
    has_objects: bool = False
    object_motion: trajectories.Limits = trajectories.Limits(translation=0.25)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise errors.UserError(f"`Panned.seed` ({self.seed}) must be 0 or more.")
        if self.frames > self.clip_frames:
            raise errors.UserError(
                f"`frames` ({self.frames}) must be at most `clip_frames` "
                f"({self.clip_frames})."
            )
        self.stills = self.make_stills()
        given = self.stills.spec
        for name, most in (("height", given.height), ("width", given.width)):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= most:
                raise errors.UserError(
                    f"`Panned.{name}` ({value}) must be None or 1 to {most}, the "
                    f"{name} of the stills of {self.stills.name}."
                )
        self.spec = clip.ClipSpec(
            self.frames,
            self.height or given.height,
            self.width or given.width,
            channels=given.channels,
            has_masks=self.has_objects,
            has_flow=True,
            has_backgrounds=self.has_objects,
            num_classes=given.num_classes,
            caption_length=given.caption_length,
            words=given.words,
            fps=self.fps,
        )
        self.is_procedural = self.stills.is_procedural
        self.has_plain_ground = False
        self.splits = self.stills.splits
        if given.caption_length:
            self.vocabulary = self.stills.vocabulary

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        what = "stills and objects" if self.has_objects else "stills"
        return (
            f"{self.stills.describe()}, {what} moved for {self.clip_frames} frames, "
            f"seed {self.seed}"
        )

    def num_clips(self, split: str) -> int:
        """Returns the number of clips of a split, one for each still."""
        return self.stills.num_clips(split)

    def num_frames(self, split: str) -> int:
        """Returns the length of every clip in frames."""
        sources.check_split(self, split)
        return self.clip_frames

    def clips(self, split: str) -> Iterator[dict[str, np.ndarray]]:
        """Yields the whole clips of a split in order, raw."""
        for number in range(self.num_clips(split)):
            index = tf.constant(number, tf.int64)
            window = self.read(split, index, frames=self.clip_frames)
            yield {key: value.numpy() for key, value in window.items()}

    def read(
        self,
        split: str,
        index: tf.Tensor,
        *,
        frames: int,
        seed: tf.Tensor | None = None,
    ) -> Window:
        """Makes a window inside `Dataset.map`; see `source.ClipSource.read`."""
        sources.check_window(self, split, frames)
        still = self.stills.read(split, index, frames=1, seed=seed)
        own = seed
        if own is None:
            own = seeds.fold(seeds.from_int(self.seed), self.name, split, index)
        own = seeds.fold(own, "motion")
        pictures = [still["frames"][0]]
        if self.has_objects:
            count = self.num_clips(split)
            step = 1 + seeds.integers([], seeds.fold(own, "other"), max(count - 1, 1))
            other = (index + tf.cast(step, tf.int64)) % count
            another = self.stills.read(split, other, frames=1, seed=seed)
            pictures.append(another["frames"][0])
        shapes = self.spec.with_frames(frames).shapes()
        drawn = [key for key in shapes if key not in clip.WHOLE_CLIP_KEYS]

        def rendered(seed: np.ndarray, *pictures: np.ndarray) -> list[np.ndarray]:
            window = self._rendered(seed, frames, pictures)
            return [window[key] for key in drawn]

        made = numpy_calls.call(
            rendered, [own, *pictures], [sources.raw_dtype(key) for key in drawn]
        )
        window = {key: still[key] for key in shapes if key in clip.WHOLE_CLIP_KEYS}
        window |= dict(zip(drawn, made, strict=True))
        return {key: tf.ensure_shape(window[key], shapes[key]) for key in shapes}

    def _rendered(
        self, seed: np.ndarray, frames: int, pictures: tuple[np.ndarray, ...]
    ) -> dict[str, np.ndarray]:
        """Draws a window of its still, and of the one that its object is cut from."""
        cv2.setNumThreads(0)  # the threads of tf.data are parallel enough
        key = [int(one) & WORD for one in seed]
        generator = np.random.Generator(np.random.Philox(key=key))
        times, size = np.arange(frames), (self.spec.height, self.spec.width)
        ways = trajectories.matrices(generator, times, size, self.motion)
        still = pictures[0]
        rooms = np.array(still.shape[:2]) - size
        ground = _seen(still, ways, size, _drawn_middle(generator, still, rooms))
        flows = [
            [trajectories.flow(*pair, size) for pair in zip(first, second, strict=True)]
            for first, second in ((ways[:-1], ways[1:]), (ways[1:], ways[:-1]))
        ]
        forward, backward = (
            np.array(one, np.float32).reshape(-1, *size, 2) for one in flows
        )
        window = {"forward_flow": forward, "backward_flow": backward}
        if not self.has_objects:
            return window | {"frames": ground}
        return self._with_object(generator, window, ground, pictures[1])

    def _with_object(
        self,
        generator: np.random.Generator,
        window: dict[str, np.ndarray],
        ground: np.ndarray,
        picture: np.ndarray,
    ) -> dict[str, np.ndarray]:
        """Lets a piece of a picture move before a clip."""
        frames, *size = ground.shape[:3]
        size = tuple(size)
        ways = trajectories.matrices(
            generator, np.arange(frames), size, self.object_motion
        )
        place = OBJECT_PLACE * generator.uniform(-1.0, 1.0, 2) * size[::-1]
        # The object's plane has its origin in the object.
        ways[:, :2, 2] -= place
        outline = _outline(generator, min(size))
        depth = np.stack([outline(trajectories.pixels(size) @ way.T) for way in ways])
        shares = np.clip(depth + 0.5, 0.0, 1.0)[..., np.newaxis]  # one pixel of edge
        texture = _seen(picture, ways, size, (np.array(picture.shape[1::-1]) - 1) / 2)
        masks = (shares >= 0.5).astype(np.uint8)
        for key, shift in (("forward_flow", 1), ("backward_flow", -1)):
            for place_, flow in enumerate(window[key]):
                here = place_ if shift == 1 else place_ + 1
                own = trajectories.flow(ways[here], ways[here + shift], size)
                flow[:] = np.where(masks[here], own, flow)
        mixed = shares * texture + (1.0 - shares) * ground
        return window | {
            "frames": np.rint(mixed).astype(np.uint8),
            "foreground_masks": masks,
            "backgrounds": ground,
        }


def _drawn_middle(
    generator: np.random.Generator, picture: np.ndarray, rooms: np.ndarray
) -> np.ndarray:
    """Returns the point (x, y) of a picture that is in the middle of the motion."""
    middle = (np.array(picture.shape[:2]) - 1) / 2
    return (middle + rooms * generator.uniform(-0.5, 0.5, 2))[::-1]


def _seen(
    picture: np.ndarray, ways: np.ndarray, size: tuple[int, int], middle: np.ndarray
) -> np.ndarray:
    """Returns the frames [T, H, W, C] that show a picture by its ways.

    OpenCV rounds where it samples to 1/32 of a pixel.
    """
    frames = []
    for way in ways:
        placed = way[:2].copy()
        placed[:, 2] += middle
        frame = cv2.warpAffine(
            picture,
            placed,
            size[::-1],
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        frames.append(frame.reshape(*size, picture.shape[-1]))
    return np.stack(frames)


def _outline(
    generator: np.random.Generator, shorter: int
) -> Callable[[np.ndarray], np.ndarray]:
    """Draws an outline; returns how deep points [..., 3] are inside of it, pixels."""
    radius = generator.uniform(*OBJECT_RADIUS) * shorter
    waves = OUTLINE * generator.uniform(-1.0, 1.0, len(OUTLINE))
    phases = generator.uniform(0.0, 2.0 * np.pi, len(OUTLINE))
    numbers = 1 + np.arange(len(OUTLINE))

    def depth(points: np.ndarray) -> np.ndarray:
        across, down = points[..., 0], points[..., 1]
        angles = np.arctan2(down, across)[..., np.newaxis]
        limit = 1.0 + np.sum(waves * np.cos(numbers * angles + phases), axis=-1)
        return radius * limit - np.hypot(across, down)

    return depth
