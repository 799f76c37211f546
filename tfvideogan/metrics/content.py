"""How much the content of a clip changes while it moves: ACD.

    average_content_distance(features)      # [N, T, D] -> [N]

The average content distance of MoCoGAN [1] is the mean L2 distance between the features of
all pairs of frames of a clip. Here the feature is the mean colour of the object, in levels
of 0 to 255, so that still colours have 0. It is low for a frozen clip, too: read it beside
`movement.py`, and beside the value of real clips.

[1] Tulyakov et al., MoCoGAN, CVPR 2018, section 4.
"""

from collections.abc import Mapping

import numpy as np

from tfvideogan.metrics import objects, streaming

REMEDY = "`ContentDistance` judges models that generate videos."


class ContentDistance:
    """ACD of generated and real clips, and in how many frames there is an object."""

    def __init__(self) -> None:
        self._means = streaming.Means()

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        generated = streaming.required(
            outputs, "frames", where="outputs", remedy=REMEDY
        )
        real = streaming.required(batch, "frames", where="batches", remedy=REMEDY)
        for subject, frames in (("model", generated), ("real", real)):
            masks = objects.find(frames)
            features = objects.colours(frames, masks)
            found = masks.any(axis=(2, 3)).mean(axis=1)
            distances = average_content_distance(features)
            for distance, share in zip(distances, found, strict=True):
                self._means.add(f"ACD/{subject}/T", float(distance))
                self._means.add(f"object found/{subject}/T", float(share))

    def result(self) -> dict[str, float]:
        """Returns `ACD/model/T` and the like; see `streaming.Metric`."""
        return self._means.result()

    def merge(self, other: "ContentDistance") -> None:
        """Adds the clips of another; see `streaming.Metric`."""
        self._means.merge(other._means)

    def reset(self) -> None:
        """Forgets every clip."""
        self._means.reset()


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
