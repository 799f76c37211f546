"""Masks of a user's clips: folders of pictures, one for each frame or for the first.

    <root>/masks/<clip>/00000.png      <clip> as below the root, without ending
    <...>/<clip>_mask/00000.png        or beside the clip; also <clip>_masks
    <...>/<clip>_mask.png              a mask of the first frame alone, in either place

What their values mean is decided for all together (`media/mask_values.py`). Masks of a
folder of frames belong to those of the same name or number; masks of a film come in the
order of its frames as they are in the file, whatever becomes of its rate.
"""

import pathlib
from collections.abc import Container, Iterator, Sequence

import numpy as np
from absl import logging

from tfvideogan.media import (
    damage,
    image_sequences,
    mask_values,
    naming,
    reader,
    resizing,
    stills,
)

FOLDER = "masks"
SUFFIXES = ("_mask", "_masks")
# Proportions may differ by so many pixels of the smaller picture: sizes are rounded.
ROUNDING = 0.75


def is_for_masks(path: pathlib.Path, root: pathlib.Path) -> bool:
    """Tells whether a folder, or a film beside a clip, holds masks rather than clips."""
    if path.is_dir():
        return path.name.endswith(SUFFIXES) or path == root / FOLDER
    return path.stem.endswith(SUFFIXES) and _has_clip(path)


def find(path: pathlib.Path, root: pathlib.Path) -> pathlib.Path | None:
    """Returns the folder with the masks of a clip, or the only picture, or None.

    Args:
      path: of the clip, a file or a folder.
      root: of the collection; the clip itself, if it is the only one.
    """
    bare = path if path.is_dir() else path.with_suffix("")
    if not root.is_dir():
        root = root.parent
    candidates = [root / FOLDER / bare.relative_to(root)]
    candidates += [bare.with_name(bare.name + suffix) for suffix in SUFFIXES]
    pictures = [
        one.with_name(one.name + ending)
        for one in candidates
        for ending in image_sequences.ENDINGS
    ]
    found = [one for one in candidates if one.is_dir()]
    found += [one for one in pictures if one.is_file()]
    return next(iter(found), None)


def unused(
    clips: Sequence[pathlib.Path], root: pathlib.Path, used: Container[pathlib.Path]
) -> Iterator[pathlib.Path]:
    """Yields folders of masks that belong to no clip, and films of masks.

    Args:
      clips: all of them.
      root: of the collection.
      used: folders that are read.
    """
    folders = dict.fromkeys([root, *(path.parent for path in clips)])
    for folder in folders:
        for path in sorted(folder.iterdir()):
            if path != root / FOLDER and is_for_masks(path, root) and path not in used:
                yield path
    apart = root / FOLDER
    for path in sorted(apart.rglob("*")) if apart.is_dir() else ():
        if path.is_dir() and path not in used:
            if any(map(image_sequences.is_picture, path.iterdir())):
                yield path


