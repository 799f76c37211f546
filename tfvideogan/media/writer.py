"""Writes clips to files that play: one function, chosen by the file's ending.

| ending          | what is written                                                       |
|-----------------|-----------------------------------------------------------------------|
| `.mp4`          | H.264, yuv420p, index in front: plays in every browser                |
| `.gif`          | 256 colours, endless                                                  |
| `.apng`, `.png` | animated PNG, exact, endless                                          |
| `.npz`          | arrays `frames` (uint8) and `fps`                                     |
| none            | a folder of 00000.png, 00001.png ...                                  |

    writer.write_video("clip.mp4", frames, fps=8)  # frames [T, H, W, C] uint8
"""

import fractions
import io
import os
import pathlib
import tempfile
from collections.abc import Callable, Mapping

import av
import numpy as np
from absl import logging
from PIL import Image

from tfvideogan.core import errors

# Constant quality of x264: visually lossless.
CRF = "17"
# yuv420p halves both sides.
EVEN = 2
MAX_FPS_DENOMINATOR = 1001
# Our RGB is turned to YUV by BT.601 weights; a player must know.
BT601 = 6
BT709 = 1
LIMITED_RANGE = 1
MILLISECONDS = 1000
# GIF counts hundredths of a second, and browsers slow down what is faster than two.
GIF_TICKS = 100
MAX_GIF_FPS = 50.0
ARCHIVE = ".npz"


def write_video(path: str | pathlib.Path, frames: np.ndarray, fps: float) -> None:
    """Writes a clip in the format of the file's ending; a file appears whole or not.

    Args:
      path: of the file; its folder is made.
      frames: [T, H, W, 3 or 1] uint8. For mp4, odd sizes are made even by repeating the
        last row or column.
      fps: frames per second.

    Raises:
      UserError: the ending is unknown, or the frames are no video.
    """
    path = pathlib.Path(path)
    _check(frames, fps)
    check_ending(path)
    if not path.suffix:
        _write_folder(path, frames)
        return
    _write_file(path, _WRITERS[path.suffix.lower()](frames, fps))


def check_ending(path: pathlib.Path) -> None:
    """Checks that a video can be written under a name.

    Raises:
      UserError: the ending is unknown.
    """
    suffix = path.suffix.lower()
    if suffix and suffix not in _WRITERS:
        raise errors.UserError(
            f"{path} ends in {suffix!r}; a video can be written as "
            f"{', '.join(_WRITERS)}, or as a folder of pictures (no ending)."
        )


