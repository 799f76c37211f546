"""Reads videos that are made of pictures: a folder of them, or an animated one.

The promises are those of `reader.py`, which is what to call.
"""

import pathlib
import re
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from PIL import Image

from tfvideogan.media import damage, naming, resizing, stills, timing

# Frames per second where nothing says it.
DEFAULT_FPS = 8.0
# Of two pictures of one name, the one whose ending comes first is read.
ENDINGS = (".png", ".bmp", ".webp", ".jpg", ".jpeg")
# How animated pictures begin: GIF, PNG, and WebP behind the first bytes of RIFF.
STARTS = (b"GIF8", b"\x89PNG")
RIFF, WEBP = b"RIFF", b"WEBP"
HEAD = 12
MILLISECONDS = 1000.0
# Browsers and FFmpeg take so long for a frame of no duration, and in GIF for one of less
# than two hundredths of a second.
FALLBACK_DURATION = 0.1  # seconds
MIN_GIF_DURATION = 0.02


def is_for(path: pathlib.Path) -> bool:
    """Tells whether a path is a folder or an animated picture."""
    if path.is_dir():
        return True
    with path.open("rb") as file:
        head = file.read(HEAD)
    is_webp = head.startswith(RIFF) and head.endswith(WEBP)
    return head.startswith(STARTS) or is_webp


def is_animated(path: pathlib.Path) -> bool:
    """Tells whether a picture file has more than one frame; damaged ones have not."""
    try:
        with stills.decoding(path), Image.open(path) as picture:
            return getattr(picture, "n_frames", 1) > 1
    except damage.DamagedClip:
        return False


def probe(path: pathlib.Path) -> tuple[int, int, float, int, float]:
    """Returns height, width, frames per second, number of frames, and 1.0: `films.py`."""
    if path.is_dir():
        files = numbered(path)
        if not files:
            raise damage.DamagedClip(f"{path} has no pictures ({' '.join(ENDINGS)}).")
        return *stills.size(files[0]), DEFAULT_FPS, len(files), 1.0
    durations = _durations(path)
    rate = _own_rate(durations)
    return *stills.size(path), rate, max(1, round(sum(durations) * rate)), 1.0


def frames(
    path: pathlib.Path,
    *,
    size: tuple[int, int] | None,
    channels: int,
    fit: str,
    fps: float | None,
) -> tuple[Iterator[tuple[int, np.ndarray]], float]:
    """Returns an iterator of (number, frame [H, W, C] uint8) and frames per second.

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
        source, rate = enumerate(_from_folder(path)), fps or DEFAULT_FPS
    else:
        durations = _durations(path)
        rate = fps or _own_rate(durations)
        timed = _from_animation(path, durations)
        hold = durations[-1] if fps else max(durations[-1], 1 / rate)
        source = timing.at_rate(timed, rate, hold=hold)
    return _numbered(source, size, channels, fit), rate


def numbered(folder: pathlib.Path) -> list[pathlib.Path]:
    """Returns the frames in a folder in the natural order of their names.

    Raises:
      DamagedClip: the names are no order (`naming.py`).
    """
    return naming.ordered(sorted(listed(folder)[0]))


def listed(folder: pathlib.Path) -> tuple[list[pathlib.Path], list[pathlib.Path]]:
    """Returns the pictures in a folder that are frames, and those that are not.

    Of pictures of one name in two formats one is a frame; one without a number among
    numbered ones, such as cover.jpg, is not.
    """
    found = [path for path in folder.iterdir() if is_picture(path)]
    found.sort(key=lambda path: (ENDINGS.index(path.suffix.lower()), path.name))
    by_stem: dict[str, pathlib.Path] = {}
    for path in found:
        by_stem.setdefault(path.stem, path)
    kept = list(by_stem.values())
    left_out = set(found) - set(kept) | set(naming.strays(kept))
    return [path for path in found if path not in left_out], sorted(left_out)


def is_picture(path: pathlib.Path) -> bool:
    """Tells by the name whether a file is a picture."""
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".")


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


def _numbered(
    source: Iterable[tuple[int, np.ndarray]],
    size: tuple[int, int] | None,
    channels: int,
    fit: str,
) -> Iterator[tuple[int, np.ndarray]]:
    """Yields (number, frame) at the size and with the channels wanted."""
    for number_, frame in source:
        (made,) = adapted([frame], size=size, channels=channels, fit=fit)
        yield number_, made


def _from_animation(
    path: pathlib.Path, durations: list[float]
) -> Iterator[tuple[float, tuple[int, np.ndarray]]]:
    """Yields (seconds, (number, RGB frame)) of an animated picture."""
    seconds = 0.0
    with Image.open(path) as picture:
        places = _places(picture)
        for number_, (place, duration) in enumerate(
            zip(places, durations, strict=True)
        ):
            yield seconds, (number_, stills.rgb(_shown(path, picture, place)))
            seconds += duration


def _durations(path: pathlib.Path) -> list[float]:
    """Returns the seconds of each frame."""
    found = []
    with stills.decoding(path), Image.open(path) as picture:
        least = MIN_GIF_DURATION if picture.format == "GIF" else 0.0
        for place in _places(picture):
            picture.seek(place)
            if picture.format == "WEBP":  # known only when the frame is decoded
                picture.load()
            seconds = picture.info.get("duration", 0.0) / MILLISECONDS
            found.append(seconds if seconds > 0 and seconds >= least else None)
    return [FALLBACK_DURATION if one is None else one for one in found]


def _places(picture: Image.Image) -> range:
    """Returns the places of the frames; an APNG's default image may be none of them."""
    first = int(picture.info.get("default_image", False))
    return range(first, getattr(picture, "n_frames", 1))


def _own_rate(durations: list[float]) -> float:
    """Returns the frames per second at which no frame is lost."""
    times = np.cumsum([0.0, *durations])
    average = round(len(durations) / float(times[-1]), timing.DIGITS)
    return timing.own_rate(times.tolist(), (average,)) or 1.0 / FALLBACK_DURATION


def _shown(path: pathlib.Path, picture: Image.Image, place: int) -> Image.Image:
    with stills.decoding(path, f"is damaged at frame {place}"):
        picture.seek(place)
        picture.load()
    return picture


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[0]}x{shape[1]}"
