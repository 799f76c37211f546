"""From decoded frames of a film to arrays: upright, with square pixels, of one size.

convert = scaling.Converter((64, 64), 3, "crop")
array = convert(frame)  # [64, 64, 3] uint8
"""

import itertools

import av
import av.filter
import numpy as np
from av.sidedata import sidedata

from tfvideogan.media import orientation, resizing

FORMATS = {1: "gray", 3: "rgb24"}
# Flags of FFmpeg's scaler: round where its default cuts off, which makes colours of
# yuv420p up to three levels too dark.
ROUNDED = "accurate_rnd+full_chroma_int"


class Converter:
    """Turns decoded frames to arrays of one size and format.

    Scaled by the filter of FFmpeg's program, so that they equal its frames to the bit: the
    scaler alone lets colours lie elsewhere between the pixels. To make one for each frame
    would take longer than to decode it.

    Attributes:
      aspect: width of a pixel in units of its height.
    """

    def __init__(self, size: tuple[int, int] | None, channels: int, fit: str) -> None:
        """Creates a converter.

        Args:
          size: height and width wanted; None keeps those of the first frame.
          channels: 1 or 3.
          fit: see `resizing.py`.
        """
        self.aspect = 1.0
        self._size = size
        self._form = FORMATS[channels]
        self._fit = fit
        self._scaler: av.filter.Graph | None = None
        self._kind: tuple[object, ...] = ()

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        """Returns a frame upright, with square pixels, as [H, W, C] uint8."""
        matrix = _matrix(frame)
        shown = shown_size(frame, self.aspect)
        # Frames that change their size on the way take that of the first, as in FFmpeg.
        self._size = self._size or shown
        size = resizing.covering(*shown, *self._size, fit=self._fit)
        height, width = size[::-1] if orientation.is_sideways(matrix) else size
        kind = (height, width, *_properties(frame).items())
        if kind != self._kind:
            self._scaler, self._kind = self._make_scaler(frame, height, width), kind
        self._scaler.push(frame)
        scaled = self._scaler.pull().to_ndarray().reshape(height, width, -1)
        upright = orientation.upright(scaled, matrix)
        return np.ascontiguousarray(resizing.middle(upright, *self._size))

    def _make_scaler(
        self, frame: av.VideoFrame, height: int, width: int
    ) -> av.filter.Graph:
        shrinks = height * width < frame.height * frame.width
        flags = f"{'area' if shrinks else 'bicubic'}+{ROUNDED}"
        graph = av.filter.Graph()
        properties = _properties(frame)
        # Clips are read side by side; more threads within each would only wait.
        size = f"{width}:{height}:threads=1"
        stages = [
            graph.add("buffer", ":".join(f"{k}={v}" for k, v in properties.items())),
            graph.add("scale", f"{size}:flags={flags}:out_range=full"),
            graph.add("format", self._form),
            graph.add("buffersink"),
        ]
        for stage, following in itertools.pairwise(stages):
            stage.link_to(following)
        graph.configure()
        return graph


def shown_size(frame: av.VideoFrame, aspect: float) -> tuple[int, int]:
    """Returns height and width of a frame upright, with square pixels."""
    size = frame.height, max(1, round(frame.width * aspect))
    return size[::-1] if orientation.is_sideways(_matrix(frame)) else size


def _properties(frame: av.VideoFrame) -> dict[str, object]:
    """Returns what FFmpeg's scaler must know of a frame."""
    return {
        "video_size": f"{frame.width}x{frame.height}",
        "pix_fmt": frame.format.name,
        "colorspace": int(frame.colorspace),
        "range": int(frame.color_range),
        "time_base": "1/1000",  # of no matter
    }


def _matrix(frame: av.VideoFrame) -> tuple[int, int, int, int]:
    """Returns how to turn a frame, as in `orientation.py`."""
    found = frame.side_data.get(sidedata.Type.DISPLAYMATRIX)
    if found is None:
        return orientation.UPRIGHT
    numbers = np.frombuffer(bytes(found), np.int32)
    return tuple(int(numbers[place]) for place in (0, 1, 3, 4))
