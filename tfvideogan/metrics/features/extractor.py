"""What turns clips into features, and what a distance of these features may be called.

    found = one.features(clips)          # uint8 [N, T, H, W, C] -> float32 [N, D]
    extractor.title("FVD", one)          # "FVD", or "FVD[random-convolutions]"

"FVD", "FID", "IS", "VFID" and "LPIPS" are the names of published protocols, each with a
network and weights of its own: a figure has such a name only if the extractor is the
reference. Any other carries the extractor's name in brackets, and is comparable with
nothing but itself.
"""

import hashlib
import pathlib
import time
from collections.abc import Iterable
from typing import Protocol

import numpy as np

from tfvideogan.core import errors

# What an extractor that takes any clip is measured on.
USUAL_SIZE = (16, 64, 64, 3)
READ_SIZE = 1 << 20  # bytes


class Extractor(Protocol):
    """A network, its weights and its preprocessing.

    Attributes:
      name: short, such as "i3d-kinetics-400".
      is_reference: whether these are the published weights of the protocol, verified.
      identity: sha256 (hex) of the weights and of the version of the preprocessing; what
        is cached belongs to it.
      min_frames: the fewest frames of a clip.
      size: T, H, W and C of the clips that it takes; None where any will do.
    """

    name: str
    is_reference: bool
    identity: str
    min_frames: int
    size: tuple[int | None, int | None, int | None, int | None]

    def features(self, clips: np.ndarray) -> np.ndarray:
        """Returns float32 [N, D] of clips uint8 [N, T, H, W, C].

        Raises:
          UserError: the clips do not fit.
        """


class ClassExtractor(Extractor, Protocol):
    """An extractor that classifies, too."""

    def probabilities(self, clips: np.ndarray) -> np.ndarray:
        """Returns float32 [N, K] of clips uint8 [N, T, H, W, C].

        Raises:
          UserError: the clips do not fit.
        """


def title(measure: str, extractor: Extractor) -> str:
    """Returns what a measure by an extractor is called; see the head of the file."""
    return measure if extractor.is_reference else f"{measure}[{extractor.name}]"


def describe(metric: object, extractor: Extractor) -> str:
    """Returns what a record says of a metric: its class, network and weights."""
    return f"{type(metric).__name__} by {extractor.name}, sha256 {extractor.identity}"


def check_clips(extractor: Extractor, clips: np.ndarray) -> None:
    """Raises UserError when an extractor does not take clips of this shape."""
    _, frames, *sizes = clips.shape
    length, *wanted = extractor.size
    fits = all(two in (None, one) for one, two in zip(sizes, wanted, strict=True))
    least = length or extractor.min_frames
    is_long = frames >= least if length is None else frames == length
    if not (fits and is_long):
        often = "" if length else " or more"
        named = ["any" if one is None else str(one) for one in wanted]
        shape = "any size" if set(named) == {"any"} else "x".join(named)
        raise errors.UserError(
            f"the clips have {frames} frames of {'x'.join(map(str, sizes))} (height, "
            f"width, channels), but {extractor.name} wants {least}{often} frames of "
            f"{shape}; judge such clips, or take another extractor."
        )


def example(extractor: Extractor, *, frames: int | None) -> np.ndarray:
    """Returns one black clip that an extractor takes, uint8 [1, T, H, W, C].

    Args:
      extractor: whose.
      frames: its length, where any will do.
    """
    length = frames or max(USUAL_SIZE[0], extractor.min_frames)
    usual = (length, *USUAL_SIZE[1:])
    sizes = zip(extractor.size, usual, strict=True)
    return np.zeros([1, *(one or other for one, other in sizes)], np.uint8)


def cost(extractor: Extractor, *, frames: int | None) -> tuple[float, int]:
    """Measures what a clip costs on this machine, after the network was traced.

    Args:
      extractor: whose.
      frames: see `example`.

    Returns:
      Seconds for one clip, and the number of features D.
    """
    clip = example(extractor, frames=frames)
    extractor.features(clip)
    start = time.perf_counter()
    found = extractor.features(clip)
    return time.perf_counter() - start, found.shape[1]


def duration(seconds: float) -> str:
    """Returns a rough time in words, such as "80 min"."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def digest(paths: Iterable[pathlib.Path], *more: str) -> str:
    """Returns the sha256 (hex) of the contents of files, in order, and of more words."""
    found = hashlib.sha256("\0".join(more).encode())
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(READ_SIZE):
                found.update(block)
    return found.hexdigest()
