"""Reads videos that are made of pictures: a folder of them, or an animated one.

The promises are those of `reader.py`, which is what to call.
"""

import pathlib
import re
import statistics
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from PIL import Image

from tfvideogan.media import damage, resizing, stills, timing

# Frames per second where nothing says it.
DEFAULT_FPS = 8.0
ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
# How animated pictures begin: GIF, PNG, and WebP behind the first bytes of RIFF.
STARTS = (b"GIF8", b"\x89PNG")
RIFF, WEBP = b"RIFF", b"WEBP"
HEAD = 12
MILLISECONDS = 1000.0
# Browsers take so long for a frame of no duration.
MIN_DURATION = 0.02  # seconds
FALLBACK_DURATION = 0.1


def is_for(path: pathlib.Path) -> bool:
    """Tells whether a path is a folder or an animated picture."""
    if path.is_dir():
        return True
    with path.open("rb") as file:
        head = file.read(HEAD)
    is_webp = head.startswith(RIFF) and head.endswith(WEBP)
    return head.startswith(STARTS) or is_webp


def probe(path: pathlib.Path) -> tuple[int, int, float, int]:
    """Returns height, width, frames per second and number of frames."""
    if path.is_dir():
        files = numbered(path)
        if not files:
            raise damage.DamagedClip(f"{path} has no pictures ({' '.join(ENDINGS)}).")
        return *stills.size(files[0]), DEFAULT_FPS, len(files)
    durations = _durations(path)
    height, width = stills.size(path)
    fps = 1.0 / statistics.median(durations)
    return height, width, fps, max(1, round(sum(durations) * fps))


def frames(
    path: pathlib.Path,
    *,
    size: tuple[int, int] | None,
    channels: int,
    fit: str,
    fps: float | None,
) -> tuple[Iterator[np.ndarray], float]:
    """Returns an iterator of frames [H, W, C] uint8 and frames per second.

    Args:
      path: see `is_for`.
      size: height and width wanted; None keeps the pictures' own.
      channels: 1 or 3.
      fit: see `resizing.py`.
      fps: wanted; the pictures of a folder have no times and are taken as they are.

    Raises:
      DamagedClip: a picture is damaged, or there is none.
    """
    if path.is_dir():
        source, rate = _from_folder(path), fps or DEFAULT_FPS
    else:
        durations = _durations(path)
        rate = fps or 1.0 / statistics.median(durations)
        timed = _from_animation(path, durations)
        source = timing.at_rate(timed, rate, hold=durations[-1])
    return adapted(source, size=size, channels=channels, fit=fit), rate


def numbered(folder: pathlib.Path) -> list[pathlib.Path]:
    """Returns the pictures of a folder by the last number in their names."""
    found = [one for one in folder.iterdir() if one.suffix.lower() in ENDINGS]
    return sorted(
        (one for one in found if not one.name.startswith(".")),
        key=lambda one: (number(one), one.name),
    )


def number(path: pathlib.Path) -> int:
    """Returns the last number in a file's name; -1 without one."""
    digits = re.findall(r"\d+", path.stem)
    return int(digits[-1]) if digits else -1


def with_channels(frame: np.ndarray, channels: int) -> np.ndarray:
    """Makes RGB [H, W, 3] of grey [H, W, 1], or grey of RGB (luma of BT.601)."""
    if frame.shape[-1] == channels:
        return frame
    if channels == 1:
        return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)[..., np.newaxis]
    return np.repeat(frame, channels, axis=-1)


def adapted(
    frames: Iterable[np.ndarray],
    *,
    size: tuple[int, int] | None,
    channels: int,
    fit: str = "stretch",
) -> Iterator[np.ndarray]:
    """Yields frames [H, W, C] uint8 at the size and with the channels wanted.

    Args:
      frames: [H, W, 3] or [H, W, 1] uint8 each.
      size: height and width wanted; None keeps that of the frames.
      channels: 1 or 3.
      fit: see `resizing.py`.
    """
    for frame in frames:
        coloured = with_channels(frame, channels)
        yield resizing.fitted(coloured, *(size or frame.shape[:2]), fit=fit)


def _from_folder(folder: pathlib.Path) -> Iterator[np.ndarray]:
    first = None
    for path in numbered(folder):
        frame = stills.read_frame(path)
        first = first or (path, frame.shape[:2])
        if frame.shape[:2] != first[1]:
            raise damage.DamagedClip(
                f"{path} is {_size(frame.shape)} but {first[0].name} is "
                f"{_size(first[1])}; the pictures of a folder must be of one size."
            )
        yield frame


def _from_animation(
    path: pathlib.Path, durations: list[float]
) -> Iterator[tuple[float, np.ndarray]]:
    """Yields (seconds, RGB frame) of an animated picture."""
    seconds = 0.0
    with Image.open(path) as picture:
        for place, duration in enumerate(durations):
            yield seconds, stills.rgb(_shown(path, picture, place))
            seconds += duration


def _durations(path: pathlib.Path) -> list[float]:
    """Returns the seconds of each frame; decodes nothing where that is possible."""
    found = []
    with stills.decoding(path), Image.open(path) as picture:
        for place in range(getattr(picture, "n_frames", 1)):
            picture.seek(place)
            found.append(picture.info.get("duration", 0.0) / MILLISECONDS)
    return [one if one >= MIN_DURATION else FALLBACK_DURATION for one in found]


def _shown(path: pathlib.Path, picture: Image.Image, place: int) -> Image.Image:
    with stills.decoding(path, f"is damaged at frame {place}"):
        picture.seek(place)
        picture.load()
    return picture


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[0]}x{shape[1]}"
