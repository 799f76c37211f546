"""Clips of another source beside what a bad camera makes of them: `blurred_frames`.

    shake      every frame convolved with a kernel of camera shake (camera_shake.py)
    average    the mean of some consecutive frames, of which the middle one is the sharp one
    given      blurred frames that the source has itself, such as GoPro's: only cut

    source = Blurred(make_sharp=lambda: sprites.Sprites(frames=5), crop=96)

Light adds up before a camera bends it to bytes, so both are means of bytes to the power of
`gamma`. All else that a clip has is handed on. In training, windows are cut to `crop`
before they are blurred, together with a margin of the picture: nothing of a blurred crop
is made up but beyond the border of the picture, which is mirrored.

What is drawn depends on the seed of a window, or, where windows are read in order, on the
number of the clip and of the frame: a longer window begins like a shorter one.

References:
  [1] Kupyn et al., DeblurGAN: Blind Motion Deblurring Using Conditional Adversarial
      Networks, CVPR 2018, section 4.2.
  [2] Nah et al., Deep Multi-scale Convolutional Neural Network for Dynamic Scene
      Deblurring, CVPR 2017, section 2 (7 to 13 frames, gamma 2.2).
"""

import dataclasses
import functools
import zlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import tensorflow as tf

from tfvideogan.core import clip, errors, pixels, seeds
from tfvideogan.data import cropped
from tfvideogan.data import source as sources
from tfvideogan.data.blur import camera_shake
from tfvideogan.ops import mirror

SHAKE, AVERAGE, GIVEN = KINDS = ("shake", "average", "given")
# Sides of Fourier transforms are multiples of it: products of small primes are quick.
FOURIER_MULTIPLE = 16
BYTES = 256

Window = dict[str, tf.Tensor]


