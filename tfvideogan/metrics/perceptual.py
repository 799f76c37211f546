"""LPIPS of generated against real frames, and of their changes in time.

    python -m tfvideogan.get_weights lpips      # once

    metric = perceptual.PerceptualDistance(horizon=8, copy_baseline=True)

Smaller is better. Frames are looked at in the size that they have, 32 pixels or more, and
not scaled up to 224 x 224, as some do: compare no figure with one of another size.

References:
  [1] Zhang et al., "The unreasonable effectiveness of deep features as a perceptual
      metric", CVPR 2018.
  [2] Chu et al., "Learning temporal coherence via self-supervision for GAN-based video
      generation" (TecoGAN), SIGGRAPH 2020, section 5.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping

import numpy as np

from tfvideogan.core import errors
from tfvideogan.metrics import image
from tfvideogan.pretrained import alexnet, image_network, lpips, vgg16

# Frames that go through the network at a time: features of VGG16 are large.
_BATCH = 16
_SHORT_NAMES = {alexnet.NAME: "Alex", vgg16.NAME: "VGG"}
# [2] reports hundredths.
_TEMPORAL_SCALE = 100.0


def distances(
    distance: lpips.LPIPS, frames: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """Computes LPIPS [1] of each frame.

    Args:
      distance: the network.
      frames: [..., H, W, 1 or 3] in [0, 1], H and W 32 or more; grey is seen as three
        equal channels.
      targets: the same shape.

    Returns:
      [...] float64, 0 for equal frames.

    Raises:
      UserError: the frames are too small.
    """
    folded = (-1, *frames.shape[-3:-1], image_network.CHANNELS)
    ours, theirs = (_seen(one).reshape(folded) for one in (frames, targets))
    values = [
        distance(ours[first : first + _BATCH], theirs[first : first + _BATCH])
        for first in range(0, len(ours), _BATCH)
    ]
    return np.concatenate(values).astype(np.float64).reshape(frames.shape[:-3])


def temporal_distances(
    distance: lpips.LPIPS, frames: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """Computes tLP of [2]: 100 times how much the change since the last frame differs.

    The authors leave out the first and the last two frames; here all count.

    Args:
      distance: the network.
      frames: [..., T, H, W, 1 or 3] in [0, 1]; see `distances`.
      targets: the same shape.

    Returns:
      [..., T] float64, NaN for the first frame, which has none before it.

    Raises:
      UserError: the frames are too small.
    """
    ours, theirs = (
        distances(distance, one[..., :-1, :, :, :], one[..., 1:, :, :, :])
        for one in (frames, targets)
    )
    values = np.full(frames.shape[:-3], np.nan)
    values[..., 1:] = _TEMPORAL_SCALE * np.abs(ours - theirs)
    return values


@dataclasses.dataclass(eq=False)
class PerceptualDistance(image.FrameMetric):
    """LPIPS of generated frames, over T, 2T, 3T … frames; `LPIPS-Alex/frames/T` and so on.

    The settings are those of `image.FrameMetric`, without a region.

    Attributes:
      network: "alexnet", which is meant where nothing is said, or "vgg16".
      temporal: measure tLP of [2], too.

    Raises:
      UserError: a setting is wrong, or the weights have not been fetched.
    """

    network: str = alexnet.NAME
    temporal: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.region is not None:
            raise errors.UserError(
                f"`region` ({self.region}) must be None: LPIPS is of whole frames."
            )
        self._distance = lpips.load(self.network)

    def functions(self) -> Mapping[str, image.Measure]:
        """Returns LPIPS and, where it is asked for, tLP."""
        network = _SHORT_NAMES[self.network]
        functions = {f"LPIPS-{network}": distances}
        if self.temporal:
            functions[f"tLP-{network}"] = temporal_distances
        return {
            name: functools.partial(_unweighted, function, self._distance)
            for name, function in functions.items()
        }


def _unweighted(
    function: Callable[..., np.ndarray],
    distance: lpips.LPIPS,
    frames: np.ndarray,
    targets: np.ndarray,
    weights: None,
) -> np.ndarray:
    return function(distance, frames, targets)


def _seen(frames: np.ndarray) -> np.ndarray:
    """Brings frames to the range and channels of the network."""
    scaled = np.asarray(frames, np.float32) * 2.0 - 1.0
    is_grey = scaled.shape[-1] == 1
    return scaled.repeat(image_network.CHANNELS, axis=-1) if is_grey else scaled
