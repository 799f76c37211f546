"""Reads picture files strictly: what is damaged is an error, not a grey patch.

Pillow decodes, because it refuses truncated files (OpenCV fills in the rest) and gives
the indices of a palette picture (TensorFlow gives its colours). Pictures are turned as
their EXIF tag says; what masks mean is decided in `mask_values.py`.
"""

import contextlib
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import ExifTags, Image, ImageOps

from tfvideogan.core import errors
from tfvideogan.media import damage, mask_values

WHITE = 255
# Pillow's modes of more than 8 bits, and white in 16.
DEEP_GREY = "I"
DEEP_WHITE = 65535
CHANNELS = 3
# So many masks of a set are looked at before it is decided what they mean.
SAMPLE = 64
# EXIF orientations in which height and width change places.
SIDEWAYS = (5, 6, 7, 8)


def size(path: pathlib.Path) -> tuple[int, int]:
    """Returns height and width of a picture file; only its header is read.

    Raises:
      DamagedClip: the file is no picture.
    """
    with decoding(path, "cannot be read as a picture"), Image.open(path) as picture:
        size_ = picture.height, picture.width
        turn = picture.getexif().get(ExifTags.Base.Orientation)
        return size_[::-1] if turn in SIDEWAYS else size_


def read_frame(path: pathlib.Path) -> np.ndarray:
    """Reads a picture as RGB [H, W, 3] uint8; see `rgb`.

    Raises:
      DamagedClip: the file is no picture, or is damaged.
    """
    return rgb(_opened(path))


@contextlib.contextmanager
def decoding(
    path: pathlib.Path, fault: str = "is damaged or no picture"
) -> Iterator[None]:
    """Explains what Pillow raises while it decodes a picture.

    Args:
      path: of the file, for the message.
      fault: what is then said of it.

    Raises:
      DamagedClip: Pillow could not decode it.
    """
    try:
        yield
    except Image.DecompressionBombError as error:
        raise damage.DamagedClip(
            f"{path} is too large: {error}; make it smaller."
        ) from error
    except Exception as error:  # whatever Pillow's decoders can say
        raise damage.DamagedClip(f"{path} {fault}: {error}; copy it again.") from error


def upright(picture: Image.Image) -> Image.Image:
    """Returns a picture turned as its EXIF tag says."""
    if picture.getexif().get(ExifTags.Base.Orientation, 1) == 1:
        return picture
    return ImageOps.exif_transpose(picture)


def rgb(picture: Image.Image) -> np.ndarray:
    """Returns a picture as RGB [H, W, 3] uint8, upright as its EXIF tag says.

    Of 16 bits the upper ones are kept, rounded; what is transparent lies over black.
    """
    picture = upright(picture)
    if picture.mode.startswith(DEEP_GREY):  # Pillow would cut off at 255
        grey = np.asarray(picture).astype(np.int64)
        grey = (grey * WHITE + DEEP_WHITE // 2) // DEEP_WHITE
        return np.repeat(grey.astype(np.uint8)[..., np.newaxis], CHANNELS, axis=-1)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        colours = np.asarray(picture.convert("RGBA")).astype(np.uint32)
        weighted = colours[..., :CHANNELS] * colours[..., CHANNELS:]
        return ((weighted + WHITE // 2) // WHITE).astype(np.uint8)
    return np.asarray(picture.convert("RGB"))


def read_mask(
    path: pathlib.Path,
    object_id: int = 0,
    values: mask_values.Values | None = None,
) -> np.ndarray:
    """Reads an object mask, upright.

    Args:
      path: of a picture.
      object_id: the object wanted; 0 takes the union of all.
      values: what those of its set mean; None decides by this mask alone.

    Returns:
      [H, W] uint8, 1 = object. Void pixels are background.

    Raises:
      DamagedClip: the file is no picture, is damaged, contradicts `values`, or may be
        read in more than one way.
    """
    picture = upright(_opened(path))
    seen = mask_values.seen(picture)
    try:
        values = values or mask_values.decided(seen)
        contradiction = mask_values.check(seen, values)
    except errors.UserError as error:
        raise damage.DamagedClip(f"{path}: {error}") from error
    if contradiction:
        raise damage.DamagedClip(
            f"The mask {path} {contradiction}; {mask_values.WAY_OUT}."
        )
    return mask_values.read(picture, values, object_id)


def mask_meaning(
    paths: Sequence[pathlib.Path],
    *,
    meaning: str | None = None,
    void: int | None = None,
) -> mask_values.Values:
    """Decides what the values of a set of masks mean, by an even sample of them.

    Args:
      paths: of the masks; those that cannot be read are complained of later.
      meaning: as a user says it, see `mask_values.decided`.
      void: number of no object among numbers.

    Raises:
      UserError: more than one thing may be meant.
    """
    found = []
    for path in paths[:: max(1, len(paths) // SAMPLE)]:
        with contextlib.suppress(damage.DamagedClip):
            found.append(mask_values.seen(upright(_opened(path))))
    return mask_values.decided(mask_values.merged(found), meaning=meaning, void=void)


def _opened(path: pathlib.Path) -> Image.Image:
    if not path.exists():
        raise damage.DamagedClip(f"{path} does not exist.")
    with decoding(path), path.open("rb") as file:
        picture = Image.open(file)
        picture.load()
    return picture
