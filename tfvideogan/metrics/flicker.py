"""How much frames change from one to the next, in generated and in real clips.

A video that stands still changes too little, one that flickers too much. Cheap, and needs
no pairs: generated clips need not be of the real scenes, nor as long. It knows nothing of
what moves where. All is NumPy in float64, frames in [0, 1].
"""

import functools
from collections.abc import Mapping

import numpy as np

from tfvideogan.metrics import (
    bootstrap,
    controls,
    image,
    movement,
    streaming,
    wasserstein,
)

COLUMN = "all"
RATIO, DISTANCE = "change ratio", "change distance"


class Flicker(streaming.MeanMetric):
    """How much frames change from one to the next, in generated and in real clips.

    The change of a step is the mean absolute difference of its two frames. The results:

        change/model/all            its mean; also of real and of shuffled clips
        change ratio/model/all      of the means over that of real clips: below 1 too still,
                                    above it flickering or too fast
        change distance/model/all   first Wasserstein distance of the distribution of
                                    changes to that of real clips, every clip weighing alike

    Of the `controls.py`, shuffled clips show what flicker is; frozen ones have no change,
    reversed ones that of the real ones.
    """

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        remedy = "`Flicker` judges models that make videos."
        videos = streaming.generated_and_real(batch, outputs, remedy=remedy)
        videos["shuffled"] = controls.damage("shuffled", videos["real"])
        for subject, frames in videos.items():
            for clip in image.unit_range(frames):
                changes = movement.changes(clip)
                self._changes[subject].append(changes)
                self._means.add(f"change/{subject}/{COLUMN}", float(changes.mean()))

    def result(self) -> dict[str, float]:
        """Returns `change distance/model/all` and the like; see `streaming.Metric`."""
        found = super().result()
        if found:
            changes = self._arrays()
            values = _comparisons(*changes, np.ones(len(changes[0])))
            found |= {name: float(value) for name, value in values.items()}
        return found

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Returns the intervals; see `streaming.Metric`."""
        found = super().intervals()
        if found:
            changes = bootstrap.in_order(*self._arrays())
            comparisons = functools.partial(_comparisons, *changes)
            resampled = bootstrap.resample(comparisons, len(changes[0]))
            values = self.result()
            for name in resampled:
                if name.startswith(DISTANCE):
                    resampled[name] = bootstrap.centred(resampled[name], values[name])
            found |= bootstrap.intervals(resampled)
        return found

    def merge(self, other: "Flicker") -> None:
        """Adds the clips of another; see `streaming.Metric`."""
        super().merge(other)
        for subject, clips in other._changes.items():
            self._changes[subject] += clips

    def reset(self) -> None:
        """Forgets every clip."""
        super().reset()
        # Of each clip the changes [T-1].
        self._changes: dict[str, list[np.ndarray]] = {
            "model": [],
            "real": [],
            "shuffled": [],
        }

    def _arrays(self) -> list[np.ndarray]:
        """Changes [N, T-1] of generated, real and shuffled clips."""
        return [np.stack(clips) for clips in self._changes.values()]


def _comparisons(
    model: np.ndarray, real: np.ndarray, shuffled: np.ndarray, counts: np.ndarray
) -> dict[str, np.ndarray]:
    """Ratios and distances [...] of changes [N, S] that count [..., N] times."""
    found = {}
    for subject, changes in (("model", model), ("shuffled", shuffled)):
        means = [counts @ one.mean(axis=1) for one in (changes, real)]
        found[f"{RATIO}/{subject}/{COLUMN}"] = streaming.ratio(*means)
        distance = wasserstein.of_clips(changes, real, counts)
        found[f"{DISTANCE}/{subject}/{COLUMN}"] = distance
    return found
