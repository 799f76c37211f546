"""Reads any video: films, animated pictures, folders of pictures, NumPy archives.

| what                              | read by | remarks                                 |
|-----------------------------------|---------|-----------------------------------------|
| mp4, mov, avi, webm, mkv ...      | PyAV    | from its start to its end: seeking      |
|                                   |         | fails in old AVI files; the stream that |
|                                   |         | FFmpeg shows                            |
| gif, animated png and webp        | Pillow  | transparent pixels are black            |
| folder of jpg, png, bmp, webp     | Pillow  | in the natural order of their names; 16 |
|                                   |         | bits become 8, transparency is black    |
| npz                               | NumPy   | `frames` uint8 [T, H, W, C], `fps`      |

The content of a file decides, not its ending. Frames are upright, as players turn and
mirror them, with square pixels. A video whose frames are not evenly spaced in time is
resampled to a constant rate at which each of them is shown: until the next one comes.
Grey is the luma, in its full range 0..255.

    frames, fps = reader.read_video("clip.avi", height=64, width=64, channels=1)
"""

import dataclasses
import itertools
import pathlib
from collections.abc import Iterator

import numpy as np

from tfvideogan.core import errors
from tfvideogan.media import damage, films, image_sequences, resizing

NPZ_START = b"PK\x03\x04"


@dataclasses.dataclass(frozen=True)
class Information:
    """What is known of a video before it is decoded.

    Attributes:
      height: of the frames as they are shown, pixels.
      width: of the frames as they are shown, pixels.
      fps: frames per second.
      num_frames: as the file says, or None where it does not; may be wrong by a few.
      aspect: width of the file's pixels in units of their height; those of the frames
        are square.
    """

    height: int
    width: int
    fps: float
    num_frames: int | None
    aspect: float = 1.0


def probe(path: str | pathlib.Path) -> Information:
    """Reads the head of a video.

    Raises:
      DamagedClip: it is no video.
      UserError: it does not exist.
    """
    path = _existing(path)
    if _is_archive(path):
        frames, fps = _archive(path)
        return Information(*frames.shape[1:3], fps, len(frames))
    reader = image_sequences if image_sequences.is_for(path) else films
    return Information(*reader.probe(path))


def read_video(
    path: str | pathlib.Path,
    *,
    height: int | None = None,
    width: int | None = None,
    channels: int = 3,
    start: int = 0,
    stop: int | None = None,
    stride: int = 1,
    fit: str = "stretch",
    fps: float | None = None,
) -> tuple[np.ndarray, float]:
    """Reads the frames start, start + stride, ... before `stop`.

    Args:
      path: of a file or folder.
      height: of the result; without it and `width` the frames keep their size.
      width: of the result.
      channels: 3 (RGB) or 1 (grey).
      start: first frame.
      stop: the frame at which to end; None reads to the end.
      stride: every so many frames.
      fit: how frames of other proportions are fitted, see `resizing.py`.
      fps: resample to so many frames per second first; None keeps the video's rate.

    Returns:
      [T, height, width, channels] uint8, and frames per second of the result.

    Raises:
      DamagedClip: the file is empty, truncated, no video, or shorter than `start`, or
        pictures of a folder differ in size.
      UserError: the file does not exist.
    """
    pieces, rate = read_pieces(
        path,
        height=height,
        width=width,
        channels=channels,
        start=start,
        stop=stop,
        stride=stride,
        fit=fit,
        fps=fps,
    )
    found = list(pieces)
    return (found[0] if len(found) == 1 else np.concatenate(found)), rate


def read_pieces(
    path: str | pathlib.Path,
    *,
    height: int | None = None,
    width: int | None = None,
    channels: int = 3,
    start: int = 0,
    stop: int | None = None,
    stride: int = 1,
    fit: str = "stretch",
    fps: float | None = None,
    piece: int = 256,
) -> tuple[Iterator[np.ndarray], float]:
    """Reads like `read_video`, but yields `piece` frames at a time: for long films."""
    numbered, rate = read_numbered(
        path,
        height=height,
        width=width,
        channels=channels,
        start=start,
        stop=stop,
        stride=stride,
        fit=fit,
        fps=fps,
        piece=piece,
    )
    return (frames for frames, _ in numbered), rate


def read_numbered(
    path: str | pathlib.Path,
    *,
    height: int | None = None,
    width: int | None = None,
    channels: int = 3,
    start: int = 0,
    stop: int | None = None,
    stride: int = 1,
    fit: str = "stretch",
    fps: float | None = None,
    piece: int = 256,
) -> tuple[Iterator[tuple[np.ndarray, np.ndarray]], float]:
    """Reads like `read_pieces`, but yields the numbers of the frames, too.

    Returns:
      An iterator of [T, height, width, channels] uint8 and [T] int64, which frame of the
      file each one is, as some may be shown twice; and frames per second.
    """
    path = _existing(path)
    resizing.check_fit(fit)
    size = None if height is None or width is None else (height, width)
    if _is_archive(path):
        frames, rate = _archive(path)
        source = enumerate(
            image_sequences.adapted(frames, size=size, channels=channels, fit=fit)
        )
    else:
        reader = image_sequences if image_sequences.is_for(path) else films
        source, rate = reader.frames(
            path, size=size, channels=channels, fit=fit, fps=fps
        )
    chosen = itertools.islice(source, start, stop, stride)
    return _stacked(path, chosen, start, piece), rate / stride


def _stacked(
    path: pathlib.Path,
    numbered: Iterator[tuple[int, np.ndarray]],
    start: int,
    piece: int,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields frames and numbers in stacks, at least one."""
    is_empty = True
    while held := list(itertools.islice(numbered, piece)):
        numbers, frames = zip(*held, strict=True)
        if len({frame.shape for frame in frames}) > 1:
            raise damage.DamagedClip(f"The pictures of {path} are not of one size.")
        is_empty = False
        yield np.stack(frames), np.array(numbers, np.int64)
    if is_empty:
        behind = f" behind frame {start}" if start else ""
        raise damage.DamagedClip(f"{path} has no frames{behind}.")


def _existing(path: str | pathlib.Path) -> pathlib.Path:
    """Returns the path of something that is there and not empty."""
    path = pathlib.Path(path)
    if path.is_symlink() and not path.exists():
        raise damage.DamagedClip(f"{path} is a link to a file that does not exist.")
    if not path.exists():
        raise errors.UserError(f"{path} does not exist.")
    if path.is_file() and not path.stat().st_size:
        raise damage.DamagedClip(f"{path} is empty (0 bytes); copy it again.")
    return path


def _is_archive(path: pathlib.Path) -> bool:
    if path.is_dir():
        return False
    with path.open("rb") as file:
        return file.read(len(NPZ_START)) == NPZ_START


def _archive(path: pathlib.Path) -> tuple[np.ndarray, float]:
    """Reads frames [T, H, W, C] and their rate from an npz file."""
    try:
        with path.open("rb") as file, np.load(file) as archive:
            frames = archive["frames"]
            fps = float(archive["fps"]) if "fps" in archive else None
    except Exception as error:  # whatever zip, NumPy and pickle can say
        raise damage.DamagedClip(
            f"{path} cannot be read as a NumPy archive with `frames`: {error}."
        ) from error
    is_video = frames.ndim == 4 and frames.shape[-1] in (1, 3) and frames.size
    if not is_video or frames.dtype != np.uint8:
        raise damage.DamagedClip(
            f"`frames` of {path} is {frames.dtype}{list(frames.shape)}, not uint8 "
            "[T, H, W, 3 or 1]."
        )
    return frames, fps or image_sequences.DEFAULT_FPS
