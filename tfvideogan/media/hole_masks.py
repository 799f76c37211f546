"""Reads which pixels of a video are missing, in every form in which people keep that.

| what                     | holes                                                        |
|--------------------------|--------------------------------------------------------------|
| `x,y,w,h`                | a box of pixels, in all frames                               |
| a picture                | the same in all frames                                       |
| a folder of pictures     | one for each frame, in the natural order of their names; if  |
|                          | there are fewer, the last number in a name is the frame's,   |
|                          | and the other frames have no holes                           |
| a film, animated, or npz | one frame for each frame                                     |

What the values mean is decided by `mask_values.py`, for all masks of a set. A mask of
another size is resized by the nearest pixel; one of other proportions is refused.

    film = hole_masks.Film(height=240, width=432, num_frames=80)
    masks = hole_masks.opened("masks/", film, dilate=4)
    masks.lines                       # what was decided, for a user
    for holes in masks.of(range(80)): ...  # [H, W] uint8, 1 = hole
"""

import dataclasses
import itertools
import pathlib
import re
from collections.abc import Iterable, Iterator, Mapping

import cv2
import numpy as np
from PIL import Image

from tfvideogan.core import errors
from tfvideogan.media import (
    damage,
    image_sequences,
    mask_values,
    reader,
    resizing,
    stills,
)

BOX = re.compile(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*")
# Proportions that differ by more mark another place.
SAME_PROPORTIONS = 0.01
# Holes grow by so many pixels of a film of 240 rows, and of a larger one in proportion:
# the borders of objects are soft, and masks drawn by hand are narrow.
DILATION, DILATION_ROWS = 4, 240
# Frames of a film of masks that are looked at before it is decided what they mean.
SAMPLE = 64
JPEG = "JPEG"


@dataclasses.dataclass(frozen=True)
class Film:
    """The video that has the holes.

    Attributes:
      height: of its frames as they are shown, pixels.
      width: of its frames as they are shown, pixels.
      num_frames: how many there are.
      numbers: of its frames by the numbers in the names of their files, where it is a
        folder of pictures whose names have some.
      size: height and width of what is to be completed, if they are others.
      is_part: whether the video goes on, so that there may be more masks.
    """

    height: int
    width: int
    num_frames: int
    numbers: Mapping[int, int] = dataclasses.field(default_factory=dict)
    size: tuple[int, int] | None = None
    is_part: bool = False

    @property
    def target(self) -> tuple[int, int]:
        """Height and width of the holes that are read."""
        return self.size or (self.height, self.width)


class Masks:
    """Holes of a film, frame by frame."""

    def __init__(
        self,
        film: Film,
        source: Iterable[np.ndarray | None],
        *,
        name: str,
        dilation: int,
        is_static: bool,
        lines: Iterable[str] = (),
    ) -> None:
        """Stores where masks come from.

        Args:
          film: that has the holes.
          source: the mask of each frame in turn, [H, W] uint8, 1 = hole, or None; it can
            be gone through more than once.
          name: of the masks, for messages.
          dilation: pixels by which holes grow, of the film as it is shown.
          is_static: whether all frames have the same.
          lines: that say what was decided.
        """
        self._film, self._source, self._name = film, source, name
        self._dilation = dilation
        self.is_static = is_static
        self.lines = list(lines)

    def of(self, numbers: Iterable[int]) -> Iterator[np.ndarray]:
        """Yields the holes of frames of the film, [H, W] uint8, 1 = hole.

        Args:
          numbers: of the frames, from 0; they never fall.

        Raises:
          UserError: a mask has other proportions than the film, or cannot be read.
        """
        masks = enumerate(itertools.chain(self._source, itertools.repeat(None)))
        place, made = next(masks)
        made = self._made(made)
        for number in numbers:
            while place < number:
                place, mask = next(masks)
                if place == number:
                    made = self._made(mask)
            yield made

    def _made(self, mask: np.ndarray | None) -> np.ndarray:
        """Brings a mask to the film's size and dilates it."""
        height, width = self._film.target
        if mask is None:
            return np.zeros([height, width], np.uint8)
        film = self._film
        if mask.shape not in ((film.height, film.width), film.target):
            self._check_proportions(mask.shape)
        resized = resizing.fitted_mask(mask, height, width)
        radius = round(self._dilation * height / film.height)
        if not radius:
            return resized
        side = 2 * radius + 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        return cv2.dilate(resized, disc)

    def _check_proportions(self, size: tuple[int, int]) -> None:
        """Refuses other proportions; tells once of another size."""
        film = self._film
        found = f"{size[1]}x{size[0]}"
        shown = f"{film.width}x{film.height}"
        off = size[1] * film.height / (size[0] * film.width) - 1.0
        if abs(off) > SAME_PROPORTIONS:
            raise errors.UserError(
                f"{self._name} is {found}, but the video is {shown}; a mask of other "
                "proportions marks another place."
            )
        line = (
            f"{self._name} is {found}; resized to the video's {shown}, nearest pixel."
        )
        if line not in self.lines:
            self.lines.append(line)


def is_box(given: str) -> bool:
    """Whether a text is a box of pixels."""
    return BOX.fullmatch(given) is not None


def default_dilation(height: int) -> int:
    """Returns by how many pixels the holes of a film grow, at least 1."""
    return max(1, round(DILATION * height / DILATION_ROWS))


def parse_box(given: str) -> tuple[int, int, int, int]:
    """Returns left, top, width and height of a box `x,y,w,h`.

    Raises:
      UserError: it is none.
    """
    found = BOX.fullmatch(given)
    if found is None:
        raise errors.UserError(
            f'A box is four whole numbers x,y,w,h, such as 120,80,200,160, not "{given}".'
        )
    left, top, width, height = map(int, found.groups())
    return left, top, width, height


def opened(given: str, film: Film, *, dilate: int | None = None) -> Masks:
    """Returns the holes of a film.

    Args:
      given: `x,y,w,h`, or the path of a picture, a folder, or a film.
      film: that has the holes.
      dilate: pixels of the film by which holes grow; None for the default.

    Raises:
      UserError: the box is outside, the path is nothing of that, or the values of the
        masks may mean more than one thing.
    """
    dilation = default_dilation(film.height) if dilate is None else dilate
    if is_box(given):
        box = _box(given, film)
        return Masks(
            film, _Repeated(box), name=given, dilation=dilation, is_static=True
        )
    path = pathlib.Path(given)
    if path.is_dir():
        return _folder(path, film, dilation)
    if _is_still(path):
        values = stills.mask_meaning([path])
        mask = stills.read_mask(path, values=values)
        return Masks(
            film,
            _Repeated(mask),
            name=given,
            dilation=dilation,
            is_static=True,
            lines=[f"{given}: {values.describe()}; the same in all frames."],
        )
    return _film(path, film, dilation)


class _Repeated:
    """One mask for ever."""

    def __init__(self, mask: np.ndarray) -> None:
        self._mask = mask

    def __iter__(self) -> Iterator[np.ndarray]:
        return itertools.repeat(self._mask)


@dataclasses.dataclass(frozen=True)
class _Files:
    """Pictures by the numbers of their frames."""

    files: Mapping[int, pathlib.Path]
    values: mask_values.Values
    num_frames: int

    def __iter__(self) -> Iterator[np.ndarray | None]:
        for number in range(self.num_frames):
            path = self.files.get(number)
            yield stills.read_mask(path, values=self.values) if path else None


@dataclasses.dataclass(frozen=True)
class _Frames:
    """The frames of a film of masks."""

    path: pathlib.Path
    values: mask_values.Values

    def __iter__(self) -> Iterator[np.ndarray]:
        pieces, _ = reader.read_pieces(self.path, piece=1)
        for piece in pieces:
            yield mask_values.read(_picture(self.path, piece[0]), self.values)


def _box(given: str, film: Film) -> np.ndarray:
    """Returns a mask of the film's size with a box."""
    left, top, width, height = parse_box(given)
    mask = np.zeros([film.height, film.width], np.uint8)
    mask[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)] = 1
    if not mask.any():
        raise errors.UserError(
            f"{given} is a box x,y,w,h of pixels outside the video, which is "
            f"{film.width}x{film.height}."
        )
    return mask


