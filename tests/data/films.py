"""Writes small films for tests in the codecs and faults that users have."""

import fractions
import pathlib

import av
import numpy as np

RATE = 25
# Codec and pixel format by ending.
CODECS = {
    ".mp4": ("libx264", "yuv420p"),
    ".mov": ("libx264", "yuv420p"),
    ".mkv": ("libx264", "yuv420p"),
    ".avi": ("mpeg4", "yuv420p"),
    ".webm": ("libvpx-vp9", "yuv420p"),
}


def ramp(length: int = 10, height: int = 32, width: int = 48) -> np.ndarray:
    """Frames [T, H, W, 3] of one grey each: frame t is 20 + 20 t."""
    grey = 20 + 20 * np.arange(length)
    shape = (length, height, width, 3)
    return np.broadcast_to(grey[:, None, None, None], shape).astype(np.uint8)


def write(
    path: pathlib.Path,
    frames: np.ndarray | None = None,
    *,
    rate: int = RATE,
    times: list[int] | None = None,
    turn: tuple[int, bool, bool] | None = None,
    aspect: fractions.Fraction | None = None,
) -> pathlib.Path:
    """Writes a film.

    Args:
      path: its ending decides the codec.
      frames: [T, H, W, 3] uint8.
      rate: frames per second.
      times: moments of the frames in units of 1 / rate.
      turn: degrees, and whether it is mirrored from left to right and upside down.
      aspect: width of a pixel in units of its height.
    """
    frames = ramp() if frames is None else frames
    codec, form = CODECS[path.suffix]
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = *frames.shape[2:0:-1], form
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if turn:
            stream.set_display_rotation(turn[0], hflip=turn[1], vflip=turn[2])
        for number, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts = times[number] if times else number
            picture.time_base = fractions.Fraction(1, rate)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def corners(length: int = 3, height: int = 32, width: int = 48) -> np.ndarray:
    """Frames whose quarters are red, green, blue and white, from the left, top first."""
    colours = np.uint8([[(200, 30, 30), (30, 160, 30)], [(30, 30, 200), (220,) * 3]])
    picture = colours.repeat(height // 2, 0).repeat(width // 2, 1)
    return np.broadcast_to(picture, (length, *picture.shape))


def truncate(path: pathlib.Path, share: float = 0.5) -> pathlib.Path:
    """Cuts a file off."""
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    return path


def greys(frames: np.ndarray) -> list[int]:
    """The `t` of each frame of a ramp."""
    return [round((float(frame.mean()) - 20) / 20) for frame in frames]
