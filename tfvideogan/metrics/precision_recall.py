"""Precision and recall of soft masks at every threshold.

counts = Counts()
counts.add(values, truth)       # [...] in [0, 1], [...] boolean
counts.curve()                  # [6, THRESHOLDS], as TensorBoard draws it
"""

import numpy as np

# From 0 to 1, evenly spaced, both ends included: their distance, a power of two, makes
# comparing with them exact.
THRESHOLDS = 129
# [6, THRESHOLDS] float64: true and false positives, true and false negatives, precision,
# recall. A pixel is positive from the threshold on.
Curve = np.ndarray


class Counts:
    """Counts pixels by their values and by what they should be."""

    def __init__(self) -> None:
        """Starts without a pixel."""
        self._counts = np.zeros([2, THRESHOLDS])

    def add(self, values: np.ndarray, truth: np.ndarray) -> None:
        """Counts pixels.

        Args:
          values: [...]; clipped to [0, 1].
          truth: [...] boolean, of the same shape.
        """
        top = THRESHOLDS - 1
        # The highest threshold that a value reaches.
        reached = np.floor(np.clip(values, 0.0, 1.0) * top)
        for row, chosen in enumerate((truth, ~truth)):
            found = reached[chosen].astype(np.int64)
            self._counts[row] += np.bincount(found, minlength=THRESHOLDS)

    def merge(self, other: "Counts") -> None:
        """Adds the pixels that another has counted."""
        self._counts += other._counts

    def curve(self) -> Curve:
        """Returns the curve; 0 where nothing is divided by."""
        # Pixels that reach a threshold, of those that should and of those that should not.
        hits, alarms = np.cumsum(self._counts[:, ::-1], axis=1)[:, ::-1]
        positives, negatives = self._counts.sum(axis=1)
        precision = hits / np.maximum(hits + alarms, 1.0)
        recall = hits / np.maximum(positives, 1.0)
        return np.stack(
            [hits, alarms, negatives - alarms, positives - hits, precision, recall]
        )
