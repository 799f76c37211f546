"""What a metric is, and the running means that metrics are made of.

A metric looks at one batch after another and remembers numbers, not pictures:

    metric.update(batch, outputs)       # numpy arrays, clips on the first axis
    metric.merge(metric_of_other_host)  # as if it had seen the other's batches too
    metric.result()                     # {"J mean/model/2T": 0.83, ...}
    metric.intervals()                  # {"J mean/model/2T": (0.80, 0.85), ...}

A result is called `measure/subject/column`: what was measured, of what, over which part
of the clip. Every clip counts once, however clips were cut into batches; sums are
float64. NaN means "not applicable": nothing was there to be measured.

"Better than a baseline" is a subject of its own, such as `PSNR/model - copied/mean`: the
differences on the same clips, whose interval is narrower than those of the two, and which
is above 0 or not.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.metrics import bootstrap, precision_recall


class Metric(Protocol):
    """A judgement of model outputs that adds up over clips.

    Attributes:
      more_real: whether it also wants real clips that no output belongs to; it then has
        `update_real`.
      needs_plain_ground: whether it follows one object before a plain ground, and means
        nothing on other scenes.
      needs_all_masks: whether it compares with the masks of all frames.
    """

    more_real = False
    needs_plain_ground = False
    needs_all_masks = False

    def describe(self) -> str:
        """Returns what goes into the record: which metric, by which network."""
        return type(self).__name__

    def prepare(self, num_clips: int, spec: clip.ClipSpec) -> None:
        """Gets, before the first batch, what will be judged.

        Args:
          num_clips: how many clips.
          spec: of the source; windows may be longer.

        Raises:
          UserError: they are too few, or none that the metric can judge.
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

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Returns result name -> lower and upper end of its 95 % interval.

        By bootstrap over clips, see `bootstrap.py`, or in the metric's own way. A result
        that is NaN or of a single clip has none.
        """

    def curves(self) -> dict[str, precision_recall.Curve]:
        """Returns result name -> curve of precision and recall; none by default."""
        return {}

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
        self._values: dict[str, list[float]] = {}

    def add(self, name: str, value: float) -> None:
        """Counts one clip.

        Args:
          name: `measure/subject/column`.
          value: the clip's value, or NaN where there is none.
        """
        self._values.setdefault(name, []).append(value)

    def merge(self, other: "Means") -> None:
        """Adds the clips that `other` has counted."""
        for name, values in other._values.items():
            self._values.setdefault(name, []).extend(values)

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the order in which they came first."""
        return tuple(self._values)

    def values(self, name: str) -> np.ndarray:
        """Returns the clips' values [N] in the order in which they came, NaN too."""
        return np.array(self._values[name], np.float64)

    def result(self) -> dict[str, float]:
        """Returns name -> mean, in the order in which names came first."""
        return {name: _mean(self._numbers(name)) for name in self._values}

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Returns name -> 95 % interval of the mean, of names with two clips or more."""
        numbers = {name: self._numbers(name) for name in self._values}
        return bootstrap.intervals(bootstrap.means(numbers))

    def reset(self) -> None:
        """Forgets everything, names too."""
        self._values.clear()

    def _numbers(self, name: str) -> np.ndarray:
        values = self.values(name)
        return values[~np.isnan(values)]


@dataclasses.dataclass(eq=False)
class MeanMetric(Metric):
    """Base of metrics whose result is means over clips: a subclass writes `update`.

    Settings of a metric are its fields. One that remembers more than `self._means` extends
    the four methods.
    """

    def __post_init__(self) -> None:
        self.reset()

    def result(self) -> dict[str, float]:
        """Returns the means; see `Metric`."""
        return self._means.result()

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Returns the intervals of the means; see `Metric`."""
        return self._means.intervals()

    def merge(self, other: "MeanMetric") -> None:
        """Adds the clips of another; see `Metric`."""
        self._means.merge(other._means)

    def reset(self) -> None:
        """Forgets every clip."""
        self._means = Means()


def known_mean(values: np.ndarray) -> float:
    """Returns the mean of values [...] that are not NaN; NaN if there is none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else math.nan


def ratio(values: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Divides; where the reference is not above 0 the ratio is NaN, "n/a".

    Args:
      values: [...].
      references: [...] of the same shape.
    """
    return values / np.where(references > 0, references, np.nan)


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


def made_and_wanted(
    batch: Mapping[str, np.ndarray],
    outputs: Mapping[str, np.ndarray],
    *,
    output_key: str,
    target_key: str,
    remedy: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Looks up what a model made and what it should be like, of one shape.

    Args:
      batch: arrays by batch key.
      outputs: the outputs of a model.
      output_key: what the model made.
      target_key: what it should be like, in the batch.
      remedy: see `required`.

    Returns:
      The model's array and the batch's.

    Raises:
      UserError: either is missing, or their shapes differ.
    """
    wanted = required(batch, target_key, where="batches", remedy=remedy)
    made = required(outputs, output_key, where="outputs", remedy=remedy)
    if made.shape != wanted.shape:
        raise errors.UserError(
            f"the model's `{output_key}` have shape {made.shape}, the batch's "
            f"`{target_key}` {wanted.shape}; they must be equal."
        )
    return made, wanted


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


def _mean(numbers: np.ndarray) -> float:
    """The mean, exactly rounded: the order of clips changes no digit."""
    return math.fsum(numbers) / len(numbers) if len(numbers) else math.nan