def write_arrays(path: str | pathlib.Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes arrays by name as a compressed NumPy archive, which appears whole or not.

    Raises:
      UserError: the path does not end in .npz.
    """
    path = pathlib.Path(path)
    if path.suffix.lower() != ARCHIVE:
        raise errors.UserError(
            f"{path} cannot hold {', '.join(arrays)}; numbers are written as {ARCHIVE}."
        )
    _write_file(path, _archive_bytes(arrays))


def mp4_bytes(frames: np.ndarray, fps: float) -> bytes:
    """Encodes [T, H, W, C] uint8 as H.264 in mp4."""
    frames = encodable(frames)
    options = {"movflags": "+faststart"}
    with tempfile.TemporaryDirectory() as folder:
        # The index can only be moved to the front of a file with a name.
        path = pathlib.Path(folder) / "clip.mp4"
        with av.open(path, "w", format="mp4", options=options) as container:
            stream = h264_stream(container, *frames.shape[1:3], fps)
            for frame in frames:
                picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        return path.read_bytes()


def gif_bytes(frames: np.ndarray, fps: float) -> bytes:
    """Encodes [T, H, W, C] uint8 as an endless GIF with one palette.

    Frames last whole hundredths of a second, longer and shorter ones in turn, so that
    their mean is right; more than `MAX_GIF_FPS` cannot be shown.
    """
    frames = _rgb(frames)
    num_frames, height, width, _ = frames.shape
    strip = Image.fromarray(frames.reshape(num_frames * height, width, 3))
    palette = strip.quantize(dither=Image.Dither.NONE)
    pictures = [
        Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)
        for frame in frames
    ]
    if fps > MAX_GIF_FPS:
        logging.warning(
            "A GIF cannot show %g frames/s; it plays at %g.", fps, MAX_GIF_FPS
        )
    ends = np.rint(np.arange(num_frames + 1) * GIF_TICKS / min(fps, MAX_GIF_FPS))
    durations = np.diff(ends) * (MILLISECONDS / GIF_TICKS)
    return _animated(pictures, "GIF", durations.tolist())


def apng_bytes(frames: np.ndarray, fps: float) -> bytes:
    """Encodes [T, H, W, C] uint8 as an endless animated PNG, without loss."""
    return _animated(_pictures(frames), "PNG", MILLISECONDS / fps)


def npz_bytes(frames: np.ndarray, fps: float) -> bytes:
    """Encodes frames and rate as a compressed NumPy archive."""
    return _archive_bytes({"frames": frames, "fps": np.float64(fps)})


def h264_stream(
    container: av.container.OutputContainer, height: int, width: int, fps: float
) -> av.video.stream.VideoStream:
    """Adds a stream of H.264 to a container, for frames of even sides."""
    rate = fractions.Fraction(fps).limit_denominator(MAX_FPS_DENOMINATOR)
    stream = container.add_stream("libx264", rate=rate, options={"crf": CRF})
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    context.colorspace, context.color_range = BT601, LIMITED_RANGE
    context.color_primaries, context.color_trc = BT709, BT709
    return stream


def encodable(frames: np.ndarray) -> np.ndarray:
    """Returns frames [T, H, W, 3] of even sides, whose last row or column is repeated."""
    return _even(_rgb(frames))


_WRITERS: dict[str, Callable[[np.ndarray, float], bytes]] = {
    ".mp4": mp4_bytes,
    ".gif": gif_bytes,
    ".apng": apng_bytes,
    ".png": apng_bytes,
    ARCHIVE: npz_bytes,
}


def _write_file(path: pathlib.Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}-", delete=False
    ) as draft:
        draft.write(content)
    os.chmod(draft.name, 0o644)  # temporary files are private
    os.replace(draft.name, path)


def _archive_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _write_folder(path: pathlib.Path, frames: np.ndarray) -> None:
    path.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(_pictures(frames)):
        picture.save(path / f"{number:05d}.png")


def _animated(
    pictures: list[Image.Image], form: str, duration: float | list[float]
) -> bytes:
    buffer = io.BytesIO()
    pictures[0].save(
        buffer,
        format=form,
        save_all=True,
        append_images=pictures[1:],
        duration=duration,  # milliseconds
        loop=0,
    )
    return buffer.getvalue()


def _pictures(frames: np.ndarray) -> list[Image.Image]:
    if frames.shape[-1] == 1:
        frames = frames[..., 0]
    return [Image.fromarray(frame) for frame in frames]


def _rgb(frames: np.ndarray) -> np.ndarray:
    """Returns frames [T, H, W, 3]."""
    return np.ascontiguousarray(np.broadcast_to(frames, (*frames.shape[:-1], 3)))


def _even(frames: np.ndarray) -> np.ndarray:
    """Makes height and width even by repeating the last row or column."""
    _, height, width, _ = frames.shape
    rim = ((0, 0), (0, height % EVEN), (0, width % EVEN), (0, 0))
    return np.ascontiguousarray(np.pad(frames, rim, mode="edge"))


def _check(frames: np.ndarray, fps: float) -> None:
    is_video = frames.ndim == 4 and frames.shape[-1] in (1, 3) and frames.size > 0
    if frames.dtype != np.uint8 or not is_video:
        raise errors.UserError(
            f"`frames` is {frames.dtype}{list(frames.shape)}, but must be uint8 "
            "[T, H, W, 3 or 1] with at least one frame."
        )
    if not fps > 0:
        raise errors.UserError(f"`fps` ({fps}) must be positive.")