def _folder(path: pathlib.Path, film: Film, dilation: int) -> Masks:
    files = image_sequences.numbered(path)
    if not files:
        raise damage.DamagedClip(f"{path} has no pictures.")
    values = stills.mask_meaning(files)
    lines = [f"{path}: {values.describe()}."]
    if len(files) == film.num_frames or (film.is_part and len(files) > film.num_frames):
        chosen = dict(enumerate(files))
    else:
        chosen = _by_number(path, files, film)
        without = film.num_frames - len(chosen)
        lines.append(
            f"{path} has masks for {len(chosen)} of {film.num_frames} frames, by the "
            f"numbers in their names; {without} have no holes."
        )
    return Masks(
        film,
        _Files(chosen, values, film.num_frames),
        name=str(path),
        dilation=dilation,
        is_static=False,
        lines=lines,
    )


def _by_number(
    path: pathlib.Path, files: Iterable[pathlib.Path], film: Film
) -> dict[int, pathlib.Path]:
    """Returns masks by their frames, whose numbers are in the names."""
    found = {image_sequences.number(one): one for one in files}
    total = film.num_frames
    # A film's frames are counted from 0, or from 1 where its last one is named so.
    first = 1 if 0 not in found and total in found else 0
    places = film.numbers or {number + first: number for number in range(total)}
    if len(found) < len(list(files)) or not set(found) <= set(places):
        raise errors.UserError(
            f"{path} has {len(list(files))} masks for {total} frames, and their names are "
            f"not the numbers of frames ({min(places)} to {max(places)}); give a mask for "
            "each frame, or name them so."
        )
    return {places[number]: one for number, one in found.items()}


def _film(path: pathlib.Path, film: Film, dilation: int) -> Masks:
    count, seen = 0, []
    known = reader.probe(path).num_frames or film.num_frames
    step = max(1, known // SAMPLE)
    for piece in reader.read_pieces(path, piece=1)[0]:
        if count % step == 0:
            seen.append(mask_values.seen(_picture(path, piece[0])))
        count += 1
    try:
        values = mask_values.decided(mask_values.merged(seen))
    except errors.UserError as error:
        raise errors.UserError(f"{path}: {error}") from error
    lines = [f"{path}: {values.describe()}."]
    if count < film.num_frames or (count > film.num_frames and not film.is_part):
        rest = film.num_frames - count
        what = f"the last {rest} have no holes" if rest > 0 else "the rest is left out"
        lines.append(f"{path} has {count} masks for {film.num_frames} frames; {what}.")
    return Masks(
        film,
        _Frames(path, values),
        name=str(path),
        dilation=dilation,
        is_static=False,
        lines=lines,
    )


def _picture(path: pathlib.Path, frame: np.ndarray) -> Image.Image:
    """Makes a picture of a frame; films but GIF, PNG and npz have a lossy codec's noise."""
    picture = Image.fromarray(frame)
    if path.suffix.lower() not in (".gif", ".png", ".apng", ".npz"):
        picture.format = JPEG
    return picture


def _is_still(path: pathlib.Path) -> bool:
    """Whether a file is a picture that does not move."""
    try:
        with stills.decoding(path), Image.open(path):
            return not image_sequences.is_animated(path)
    except damage.DamagedClip:
        return False
