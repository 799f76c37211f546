"""What a metric is, and the running means that metrics are made of.

A metric looks at one batch after another and remembers sums, not pictures:

    metric.update(batch, outputs)       # numpy arrays, clips on the first axis
    metric.merge(metric_of_other_host)  # as if it had seen the other's batches too
    metric.result()                     # {"J mean/model/2T": 0.83, ...}

A result is called `measure/subject/column`: what was measured, of what, over which part
of the clip. Every clip counts once, however clips were cut into batches; sums are
float64. NaN means "not applicable": nothing was there to be measured.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from tfvideogan.core import errors


class Metric(Protocol):
    """A judgement of model outputs that adds up over clips.

    Attributes:
      more_real: whether it also wants real clips that no output belongs to; it then has
        `update_real`.
    """

    more_real = False

    def describe(self) -> str:
        """Returns what goes into the record: which metric, by which network."""
        return type(self).__name__

    def prepare(self, num_clips: int) -> None:
        """Is told before the first batch how many clips will be judged.

        Raises:
          UserError: they are too few.
        """

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Looks at the clips of a batch and at what a model made of them.

        Args:
          batch: arrays by batch key, [N, ...] as in `core/clip.py`.
          outputs: the model's `evaluation_outputs` of this batch, [N, ...].

        Raises:
          UserError: an array that the metric needs is missing, or does not fit.
        """

    def update_real(self, batch: Mapping[str, np.ndarray]) -> None:
        """Looks at further real clips, after all others, if it wants `more_real`.

        Args:
          batch: as in `update`; as many clips as are judged, or what there are.
        """

    def result(self) -> dict[str, float]:
        """Returns `measure/subject/column` -> mean over all clips, NaN for "n/a"."""

    def merge(self, other: Any) -> None:
        """Adds what another metric of the same settings has seen."""

    def reset(self) -> None:
        """Forgets every clip."""


class Means:
    """Named means over clips, in float64.

    A value that is not a number counts for nothing, but its name stays: the result of
    a name without any number is NaN, not absent.
    """

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def add(self, name: str, value: float) -> None:
        """Counts one clip.

        Args:
          name: `measure/subject/column`.
          value: the clip's value, or NaN where there is none.
        """
        is_number = not math.isnan(value)
        self._sums[name] = self._sums.get(name, 0.0) + (value if is_number else 0.0)
        self._counts[name] = self._counts.get(name, 0) + is_number

    def merge(self, other: "Means") -> None:
        """Adds the clips that `other` has counted."""
        for name, total in other._sums.items():
            self._sums[name] = self._sums.get(name, 0.0) + total
            self._counts[name] = self._counts.get(name, 0) + other._counts[name]

    def result(self) -> dict[str, float]:
        """Returns name -> mean, in the order in which names came first."""
        return {
            name: total / self._counts[name] if self._counts[name] else math.nan
            for name, total in self._sums.items()
        }

    def reset(self) -> None:
        """Forgets everything, names too."""
        self._sums.clear()
        self._counts.clear()


@dataclasses.dataclass(eq=False)
class MeanMetric(Metric):
    """Base of metrics whose result is means over clips: a subclass writes `update`.

    Settings of a metric are its fields. One that remembers more than `self._means` extends
    the three methods.
    """

    def __post_init__(self) -> None:
        self.reset()

    def result(self) -> dict[str, float]:
        """Returns the means; see `Metric`."""
        return self._means.result()

    def merge(self, other: "MeanMetric") -> None:
        """Adds the clips of another; see `Metric`."""
        self._means.merge(other._means)

    def reset(self) -> None:
        """Forgets every clip."""
        self._means = Means()


def horizon_columns(
    num_frames: int, horizon: int | None, multiples: int
) -> dict[str, int]:
    """Names the parts of a rollout that are judged: T, 2T, 3T … from its start.

    Args:
      num_frames: length of the rollout, the given first frame included.
      horizon: T, the length of a training window; None for the whole rollout only.
      multiples: how many columns there are at most.

    Returns:
      Column name -> number of frames, as far as the rollout goes; {"all": num_frames}
      without a horizon.

    Raises:
      UserError: the rollout is shorter than one horizon.
    """
    if horizon is None:
        return {"all": num_frames}
    columns = {
        "T" if k == 1 else f"{k}T": k * horizon
        for k in range(1, multiples + 1)
        if k * horizon <= num_frames
    }
    if not columns:
        raise errors.UserError(
            f"the clips have {num_frames} frames, fewer than the metric's `horizon` "
            f"({horizon}); set the horizon to the number of frames of training."
        )
    return columns


def required(
    arrays: Mapping[str, np.ndarray], key: str, *, where: str, remedy: str
) -> np.ndarray:
    """Looks up an array that a metric cannot do without.

    Args:
      arrays: a batch or the outputs of a model.
      key: what is wanted.
      where: "batch" or "outputs", for the message.
      remedy: what the user can do about it, for the message.

    Returns:
      The array.

    Raises:
      UserError: it is not there; the message lists what is.
    """
    if key not in arrays:
        raise errors.UserError(
            f"the {where} have no `{key}`, only {', '.join(sorted(arrays))}; {remedy}"
        )
    return arrays[key]


def generated_and_real(
    batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray], *, remedy: str
) -> dict[str, np.ndarray]:
    """Looks up the `frames` that a model generated and those of real clips.

    Args:
      batch: arrays by batch key.
      outputs: the outputs of a model.
      remedy: see `required`.

    Returns:
      "model" and "real" -> [N, T, H, W, C].

    Raises:
      UserError: either is missing.
    """
    return {
        "model": required(outputs, "frames", where="outputs", remedy=remedy),
        "real": required(batch, "frames", where="batches", remedy=remedy),
    }
