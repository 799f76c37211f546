"""Writes a video piece by piece, with the sound of another: for films of any length.

    with film_writer.opened("out.mp4", fps=25, sound="film.mp4") as film:
        for frames in pieces:  # [T, H, W, C] uint8
            film.write(frames)
    film.lines                 # what became of the sound

An mp4 and a folder of pictures hold no more than a piece in memory; the other formats of
`writer.py` want the whole video, and get it at the end. A file appears whole or not at all.
"""

import contextlib
import os
import pathlib
import tempfile
from collections.abc import Iterator

import av
import numpy as np
from PIL import Image

from tfvideogan.core import errors
from tfvideogan.media import writer

MP4 = ".mp4"


def opened(
    path: str | pathlib.Path, *, fps: float, sound: str | pathlib.Path | None = None
) -> "FilmWriter":
    """Returns what writes a video in the format of the path's ending.

    Args:
      path: of the file, or of a folder (no ending).
      fps: frames per second.
      sound: a film whose first audio stream is copied, as it is, as far as the pictures
        go; only mp4 can hold one.

    Raises:
      UserError: the ending is unknown, or `fps` is not positive.
    """
    path = pathlib.Path(path)
    writer.check_ending(path)
    if not fps > 0:
        raise errors.UserError(f"`fps` ({fps}) must be positive.")
    if path.suffix.lower() == MP4:
        return _Mp4Writer(path, fps, sound)
    return FilmWriter(path, fps, sound)


class FilmWriter:
    """Writes pictures into a folder, or a file at the end.

    Attributes:
      lines: what a user should know of the sound.
    """

    def __init__(
        self, path: pathlib.Path, fps: float, sound: str | pathlib.Path | None
    ) -> None:
        """Stores where a video goes; see `opened`."""
        self.path, self.fps, self.sound = path, fps, sound
        self.lines: list[str] = []
        self._held: list[np.ndarray] = []
        self._count = 0

    def __enter__(self) -> "FilmWriter":
        if self.sound and has_sound(self.sound):
            self.lines.append(f"{self.path} has no sound: only an mp4 can hold it.")
        return self

    def write(self, frames: np.ndarray) -> None:
        """Goes on with frames [T, H, W, C] uint8."""
        if self.path.suffix:
            self._held.append(frames)
            return
        self.path.mkdir(parents=True, exist_ok=True)
        for frame in frames:
            picture = frame[..., 0] if frame.shape[-1] == 1 else frame
            Image.fromarray(picture).save(self.path / f"{self._count:05d}.png")
            self._count += 1

    def __exit__(self, kind: type | None, error: object, trace: object) -> None:
        if kind is None and self._held:
            writer.write_video(self.path, np.concatenate(self._held), self.fps)


class _Mp4Writer(FilmWriter):
    """Encodes each piece at once, with the sound that belongs to it."""

    def __enter__(self) -> "_Mp4Writer":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(
            dir=self.path.parent, prefix=f".{self.path.name}-", suffix=MP4
        )
        os.close(handle)
        self._draft = pathlib.Path(draft)
        self._container: av.container.OutputContainer | None = None
        return self

    def write(self, frames: np.ndarray) -> None:
        """Goes on with frames [T, H, W, C] uint8."""
        frames = writer.encodable(frames)
        if self._container is None:
            self._open(*frames.shape[1:3])
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            self._container.mux(self._video.encode(picture))
            self._count += 1
            self._sound_until(self._count / self.fps)

    def __exit__(self, kind: type | None, error: object, trace: object) -> None:
        try:
            if kind is None and self._container is not None:
                self._container.mux(self._video.encode())
            if self._container is not None:
                self._container.close()
                self._packets.close()
            if kind is None and self._count:
                os.chmod(self._draft, 0o644)  # temporary files are private
                os.replace(self._draft, self.path)
        finally:
            self._draft.unlink(missing_ok=True)

    def _open(self, height: int, width: int) -> None:
        """Begins the file, with sound if there is some that an mp4 can hold."""
        has_sound_ = bool(self.sound) and has_sound(self.sound)
        for is_with_sound in (has_sound_, False):
            self._container = av.open(
                self._draft, "w", format="mp4", options={"movflags": "+faststart"}
            )
            self._video = writer.h264_stream(self._container, height, width, self.fps)
            self._packets = _packets(self.sound if is_with_sound else None)
            self._audio = None
            try:
                if is_with_sound:
                    source = next(self._packets).stream
                    self._audio = self._container.add_stream_from_template(source)
                self._container.start_encoding()
            except (av.error.FFmpegError, ValueError, StopIteration):
                if not is_with_sound:
                    raise
                self._packets.close()
                with contextlib.suppress(av.error.FFmpegError):
                    self._container.close()
                self.lines.append(
                    f"{self.path} has no sound: an mp4 cannot hold that of {self.sound}."
                )
                continue
            break
        self._waiting: av.Packet | None = None

    def _sound_until(self, seconds: float) -> None:
        """Copies the sound before a moment; what lies beyond the pictures never comes."""
        while self._audio is not None:
            packet = self._waiting or next(self._packets, None)
            self._waiting = None
            if packet is None:
                self._audio = None
            elif packet.pts * packet.time_base >= seconds:
                self._waiting = packet
                return
            else:
                packet.stream = self._audio
                self._container.mux(packet)


def has_sound(path: str | pathlib.Path) -> bool:
    """Whether a path is a film with an audio stream."""
    if pathlib.Path(path).is_dir():
        return False
    try:
        with av.open(path) as container:
            return bool(container.streams.audio)
    except av.error.FFmpegError:
        return False


def _packets(path: str | pathlib.Path | None) -> Iterator[av.Packet]:
    """Yields the packets of the first audio stream, the first of them twice.

    Their times count from the first picture of the film.
    """
    if path is None:
        return
    with av.open(path) as container:
        audio = container.streams.audio[0]
        start = _start(container)
        is_first = True
        for packet in container.demux(audio):
            if packet.pts is None or packet.dts is None:
                continue
            shift = round(start / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            if packet.pts < 0:  # sounds before the first picture
                continue
            if is_first:
                yield packet
                is_first = False
            yield packet


def _start(container: av.container.InputContainer) -> float:
    """Returns when the pictures of a film begin, seconds."""
    if not container.streams.video:
        return 0.0
    video = container.streams.video[0]
    return float((video.start_time or 0) * video.time_base)
