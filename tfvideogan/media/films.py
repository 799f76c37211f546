"""Reads films: whatever FFmpeg can decode, from start to end.

The promises are those of `reader.py`, which is what to call.
"""

import contextlib
import pathlib
from collections.abc import Iterator

import av
import numpy as np

from tfvideogan.media import damage, resizing, timing

FORMATS = {1: "gray", 3: "rgb24"}
MAX_FPS = 240.0
DEFAULT_FPS = 25.0
# A film may tell one rate for its timestamps' grid and another on average; the grid is
# believed unless it is this much finer.
MAX_GRID = 2.0
# Containers without timestamps of their own: frames are evenly spaced, and the decoder's
# times of packed bitstreams jump.
UNTIMED = ("avi",)
# A film that ends before this share of what its head promises is cut off. Old AVI files
# promise a few frames too many.
MIN_SHARE = 0.95
QUARTER_TURN = 90


def probe(path: pathlib.Path) -> tuple[int, int, float, int | None]:
    """Returns height, width, frames per second and number of frames, if it is told."""
    with _opened(path) as container:
        stream = _stream(path, container)
        context = stream.codec_context
        return context.height, context.width, _rate(stream), stream.frames or None


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
      path: of a file.
      size: height and width wanted; None keeps the film's own.
      channels: 1 or 3.
      fit: see `resizing.py`.
      fps: wanted; None keeps the film's own.

    Raises:
      DamagedClip: the file is no film; what comes later is raised by the iterator.
    """
    with _opened(path) as container:
        rate = _rate(_stream(path, container))
    convert = _Converter(size, FORMATS[channels], fit)
    return _converted(path, convert, rate, fps), fps or rate


def _converted(
    path: pathlib.Path, convert: "_Converter", rate: float, fps: float | None
) -> Iterator[np.ndarray]:
    with _opened(path) as container:
        stream = _stream(path, container)
        # Clips are read side by side; more threads within each would only wait.
        stream.codec_context.thread_count = 1
        timed = _timed(path, container, stream, rate)
        last, made = None, None
        for frame in timing.at_rate(timed, fps or rate, hold=1 / rate):
            if frame is not last:  # one that is shown twice is converted once
                last, made = frame, convert(frame)
            yield made


def _timed(
    path: pathlib.Path,
    container: av.container.InputContainer,
    stream: av.video.stream.VideoStream,
    rate: float,
) -> Iterator[tuple[float, av.VideoFrame]]:
    """Yields (seconds, frame), and checks at the end that nothing is missing."""
    is_timed = container.format.name not in UNTIMED
    count, seconds, first, fault = 0, 0.0, None, None
    for packet in container.demux(stream):
        try:
            decoded = packet.decode()
        except av.error.FFmpegError as error:
            fault = error
            continue
        for frame in decoded:
            seconds = count / rate
            if is_timed and frame.time is not None:
                seconds = frame.time
            first = seconds if first is None else first
            yield seconds, frame
            count += 1
    promised = _promised(container, stream)
    if not count or promised is None:
        if fault:
            raise fault
        return
    share = count / stream.frames if stream.frames else 0.0
    share = max(share, (seconds - first + 1 / rate) / promised)
    if share < MIN_SHARE:
        raise damage.DamagedClip(
            f"{path} is damaged or cut off: only {count} frames ({100 * share:.0f} % of "
            "what its head promises) can be decoded; copy it again."
        )


def _promised(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream
) -> float | None:
    """Returns the seconds that the head of a film promises, if it does."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    # The whole may be longer than the pictures when there is sound.
    if container.duration and len(container.streams) == 1:
        return container.duration / av.time_base
    return None


class _Converter:
    """Turns decoded frames to arrays of one size and format.

    One scaler serves all frames of a film: to make one for each takes longer than to
    decode it.
    """

    def __init__(self, size: tuple[int, int] | None, form: str, fit: str) -> None:
        self._size = size
        self._form = form
        self._fit = fit
        self._scaler = av.video.reformatter.VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        turns = round(getattr(frame, "rotation", 0) / QUARTER_TURN) % 4
        own = (frame.width, frame.height) if turns % 2 else (frame.height, frame.width)
        size = self._size or own
        height, width = resizing.covering(*own, *size, fit=self._fit)
        shrinks = height * width < frame.height * frame.width
        scaled = self._scaler.reformat(
            frame,
            width=height if turns % 2 else width,
            height=width if turns % 2 else height,
            format=self._form,
            interpolation="AREA" if shrinks else "BICUBIC",
        ).to_ndarray()
        turned = np.rot90(scaled.reshape(*scaled.shape[:2], -1), turns)
        return np.ascontiguousarray(resizing.middle(turned, *size))


@contextlib.contextmanager
def _opened(path: pathlib.Path) -> Iterator[av.container.InputContainer]:
    with _explained(path), av.open(str(path)) as container:
        yield container


@contextlib.contextmanager
def _explained(path: pathlib.Path) -> Iterator[None]:
    try:
        yield
    except (av.error.FFmpegError, OSError) as error:
        raise damage.DamagedClip(
            f"{path} cannot be read as a video ({error.strerror}); it is damaged, cut "
            "off or of an unknown kind."
        ) from error


def _stream(
    path: pathlib.Path, container: av.container.InputContainer
) -> av.video.stream.VideoStream:
    if not container.streams.video:
        raise damage.DamagedClip(f"{path} has no video stream.")
    return container.streams.video[0]


def _rate(stream: av.video.stream.VideoStream) -> float:
    """Returns the frames per second of a film."""
    average = float(stream.average_rate or 0)
    grid = float(stream.guessed_rate or 0)
    rate = grid if not average or grid <= MAX_GRID * average else average
    return rate if 0 < rate <= MAX_FPS else DEFAULT_FPS