@dataclasses.dataclass(kw_only=True, eq=False)
class Blurred(cropped.CroppedSource):
    """A `source.ClipSource` of pairs of sharp and blurred clips.

    Attributes:
      make_sharp: makes the source of sharp clips; called without arguments.
      kind: "shake", "average" or "given".
      crop: side of the square cut out of each window, drawn by its seed or in the middle;
        None for whole frames.
      length: of the camera's path while the longest exposure lasts, pixels.
      exposures: parts of the path that frames are exposed for, equally likely.
      num_shakes: how many paths there are for each split.
      shakiness: see `camera_shake.trajectories`.
      spans: numbers of frames in a mean, odd, equally likely; of "average".
      gamma: exponent from bytes to light; 1 blurs the bytes, as the code of [1] does.
      seed: of the paths; no two splits share one.

    Raises:
      UserError: a value is out of range, the crop larger than the frames, or the source
        has blurred frames already, or none with "given".
    """

    name = "blurred"

    make_sharp: Callable[[], sources.ClipSource]
    kind: str = SHAKE
    crop: int | None = None
    length: float = 60.0
    exposures: Sequence[float] = (0.1, 0.5, 1.0)
    num_shakes: int = 1000
    shakiness: float | None = None
    spans: Sequence[int] = (3, 5)
    gamma: float = 2.2
    seed: int = 0

    def __post_init__(self) -> None:
        self._check()
        self.sharp = self.make_sharp()
        given = self.sharp.spec
        if given.has_blurred_frames != (self.kind == GIVEN):
            has = "blurred frames already" if given.has_blurred_frames else "none"
            raise errors.UserError(
                f"`kind` ({self.kind!r}) is {GIVEN!r} where `make_sharp` makes clips with "
                f"blurred frames, and only there; those of {self.sharp.name} have {has}."
            )
        self.take_over(self.sharp, has_blurred_frames=True)
        if self._around and given.frames + self._around > self._least_frames():
            raise errors.UserError(
                f"`spans` ({max(self.spans)}) must leave windows of {given.frames} "
                f"frames: the shortest clip has {self._least_frames()}."
            )
        if self._around and given.has_masks and not self.has_all_masks:
            raise errors.UserError(
                f"`kind` ({self.kind!r}) leaves out first frames, and only these have a "
                f"mask in {self.sharp.name}; read the clips without masks."
            )
        byte = np.arange(BYTES, dtype=np.float32) / (BYTES - 1)
        self._light = byte**self.gamma

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        how = f"{self.num_shakes} camera shakes of {self.length:g} px, seed {self.seed}"
        if self.kind == AVERAGE:
            how = f"means of {' or '.join(map(str, self.spans))} frames"
        cut = f", cut to {self.crop}x{self.crop}" if self.crop else ""
        if self.kind == GIVEN:
            return f"{self.sharp.describe()}{cut}"
        return f"{self.sharp.describe()}{cut}, blurred by {how}, gamma {self.gamma:g}"

    def num_frames(self, split: str) -> int:
        """Returns the length of the shortest clip that has a blurred twin."""
        return self.sharp.num_frames(split) - self._around

    def clips(self, split: str) -> Iterator[dict[str, np.ndarray]]:
        """Yields the whole clips of a split in order, raw."""
        for index, given in enumerate(self.sharp.clips(split)):
            window = {key: tf.constant(value) for key, value in given.items()}
            made = self._blurred(split, window, self._own_seed(index), is_drawn=False)
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
        window = self.sharp.read(split, index, frames=frames + self._around, seed=seed)
        own = self._own_seed(index) if seed is None else seed
        made = self._blurred(split, window, own, is_drawn=seed is not None)
        shapes = self.spec.with_frames(frames).shapes()
        return {key: tf.ensure_shape(made[key], shapes[key]) for key in shapes}

    @functools.cache  # noqa: B019  one source lives as long as its run
    def kernels(self, split: str) -> np.ndarray:
        """Returns the kernels of a split, [num_shakes, K, K] float32 with K odd."""
        sources.check_split(self, split)
        key = [self.seed, zlib.crc32(f"{self.name}/{split}".encode())]
        generator = np.random.Generator(np.random.Philox(key=key))
        path = camera_shake.trajectories(
            generator,
            count=self.num_shakes,
            length=self.length,
            shakiness=self.shakiness,
        )
        exposures = np.resize(np.asarray(self.exposures, np.float64), self.num_shakes)
        return camera_shake.point_spreads(path, exposures)

    def kernel_numbers(self, index: tf.Tensor, frames: int) -> tf.Tensor:
        """Returns which kernels blur the frames of a clip that is read in order.

        Args:
          index: scalar integer, the clip.
          frames: T.

        Returns:
          [T] int32, places in `kernels`.
        """
        return self._drawn(self._own_seed(index), frames, self.num_shakes)

    @property
    def _around(self) -> int:
        """Frames that a window needs beside those that it gives."""
        return max(self.spans) - 1 if self.kind == AVERAGE else 0

    def _least_frames(self) -> int:
        return min(self.sharp.num_frames(split) for split in self.sharp.splits)

    def _own_seed(self, index: tf.Tensor | int) -> tf.Tensor:
        return seeds.fold(seeds.from_int(self.seed), self.name, index)

    def _drawn(self, seed: tf.Tensor, frames: int, maxval: int) -> tf.Tensor:
        """Draws [T] numbers below `maxval`, frame by frame."""
        seed = seeds.fold(seed, "frames")
        each = [
            seeds.integers([], seeds.fold(seed, frame), maxval)
            for frame in range(frames)
        ]
        return tf.stack(each)

    def _blurred(
        self, split: str, window: Window, seed: tf.Tensor, *, is_drawn: bool
    ) -> Window:
        """Cuts a window and adds its blurred frames."""
        frames = window["frames"]
        corner = self.corner(seed if is_drawn else None)
        half = self._around // 2
        stop = frames.shape[0] - half
        cut = {}
        for key, value in window.items():
            if key not in clip.WHOLE_CLIP_KEYS:
                last = stop - 1 if key in clip.FLOW_KEYS else stop
                value = self.cut(value[half:last], corner)
            cut[key] = value
        if self.kind == GIVEN:
            return cut
        blur = self._averaged if self.kind == AVERAGE else self._shaken
        return cut | {"blurred_frames": blur(split, frames, corner, seed)}

    def _shaken(
        self,
        split: str,
        frames: tf.Tensor,
        corner: cropped.Corner,
        seed: tf.Tensor,
    ) -> tf.Tensor:
        kernels = self.kernels(split)
        margin = kernels.shape[1] // 2
        numbers = self._drawn(seed, frames.shape[0], self.num_shakes)
        light = self._to_light(self._around_crop(frames, corner, margin))
        blurred = convolved(light, tf.gather(kernels, numbers))
        return self._to_bytes(blurred)

    def _averaged(
        self,
        split: str,
        frames: tf.Tensor,
        corner: cropped.Corner,
        seed: tf.Tensor,
    ) -> tf.Tensor:
        light = self._to_light(self.cut(frames, corner))
        middle, stop = self._around // 2, frames.shape[0] - self._around // 2
        means = []
        for span in self.spans:
            half = span // 2
            parts = [
                light[middle + k : stop + k] for k in range(-half, half + 1)
            ]  # each [T, h, w, C]
            means.append(tf.add_n(parts) / span)
        # One span for a clip, as for one camera.
        number = seeds.integers([], seeds.fold(seed, "span"), len(self.spans))
        return self._to_bytes(tf.gather(tf.stack(means), number))

    def _around_crop(
        self, value: tf.Tensor, corner: cropped.Corner, margin: int
    ) -> tf.Tensor:
        """Cuts the crop and a margin out of [T, H, W, C], mirrored at the border."""
        top, left = corner
        _, height, width, _ = value.shape
        rows = tf.range(-margin, self.spec.height + margin) + top
        columns = tf.range(-margin, self.spec.width + margin) + left
        value = tf.gather(value, mirror.places(rows, height), axis=1)
        return tf.gather(value, mirror.places(columns, width), axis=2)

    def _to_light(self, frames: tf.Tensor) -> tf.Tensor:
        return tf.gather(self._light, tf.cast(frames, tf.int32))

    def _to_bytes(self, light: tf.Tensor) -> tf.Tensor:
        shares = tf.clip_by_value(light, 0.0, 1.0) ** (1.0 / self.gamma)
        return pixels.to_uint8(2.0 * shares - 1.0)

    def _check(self) -> None:
        rules = {
            "kind": (self.kind in KINDS, f"one of {', '.join(KINDS)}"),
            "crop": (self.crop is None or self.crop >= 1, "None or at least 1 pixel"),
            "length": (self.length >= 0, "0 pixels or more"),
            "exposures": (
                self.exposures and all(0 < one <= 1 for one in self.exposures),
                "parts above 0 and up to 1",
            ),
            "num_shakes": (self.num_shakes >= 1, "at least 1"),
            "spans": (
                self.spans and all(one >= 1 and one % 2 for one in self.spans),
                "odd numbers of frames",
            ),
            "gamma": (self.gamma > 0, "positive"),
            "seed": (self.seed >= 0, "0 or more"),
        }
        for name, (is_right, rule) in rules.items():
            if not is_right:
                raise errors.UserError(
                    f"`Blurred.{name}` ({getattr(self, name)}) must be {rule}."
                )


def convolved(images: tf.Tensor, kernels: tf.Tensor) -> tf.Tensor:
    """Convolves each image with its kernel, by Fourier transforms.

    Args:
      images: [T, h + K - 1, w + K - 1, C] float32: with a margin of half a kernel.
      kernels: [T, K, K] float32 with K odd.

    Returns:
      [T, h, w, C] float32: what the margin is enough for.
    """
    height, width = images.shape[1:3]
    side = kernels.shape[1]
    lengths = [
        -(-one // FOURIER_MULTIPLE) * FOURIER_MULTIPLE for one in (height, width)
    ]
    planes = tf.transpose(images, [0, 3, 1, 2])  # [T, C, h, w]
    spectra = tf.signal.rfft2d(planes, fft_length=lengths)
    responses = tf.signal.rfft2d(kernels, fft_length=lengths)[:, tf.newaxis]
    made = tf.signal.irfft2d(spectra * responses, fft_length=lengths)
    # The first K - 1 rows and columns hold what has come round from the end.
    made = made[:, :, side - 1 : height, side - 1 : width]
    return tf.transpose(made, [0, 2, 3, 1])  # [T, h, w, C]
