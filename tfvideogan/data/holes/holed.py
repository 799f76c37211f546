"""Clips of another source beside holes to be completed: `holes`; `frames` stay whole.

    source = Holed(
        make_whole=lambda: sprites.Sprites(frames=5),
        families=[random_shapes.RandomShapes(), strokes.Strokes()],
        weights=[0.7, 0.3],
    )

A clip gets the holes of one family. They are grown by a drawn number of pixels, brought
within bounds of their area, and, in some clips, whole frames are missing for a while. All
else that a clip has is handed on. In training, windows may be cut to `crop` first.

With `finds_flow` a clip also has the flow that is found around its holes
(`inpainting.estimate_flow`), as a video with holes would give it: `found_forward_flow` and
`found_backward_flow`.

What is drawn depends on the seed of a window, or, where windows are read in order, on the
number of the clip: a longer window begins like a shorter one.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.data import cropped, numpy_calls
from tfvideogan.data import source as sources
from tfvideogan.data.holes import family, finish, random_shapes
from tfvideogan.media import inpainting
from tfvideogan.ops import mirror

# Where the highest word of a counter is not 0, it is a frame that is drawn by itself.
COUNTER_WORDS = 4
WORD = 0xFFFFFFFF

Window = dict[str, tf.Tensor]


@dataclasses.dataclass(kw_only=True, eq=False)
class Holed(cropped.CroppedSource):
    """A `source.ClipSource` of whole clips and holes.

    Attributes:
      make_whole: makes the source of whole clips; called without arguments.
      families: kinds of holes; see the files beside this one.
      weights: how often each is drawn, relative to the others; equally often by default.
      crop: side of the square cut out of each window, drawn by its seed or in the middle;
        None for whole frames.
      dilation: least and greatest number of pixels that holes are grown by.
      coverage: least and greatest share of a frame that is missing, in every frame that
        is not missing as a whole.
      independent: the probability that every frame of a clip has holes of its own.
      occlusion: the probability that some consecutive frames are missing as a whole: at
        least one, at most half of the frames of the source's windows, all among the
        first so many frames.
      finds_flow: whether to estimate the flow around the holes.
      seed: of what is drawn where windows are read in order.

    Raises:
      UserError: a value is out of range, the crop is larger than the frames, the source
        has holes already, or a family needs objects that it does not have.
    """

    name = "holed"

    make_whole: Callable[[], sources.ClipSource]
    families: Sequence[family.Family] = (random_shapes.RandomShapes(),)
    weights: Sequence[float] | None = None
    crop: int | None = None
    dilation: tuple[int, int] = (0, 8)
    coverage: tuple[float, float] = (0.0, 1.0)
    independent: float = 0.0
    occlusion: float = 0.0
    finds_flow: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        self._check()
        self.whole = self.make_whole()
        given = self.whole.spec
        if given.has_holes:
            raise errors.UserError(
                f"The clips of {self.whole.name} have holes already; `make_whole` must "
                "make whole ones."
            )
        self._check_borrowing(given)
        if self.occlusion and given.frames < 2:
            raise errors.UserError(
                f"`occlusion` ({self.occlusion}) must be 0 for clips of one frame."
            )
        self.take_over(self.whole, has_holes=True, has_found_flow=self.finds_flow)
        weights = np.asarray(self._weights, np.float32)
        self._bounds = np.cumsum(weights / weights.sum())[:-1]

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        cut = f", cut to {self.crop}x{self.crop}" if self.crop else ""
        kinds = ", ".join(one.name for one in self.families)
        low, high = self.dilation
        return (
            f"{self.whole.describe()}{cut}, holes: {kinds}, grown by {low} to {high} "
            f"px, seed {self.seed}"
        )

    def num_frames(self, split: str) -> int:
        """Returns the length of the shortest clip of a split, in frames."""
        return self.whole.num_frames(split)

    def clips(self, split: str) -> Iterator[dict[str, np.ndarray]]:
        """Yields the whole clips of a split in order, raw."""
        for index, given in enumerate(self.whole.clips(split)):
            window = {key: tf.constant(value) for key, value in given.items()}
            index = tf.constant(index, tf.int64)
            made = self._holed(split, window, index, seed=None)
            yield {key: value.numpy() for key, value in made.items()}

    def read(
        self,
        split: str,
        index: tf.Tensor,
        *,
        frames: int,
        seed: tf.Tensor | None = None,
    ) -> Window:
        """Reads a window inside `Dataset.map`; see `source.ClipSource.read`."""
        sources.check_split(self, split)
        sources.check_window(self, split, frames)
        window = self.whole.read(split, index, frames=frames, seed=seed)
        made = self._holed(split, window, index, seed=seed)
        shapes = self.spec.with_frames(frames).shapes()
        return {key: tf.ensure_shape(made[key], shapes[key]) for key in shapes}

    def _holed(
        self, split: str, window: Window, index: tf.Tensor, *, seed: tf.Tensor | None
    ) -> Window:
        """Cuts a window and adds its holes."""
        corner = self.corner(seed)
        made = {
            key: value if key in clip.WHOLE_CLIP_KEYS else self.cut(value, corner)
            for key, value in window.items()
        }
        frames = made["frames"].shape[0]
        own = seed
        if own is None:
            own = seeds.fold(seeds.from_int(self.seed), self.name, split, index)
        own = seeds.fold(own, "holes")
        number = self._family_number(own)
        borrowed = self._borrowed(split, index, frames, number, own, seed, corner)
        [holes] = numpy_calls.call(
            lambda *given: [self._drawn(frames, *given)],
            [own, number, borrowed],
            [tf.uint8],
        )
        size = [self.spec.height, self.spec.width]
        made["holes"] = tf.ensure_shape(holes, [frames, *size, 1])
        if self.finds_flow:
            found = numpy_calls.call(
                _found_flow, [made["frames"], holes], [tf.float32] * 2
            )
            keys = clip.FLOW_PAIRS[1]
            for key, flow in zip(keys, found, strict=True):
                made[key] = tf.ensure_shape(flow, [frames - 1, *size, 2])
        return made

    def _drawn(
        self, frames: int, seed: np.ndarray, number: np.ndarray, borrowed: np.ndarray
    ) -> np.ndarray:
        """Draws holes [T, H, W, 1]."""
        cv2.setNumThreads(0)  # the threads of tf.data are parallel enough
        chosen = self.families[int(number)]
        size = (frames, self.spec.height, self.spec.width)
        generator = _generator(seed)
        pixels = int(generator.integers(self.dilation[0], self.dilation[1] + 1))
        is_independent = generator.random() < self.independent
        is_occluded = generator.random() < self.occlusion
        length = int(generator.integers(1, max(self.spec.frames // 2, 1) + 1))
        start = int(generator.integers(0, max(self.spec.frames - length, 0) + 1))
        if is_independent:
            single = (1, *size[1:])
            masks = np.concatenate(
                [
                    chosen.draw(_generator(seed, 1 + t), single, borrowed[t : t + 1])
                    for t in range(frames)
                ]
            )
        else:
            masks = chosen.draw(generator, size, borrowed)
        masks = finish.dilated(masks, pixels)
        masks = finish.fitted(masks, self.coverage)
        masks = np.broadcast_to(masks, size)
        if is_occluded:
            masks = finish.occluded(masks, start, length)
        return masks[..., np.newaxis]

    def _family_number(self, seed: tf.Tensor) -> tf.Tensor:
        drawn = seeds.uniform([], seeds.fold(seed, "family"))
        return tf.reduce_sum(tf.cast(drawn >= self._bounds, tf.int32))

    def _borrowed(
        self,
        split: str,
        index: tf.Tensor,
        frames: int,
        number: tf.Tensor,
        own: tf.Tensor,
        seed: tf.Tensor | None,
        corner: cropped.Corner,
    ) -> tf.Tensor:
        """Reads the objects of another clip, [T, H, W] uint8, for a family that needs them.

        A longer clip than the shortest of its split gets those that it has, to and fro.
        """
        empty = tf.zeros([frames, self.spec.height, self.spec.width], tf.uint8)
        if not any(self._borrows):
            return empty

        def read() -> tf.Tensor:
            count = self.whole.num_clips(split)
            step = 1 + seeds.integers([], seeds.fold(own, "other"), max(count - 1, 1))
            other = (index + tf.cast(step, tf.int64)) % count
            length = min(frames, self.whole.num_frames(split))
            window = self.whole.read(split, other, frames=length, seed=seed)
            masks = self.cut(window["foreground_masks"], corner)[..., 0]
            masks = tf.gather(masks, mirror.places(tf.range(frames), length))
            return tf.ensure_shape(masks, empty.shape)

        return tf.cond(tf.gather(self._borrows, number), read, lambda: empty)

    def _check(self) -> None:
        if not self.families:
            raise errors.UserError("`Holed.families` must name at least one family.")
        if self.weights is not None and (
            len(self.weights) != len(self.families)
            or min(self.weights) < 0
            or sum(self.weights) <= 0
        ):
            raise errors.UserError(
                f"`Holed.weights` ({list(self.weights)}) must be as many numbers as "
                f"there are `families` ({len(self.families)}), 0 or more, not all 0."
            )
        if self.crop is not None and self.crop < 1:
            raise errors.UserError(
                f"`Holed.crop` ({self.crop}) must be None or at least 1 pixel."
            )
        family.check_range(self, "dilation", 0)
        family.check_range(self, "coverage", 0.0, 1.0)
        family.check_probability(self, "independent")
        family.check_probability(self, "occlusion")
        if self.seed < 0:
            raise errors.UserError(f"`Holed.seed` ({self.seed}) must be 0 or more.")

    def _check_borrowing(self, given: clip.ClipSpec) -> None:
        borrowing = [
            one.name
            for one, borrows in zip(self.families, self._borrows, strict=True)
            if borrows
        ]
        has_masks = given.has_masks and getattr(self.whole, "has_all_masks", True)
        if borrowing and not has_masks:
            raise errors.UserError(
                f"`families` has {borrowing[0]}, but the clips of {self.whole.name} "
                "have no masks, or of their first frames only; leave it out, or make its "
                "number in `weights` 0."
            )

    @property
    def _weights(self) -> Sequence[float]:
        return self.weights or [1.0] * len(self.families)

    @property
    def _borrows(self) -> list[bool]:
        """Which families are drawn and need objects."""
        return [
            one.borrows and weight > 0
            for one, weight in zip(self.families, self._weights, strict=True)
        ]


def _found_flow(frames: np.ndarray, holes: np.ndarray) -> tuple[np.ndarray, ...]:
    """Forward and backward flow [T-1, H, W, 2] without what lies behind the holes."""
    cv2.setNumThreads(0)  # as above
    hidden = np.where(holes > 0, np.uint8(0), frames)
    return inpainting.estimate_flow(hidden, holes)


def _generator(seed: np.ndarray, frame: int = 0) -> np.random.Generator:
    """Returns the random numbers of a clip, or of a frame (from 1) drawn by itself."""
    counter = [0] * (COUNTER_WORDS - 1) + [frame]
    key = [int(one) & WORD for one in seed]
    return np.random.Generator(np.random.Philox(key=key, counter=counter))
