"""Errors of predicted frames summed over their pixels, as tables of Moving MNIST have them.

    squared error    sum over pixels and channels of (predicted - real) squared
    absolute error   the same of absolute differences

of frames in [0, 1], averaged over steps and clips (as OpenSTL counts "MSE" and "MAE" [1]).
A mean over pixels is smaller by their number, 4096 at 64x64. All is NumPy in float64.

References:
  [1] Tan et al., OpenSTL: a comprehensive benchmark of spatio-temporal predictive learning,
      NeurIPS 2023.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np

from tfvideogan.metrics import image, prediction

MEASURES = {"squared error": np.square, "absolute error": np.abs}


@dataclasses.dataclass(eq=False)
class PixelSums(prediction.PredictionMetric):
    """Summed errors at each step after the context, and of its last frame held still.

    The results are `squared error/model/+1`, `squared error/model/mean` and the like; the
    other subject is `copied`.
    """

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        real, model = map(image.unit_range, self.judged(batch, outputs))
        future = real[:, self.context :]
        subjects = {
            "model": model[:, self.context :],
            "copied": real[:, self.context - 1 : self.context],
        }
        for subject, frames in subjects.items():
            for measure, function in MEASURES.items():
                sums = function(frames - future).sum(axis=(2, 3, 4))  # [N, steps]
                for clip in sums:
                    self._add(f"{measure}/{subject}", clip)

    def _add(self, row: str, steps: np.ndarray) -> None:
        """Counts the values [steps] of a clip, and their mean."""
        for step, value in enumerate(steps, start=1):
            self._means.add(f"{row}/+{step}", float(value))
        self._means.add(f"{row}/mean", float(steps.mean()))