class Masks:
    """The masks of one clip, in the order of its frames.

    Attributes:
      files: of the pictures.
      first_only: whether that of the first frame is the only one; the others are zeros.
    """

    def __init__(
        self,
        clip: pathlib.Path,
        folder: pathlib.Path,
        values: mask_values.Values | None = None,
        *,
        first_only: bool = False,
    ) -> None:
        """Finds the masks of a clip.

        Args:
          clip: a film or a folder of frames.
          folder: with the masks, or the picture of the only one.
          values: what these mean; None decides for each mask alone.
          first_only: reads no mask but that of the first frame.

        Raises:
          DamagedClip: some frames have no mask, or the first one has none.
        """
        self._clip, self._folder, self._values = clip, folder, values
        self.first_only = first_only
        self._known = reader.probe(clip)
        self._num_frames = 0
        self._is_resampled = False
        self.files = pictures(folder)
        self._surplus = 0
        if first_only:
            self._check_first()
        elif clip.is_dir():
            frames = image_sequences.numbered(clip)
            paired = self._paired(frames)
            self._surplus = len(self.files) - len(paired)
            self.files = paired

    def read(
        self, numbers: np.ndarray, height: int, width: int, fit: str
    ) -> np.ndarray:
        """Reads the masks of some frames as [count, H, W, 1] uint8, 1 = object.

        Args:
          numbers: [count] which frames of the clip.
          height: of the result.
          width: of the result.
          fit: as of the frames.

        Raises:
          DamagedClip: a frame has no mask, or one is damaged or of another shape.
        """
        if self.first_only:
            read_before, self._num_frames = self._num_frames, len(numbers)
            masks = np.zeros([len(numbers), height, width, 1], np.uint8)
            if not read_before:
                masks[0, ..., 0] = self._read(self.files[0], height, width, fit)
            return masks
        expected = np.arange(self._num_frames, self._num_frames + len(numbers))
        self._is_resampled |= not np.array_equal(numbers, expected)
        self._num_frames = int(numbers[-1]) + 1
        if self._num_frames > len(self.files):
            missing = self._num_frames - len(self.files)
            self._complain(self._num_frames, missing, f"frame {len(self.files)}")
        read: dict[int, np.ndarray] = {}
        for number in map(int, numbers):
            if number not in read:
                read[number] = self._read(self.files[number], height, width, fit)
        return np.stack([read[int(number)] for number in numbers])[..., np.newaxis]

    def check_rest(self) -> None:
        """Checks, when all frames are read, that no masks are left.

        Raises:
          DamagedClip: there are more masks than frames, and the frames are not evenly
            spaced, so that it is not known which belong together.
        """
        if self.first_only:
            return
        # At a lower rate the last frames may not have been shown.
        num_frames = max(self._num_frames, self._known.num_frames or 0)
        surplus = self._surplus or len(self.files) - num_frames
        if surplus > 0 and self._is_resampled and self._known.num_frames:
            raise damage.DamagedClip(
                f"{self._folder} has {surplus} masks more than the {num_frames} frames "
                f"of {self._clip}, which are not shown evenly; give one mask for each "
                "frame of the file."
            )
        if surplus > 0:
            logging.warning(
                "%s: %d masks more than frames are left out.", self._folder, surplus
            )

    def _check_first(self) -> None:
        """Checks that the first mask is that of the first frame.

        Raises:
          DamagedClip: there is no mask, or its name is that of another frame.
        """
        if not self.files:
            raise damage.DamagedClip(f"{self._folder} has no mask.")
        frames = image_sequences.numbered(self._clip) if self._clip.is_dir() else []
        stems = [path.stem for path in frames]
        if self.files[0].stem in stems[1:]:
            raise damage.DamagedClip(
                f"The first mask in {self._folder} is that of {self.files[0].name}, but "
                f"{self._clip} begins with {frames[0].name}; add its mask, or leave out "
                "the frames before."
            )

    def _paired(self, frames: Sequence[pathlib.Path]) -> list[pathlib.Path]:
        """Returns the mask of each frame: of its name, or else of its number."""
        by_stem = {path.stem: path for path in self.files}
        if all(path.stem in by_stem for path in frames):
            return [by_stem[path.stem] for path in frames]
        by_number = dict(zip(_counters(self.files), self.files, strict=True))
        counters = _counters(frames)
        lonely = [
            path
            for path, counter in zip(frames, counters, strict=True)
            if counter not in by_number
        ]
        if lonely:
            self._complain(len(frames), len(lonely), lonely[0].name)
        return [by_number[counter] for counter in counters]

    def _read(
        self, path: pathlib.Path, height: int, width: int, fit: str
    ) -> np.ndarray:
        mask = stills.read_mask(path, values=self._values)
        known = self._known
        shape = (known.height, known.width)
        stored = (known.height, known.width / known.aspect)
        if not any(_are_alike(mask.shape, one) for one in (shape, stored)):
            raise damage.DamagedClip(
                f"The mask {path} is {mask.shape[1]}x{mask.shape[0]} pixels, but the "
                f"frames of {self._clip} are {known.width}x{known.height}; make it of "
                "their shape."
            )
        return resizing.fitted_mask(mask, height, width, fit=fit, shape=shape)

    def _complain(self, frames: int, missing: int, first: str) -> None:
        raise damage.DamagedClip(
            f"{self._folder} lacks {missing} masks of the {frames} frames of "
            f"{self._clip}, first that of {first}; add them, or read the clips with "
            '`masks` = "first" or False.'
        )


def pictures(place: pathlib.Path) -> list[pathlib.Path]:
    """Returns the masks in a folder in order, or the only one.

    Raises:
      DamagedClip: the names are no order.
    """
    return image_sequences.numbered(place) if place.is_dir() else [place]


def _has_clip(path: pathlib.Path) -> bool:
    """Tells whether a file called like masks lies beside the clip they belong to."""
    names = [path.stem.removesuffix(suffix) for suffix in SUFFIXES]
    return any(
        one.stem in names or one.name in names
        for one in path.parent.iterdir()
        if one != path
    )


def _counters(paths: Sequence[pathlib.Path]) -> list[tuple[int, ...]]:
    """Returns the numbers that count in names: those that are not the same in all."""
    numbers = [naming.numbers(path.stem) for path in paths]
    if len(paths) < 2 or len({len(one) for one in numbers}) > 1:
        return numbers
    counts = [len(set(column)) > 1 for column in zip(*numbers, strict=True)]
    return [
        tuple(n for n, is_counter in zip(one, counts, strict=True) if is_counter)
        for one in numbers
    ]


def _are_alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Tells whether two sizes have the same proportions, but for rounding."""
    small, large = sorted((one, other))
    width = large[1] * small[0] / large[0]
    height = large[0] * small[1] / large[1]
    return min(abs(width - small[1]), abs(height - small[0])) <= ROUNDING
