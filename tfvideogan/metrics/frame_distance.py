"""How far frames of generated clips are, as a set, from real frames: FID [1] and KID.

    from tfvideogan.metrics import frame_distance
    from tfvideogan.metrics.features import inception

    loop.run.metrics = (@frame_distance.FrameDistance(),)
    frame_distance.FrameDistance.extractor = @inception.Inception()
    inception.Inception.weights = "/path/to/inception_v3.h5"

All frames of all clips are one set; `frames = 1` takes the first of each clip. Motion is
not seen. The name FID is for its own network of 2015, so that other extractors have their
name in brackets.

References:
  [1] Heusel et al., GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
      Equilibrium, NeurIPS 2017, section 3.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from tfvideogan.metrics import feature_distance
from tfvideogan.metrics.features import extractor as extractors


@dataclasses.dataclass(eq=False)
class FrameDistance(feature_distance.FeatureDistance):
    """FID and KID of frames, precision and recall, with floor and blurred frames.

    Attributes:
      extractor: of features of single frames, which come as clips of one frame.
      frames: how many of a clip are judged, from the first; None for all.
      controls: see `FeatureDistance`.
      cache_dir: see `FeatureDistance`.
    """

    controls: tuple[str, ...] = ("blurred",)

    frechet_name = "FID"
    kernel_name = "KID"

    def _default_length(self) -> int | None:
        return self.frames

    def _cost(self) -> tuple[float, int]:
        seconds, size = extractors.cost(self.extractor, frames=1)
        return seconds * (self.frames or extractors.USUAL_SIZE[0]), size

    def _features_of_made(self, clips: np.ndarray) -> np.ndarray:
        return _by_frame(self.extractor.features, clips)

    def _features_of_real(self, clips: np.ndarray) -> np.ndarray:
        return _by_frame(self._cached.features, clips)


def _by_frame(
    features: Callable[[np.ndarray], np.ndarray], clips: np.ndarray
) -> np.ndarray:
    """Features [N, T, D] of clips [N, T, H, W, C]."""
    number, length, *size = clips.shape
    found = features(clips.reshape(number * length, 1, *size))
    return found.reshape(number, length, -1)
