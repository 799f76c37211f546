"""Reads picture files strictly: what is damaged is an error, not a grey patch.

Pillow decodes, because it refuses truncated files (OpenCV fills in the rest) and gives
the indices of a palette picture (TensorFlow gives its colours).
"""

import contextlib
import pathlib
from collections.abc import Iterator

import numpy as np
from PIL import ExifTags, Image, ImageOps

from tfvideogan.media import damage

# The index of pixels that belong to nobody, and its colour in the PASCAL palette.
VOID = 255
VOID_COLOUR = (224, 224, 192)
WHITE = 255
# Pillow's modes of more than 8 bits, and white in 16.
DEEP_GREY = "I"
DEEP_WHITE = 65535
# The PASCAL palette spreads an index over the high bits of three colours.
PALETTE_BITS = 8
CHANNELS = 3
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


def read_mask(path: pathlib.Path, object_id: int = 0) -> np.ndarray:
    """Reads an object mask: grey 0/255, grey indices, palette indices or colours.

    Args:
      path: of a PNG file.
      object_id: the object wanted; 0 takes the union of all objects.

    Returns:
      [H, W] uint8, 1 = object. Void pixels (index 255 beside other indices, or the
      palette's void colour) are background.

    Raises:
      DamagedClip: the file is no picture, or is damaged.
    """
    picture = _opened(path)
    if picture.mode in ("RGB", "RGBA"):
        indices = _from_colours(np.asarray(picture.convert("RGB")))
    elif picture.mode in ("P", "L"):
        indices = np.asarray(picture)
        if _is_black_and_white(picture, indices):
            indices = (indices == WHITE).astype(np.uint8)
    else:  # one bit, or deep grey
        indices = (np.asarray(picture) > 0).astype(np.uint8)
    is_object = indices == object_id if object_id else indices > 0
    return (is_object & (indices != VOID)).astype(np.uint8)


def _opened(path: pathlib.Path) -> Image.Image:
    with decoding(path), path.open("rb") as file:
        picture = Image.open(file)
        picture.load()
    return picture


def _is_black_and_white(picture: Image.Image, indices: np.ndarray) -> bool:
    """Tells grey 0/255 masks from indices with void pixels."""
    if not np.isin(indices, (0, WHITE)).all():
        return False
    if picture.mode == "L":
        return True
    palette = (picture.getpalette("RGB") or [])[CHANNELS * VOID :]
    return tuple(palette) != VOID_COLOUR


def _from_colours(colours: np.ndarray) -> np.ndarray:
    """Returns the indices [H, W] of colours [H, W, 3] of the PASCAL palette."""
    if (colours == colours[..., :1]).all():  # a grey mask saved as RGB
        return np.where(colours[..., 0] > 0, 1, 0).astype(np.uint8)
    void = (colours == VOID_COLOUR).all(-1)
    indices = np.zeros(colours.shape[:2], np.uint8)
    for place in range(PALETTE_BITS // CHANNELS + 1):
        for channel in range(CHANNELS):
            bit = CHANNELS * place + channel
            if bit < PALETTE_BITS:
                high = colours[..., channel] >> (PALETTE_BITS - 1 - place) & 1
                indices |= high << bit
    return np.where(void, VOID, indices).astype(np.uint8)
