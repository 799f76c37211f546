"""How much the content of a clip changes while it moves: ACD.

    average_content_distance(features)      # [N, T, D] -> [N]

The average content distance of MoCoGAN [1] is the mean L2 distance between the features of
all pairs of frames of a clip. It is low for a frozen clip, too: read it beside
`movement.py`, and beside the value of real clips. A feature is one of

    object colour   the mean colour of the one object before a plain ground, in levels of
                    0 to 255, so that still colours have 0
    histogram       which colours a frame has, heedless of where: for real scenes

All is NumPy in float64.

[1] Tulyakov et al., MoCoGAN, CVPR 2018, section 4.
"""

import dataclasses
import itertools
from collections.abc import Mapping

import numpy as np

from tfvideogan.core import errors
from tfvideogan.metrics import image, objects, streaming

REMEDY = "`ContentDistance` judges models that generate videos."
OBJECT_COLOUR = "object colour"
HISTOGRAM = "histogram"
FEATURES = (OBJECT_COLOUR, HISTOGRAM)
# Bins of each channel, by the number of channels: 64 colours, or 16 greys.
BINS = {1: 16, 3: 4}


@dataclasses.dataclass(eq=False)
class ContentDistance(streaming.MeanMetric):
    """ACD of generated and real clips, and in how many frames there is an object.

    The results are `ACD/model/T` and the like.

    Attributes:
      feature: what content is: "object colour" or "histogram", see the head of the file.
        The second is reported as `ACD of histograms`, from 0 to the root of 2.

    Raises:
      UserError: it is neither.
    """

    feature: str = OBJECT_COLOUR

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.feature not in FEATURES:
            raise errors.UserError(
                f"`ContentDistance.feature` ({self.feature!r}) must be one of "
                f"{', '.join(FEATURES)}."
            )

    @property
    def needs_plain_ground(self) -> bool:
        """Whether the object must be found; histograms are of any scene."""
        return self.feature == OBJECT_COLOUR

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        videos = streaming.generated_and_real(batch, outputs, remedy=REMEDY)
        for subject, frames in videos.items():
            if self.feature == HISTOGRAM:
                features = histograms(frames)
                self._add(
                    f"ACD of histograms/{subject}/T", average_content_distance(features)
                )
                continue
            masks = objects.find(frames)
            features = objects.colours(frames, masks)
            found = masks.any(axis=(2, 3)).mean(axis=1)
            self._add(f"ACD/{subject}/T", average_content_distance(features))
            self._add(f"object found/{subject}/T", found)

    def _add(self, name: str, values: np.ndarray) -> None:
        for value in values:
            self._means.add(name, float(value))


def average_content_distance(features: np.ndarray) -> np.ndarray:
    """Computes the mean L2 distance of all pairs of frames.

    Args:
      features: [N, T, D]; NaN where a frame has no feature, which leaves out its pairs.

    Returns:
      [N] float64; NaN where there is no pair.
    """
    differences = features[:, :, np.newaxis] - features[:, np.newaxis]
    distances = np.sqrt(np.square(differences).sum(axis=-1))  # [N, T, T]
    first, second = np.triu_indices(features.shape[1], k=1)
    pairs = distances[:, first, second]
    counts = np.sum(~np.isnan(pairs), axis=1)
    means = np.nansum(pairs, axis=1) / np.maximum(counts, 1)
    return np.where(counts > 0, means, np.nan)


def histograms(frames: np.ndarray) -> np.ndarray:
    """Computes the roots of the colour histogram of each frame.

    Four bins of each of three channels, jointly, or 16 of grey. A pixel is shared
    linearly by the bins with the nearest centres, so that a ripple of a plain ground
    moves a little of it, wherever the bins are parted. The L2 distance of two roots is
    the Hellinger distance of the histograms times the root of 2: it is 0 for the same
    colours in other places, and the root of 2 where no bin is shared.

    Args:
      frames: [N, T, H, W, C] in [-1, 1]; clipped.

    Returns:
      [N, T, D] float64, D 64 or 16, of length 1.

    Raises:
      UserError: C is neither 1 nor 3.
    """
    *clips_and_times, height, width, channels = frames.shape
    if channels not in BINS:
        raise errors.UserError(
            f"frames have {channels} channels; colour histograms are of 1 or 3."
        )
    bins = BINS[channels]
    num_bins, num_frames = bins**channels, int(np.prod(clips_and_times))
    places = image.unit_range(frames).reshape(num_frames, height * width, channels)
    places = np.clip(places * bins - 0.5, 0, bins - 1)
    lower = np.minimum(places.astype(np.int64), bins - 2)
    upper_share = places - lower
    first_bins = num_bins * np.arange(num_frames)[:, np.newaxis]
    counts = np.zeros(num_frames * num_bins)
    for corner in itertools.product((0, 1), repeat=channels):
        is_upper = np.array(corner, bool)
        shares = np.where(is_upper, upper_share, 1.0 - upper_share).prod(axis=-1)
        bin_of = np.ravel_multi_index(
            tuple(np.moveaxis(lower + is_upper, -1, 0)), (bins,) * channels
        )
        counts += np.bincount(
            (first_bins + bin_of).ravel(), shares.ravel(), minlength=counts.size
        )
    shape = (*clips_and_times, num_bins)
    return np.sqrt(counts.reshape(shape) / (height * width))
