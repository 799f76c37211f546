"""Reads films: whatever FFmpeg can decode, from start to end, as its player shows it.

Turned and mirrored films stand upright, pixels that are not square are made so, colours
are rounded rather than cut off. The promises are those of `reader.py`, which is what to
call.
"""

import contextlib
import os
import pathlib
from collections.abc import Iterator

import av
import numpy as np
from absl import logging

from tfvideogan.media import damage, scaling, timing

DEFAULT_FPS = 25.0
# Rates that differ by less are the same one, rounded.
SAME_RATE = 1e-3
# Of a film whose rate its header leaves open, so much is looked through for its clock.
MAX_SCAN = 2**24  # bytes
# Containers without timestamps of their own: frames are evenly spaced, and the decoder's
# times of packed bitstreams jump.
UNTIMED = ("avi",)
# Containers that promise the moment of the end; others promise a duration.
ENDS = ("flv", "matroska,webm")
# A film that lacks more than this share of what its head promises is cut off. Old AVI
# files promise a frame or two too many, however short they are.
MAX_MISSING = 0.05
MAX_MISSING_FRAMES = {"avi": 2}
# FFmpeg prefers a stream that is marked as the default one like so many pixels.
DEFAULT_BONUS = 5_000_000


def probe(path: pathlib.Path) -> tuple[int, int, float, int | None, float]:
    """Returns height, width, frames per second, their number if known, and aspect.

    Height and width are those of the frames as they are shown, with square pixels; aspect
    is the width of the file's pixels in units of their height.
    """
    rate = _own_rate(path)
    with _opened(path) as container:
        stream = _stream(path, container)
        frame = next(container.decode(stream), None)
        if frame is None:
            raise damage.DamagedClip(f"{path} has no frames.")
        height, width = scaling.shown_size(frame, _aspect(stream))
        return height, width, rate, stream.frames or None, _aspect(stream)


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
      path: of a file.
      size: height and width wanted; None keeps the film's own.
      channels: 1 or 3.
      fit: see `resizing.py`.
      fps: wanted; None takes the least at which every frame of the film is shown.

    Raises:
      DamagedClip: the file is no film; what comes later is raised by the iterator.
    """
    rate = _own_rate(path)
    convert = scaling.Converter(size, channels, fit)
    return _converted(path, convert, rate, fps), fps or rate


def _converted(
    path: pathlib.Path, convert: scaling.Converter, rate: float, fps: float | None
) -> Iterator[tuple[int, np.ndarray]]:
    with _opened(path) as container:
        stream = _stream(path, container)
        # Clips are read side by side; more threads within each would only wait.
        stream.codec_context.thread_count = 1
        convert.aspect = _aspect(stream)
        timed = _timed(path, container, stream, rate)
        last, made, num_lost = -1, None, 0
        for number, frame in timing.at_rate(timed, fps or rate, hold=1 / rate):
            if number != last:  # one that is shown twice is converted once
                num_lost += number - last - 1
                last, made = number, convert(frame)
            yield number, made
    if num_lost and fps is None:
        logging.warning(
            "%s: %d frames are left out, as they come closer together than %g frames/s.",
            path,
            num_lost,
            rate,
        )


def _timed(
    path: pathlib.Path,
    container: av.container.InputContainer,
    stream: av.video.stream.VideoStream,
    rate: float,
) -> Iterator[tuple[float, tuple[int, av.VideoFrame]]]:
    """Yields (seconds, (number, frame)), and checks at the end that nothing is missing."""
    is_timed = container.format.name not in UNTIMED
    count, faults = 0, _Faults()
    seconds = first = shift = 0.0
    for packet in container.demux(stream):
        for frame in faults.decoded(packet):
            following = seconds + 1 / rate if count else 0.0
            if is_timed and frame.time is not None:
                now = frame.time + shift
                if count and now <= seconds:  # a clock that was set back
                    shift += following - now
                    now = following
            else:
                now = following
            if count and now - seconds > timing.MAX_PAUSE:
                logging.warning("%s: a pause of %.0f s is cut.", path, now - seconds)
            seconds = now
            first = first if count else seconds
            yield seconds, (count, frame)
            count += 1
    faults.check(path)
    _check_whole(path, container, stream, count, seconds - first + 1 / rate, first)


class _Faults:
    """Counts what cannot be decoded.

    What fails before the first packet that can be decoded is no damage: recordings begin
    anywhere. What fails behind the last one is missing. All else is damage inside, after
    which no frame is given any more.
    """

    def __init__(self) -> None:
        self._packets = self._before = self._failed = self._incomplete = 0
        self._is_begun = self._is_inside = False

    def decoded(self, packet: av.Packet) -> Iterator[av.VideoFrame]:
        """Yields the sound frames that a packet completes."""
        self._packets += bool(packet.size)
        try:
            found = packet.decode()
        except av.error.FFmpegError:
            if self._is_begun:
                self._failed += 1
            else:
                self._before += 1
            return
        self._is_begun = True
        # The last packet is an empty one, for which decoders give what they held back.
        self._is_inside |= bool(packet.size and self._failed)
        for frame in found:
            if frame.is_corrupt:  # the decoder filled in what was missing
                self._incomplete += 1
                continue
            self._is_inside |= bool(self._incomplete)
            if not self._is_inside:
                yield frame

    def check(self, path: pathlib.Path) -> None:
        """Raises DamagedClip when a film is damaged inside, or much of its end is."""
        faults = self._failed + self._incomplete
        if self._is_inside or faults > MAX_MISSING * self._packets + 1:
            raise damage.DamagedClip(
                f"{path} is damaged: {self._failed} of its {self._packets} packets cannot "
                f"be decoded, {self._incomplete} frames are incomplete; copy it again."
            )
        for count, where in (
            (self._before, "before its first"),
            (faults, "at its end"),
        ):
            if count:
                logging.warning("%s: %d broken packets %s.", path, count, where)


def _check_whole(
    path: pathlib.Path,
    container: av.container.InputContainer,
    stream: av.video.stream.VideoStream,
    count: int,
    span: float,
    first: float,
) -> None:
    """Checks that a film is as long as its head promises.

    Args:
      path: for messages.
      container: of the film.
      stream: of its frames.
      count: of frames that were decoded.
      span: their seconds.
      first: second of the first one.
    """
    if not count:
        raise damage.DamagedClip(f"{path} has no frame that can be decoded.")
    promised = _promised(container, stream)
    if promised is None:
        return
    if container.format.name in ENDS and first < promised:
        promised -= first
    share = max(count / stream.frames if stream.frames else 0.0, span / promised)
    missing = max(0, stream.frames - count)
    spared = MAX_MISSING_FRAMES.get(container.format.name)
    if spared and missing:
        logging.warning("%s lacks %d of the frames it promises.", path, missing)
    if share < 1 - MAX_MISSING and not (spared and 0 < missing <= spared):
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


@contextlib.contextmanager
def _opened(path: pathlib.Path) -> Iterator[av.container.InputContainer]:
    """Opens a file; tags in other encodings than UTF-8 do no harm."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(_explained(path))
        # A whole path is not taken for an address, whatever the name begins with.
        source = os.path.abspath(path)
        try:
            source.encode()
        except UnicodeEncodeError:  # FFmpeg is given names as UTF-8
            source = stack.enter_context(path.open("rb"))
        yield stack.enter_context(av.open(source, metadata_errors="replace"))


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
    """Returns the stream that FFmpeg shows: the largest; pictures on covers are none."""
    pictures = av.stream.Disposition.attached_pic
    streams = [s for s in container.streams.video if not s.disposition & pictures]
    if not streams:
        raise damage.DamagedClip(f"{path} has no video stream.")

    def score(stream: av.video.stream.VideoStream) -> int:
        is_default = bool(stream.disposition & av.stream.Disposition.default)
        return stream.width * stream.height + DEFAULT_BONUS * is_default

    return max(streams, key=score)


def _own_rate(path: pathlib.Path) -> float:
    """Returns the frames per second at which a film loses no frame."""
    with _opened(path) as container:
        stream = _stream(path, container)
        average, guessed = (
            float(rate or 0) for rate in (stream.average_rate, stream.guessed_rate)
        )
        is_even = abs(average - guessed) <= SAME_RATE * guessed
        is_untimed = container.format.name in UNTIMED
        if 0 < average <= timing.MAX_FPS and (is_even or is_untimed):
            return average
        times, size = [], 0
        for packet in container.demux(stream):
            size += packet.size
            if packet.pts is not None:
                times.append(float(packet.pts * packet.time_base))
            if size > MAX_SCAN:
                break
    named = (average, guessed)
    return timing.own_rate(sorted(set(times)), named) or DEFAULT_FPS


def _aspect(stream: av.video.stream.VideoStream) -> float:
    return float(stream.sample_aspect_ratio or 1) or 1.0
