"""Whether a training has diverged: gradients or variables that are not finite.

    watch = SkipWatch(["critic", "generator"], max_in_a_row=20, max_share=0.25)
    watch.add(rows, step=100)           # logs of the steps up to 100
    fault = broken_variables(model.checkpoint_items(), strategy)

A step whose gradients are not finite is not applied. One such step is harmless; a row of
them, or one in every few, means that the weights are lost or the data are at fault.
"""

import collections
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.engine import build
from tfvideogan.models import monitors

SKIPPED = "skipped"
# Steps over which the share of skipped ones is taken, and the fewest.
WINDOW = 100
FEWEST = 30
OPTIMIZER = "_optimizer"
GRADIENT = "grad_norm/"

Row = Mapping[str, float]


class TrainingDiverged(errors.UserError):
    """Signals gradients, too often, or variables that are not finite."""


class SkipWatch:
    """Counts the skipped steps of one start of a training."""

    def __init__(
        self,
        phases: Sequence[str],
        *,
        max_in_a_row: int,
        max_share: float,
        is_scaled: bool = False,
    ) -> None:
        """Starts with none.

        Args:
          phases: names of the model's phases, with which its losses begin.
          max_in_a_row: so many skipped steps in a row are too many.
          max_share: of the last 100 steps that may be skipped, in (0, 1].
          is_scaled: whether losses are scaled (float16). Then the first steps are skipped
            until the scale is found, and the share counts from the 100th step.

        Raises:
          UserError: a number is out of its range.
        """
        if max_in_a_row < 1:
            raise errors.UserError(
                f"`max_skipped_in_a_row` ({max_in_a_row}) must be at least 1."
            )
        if not 0.0 < max_share <= 1.0:
            raise errors.UserError(
                f"`max_skipped_share` ({max_share}) must be above 0 and at most 1."
            )
        self._phases = tuple(phases)
        self._max_in_a_row = max_in_a_row
        self._max_share = max_share
        self._fewest = WINDOW if is_scaled else FEWEST
        self._latest: collections.deque[bool] = collections.deque(maxlen=WINDOW)

    def add(self, rows: Sequence[Row], step: int) -> None:
        """Notes the logs of some steps.

        Args:
          rows: one for each step, the last of which is `step`.
          step: training steps done.

        Raises:
          TrainingDiverged: too many steps were skipped.
        """
        self._latest.extend(bool(row.get(SKIPPED)) for row in rows)
        in_a_row = len(list(itertools.takewhile(bool, reversed(self._latest))))
        seen, skipped = len(self._latest), sum(self._latest)
        if in_a_row >= self._max_in_a_row:
            number = f"{in_a_row} steps in a row"
        elif seen >= self._fewest and skipped > self._max_share * seen:
            number = f"{skipped} of the last {seen} steps"
        else:
            return
        bad = [row for row in rows if row.get(SKIPPED)] or rows
        raise TrainingDiverged(
            f"Training stopped at step {step}: the gradients of {number} were not finite "
            f"and were not applied; {blame(bad[-1], self._phases)} blew."
        )


def blame(row: Row, phases: Sequence[str]) -> str:
    """Names the losses of a step that are not finite, or else what follows from them.

    Args:
      row: logs of the step.
      phases: names of the model's phases, with which its losses begin.
    """
    logs = monitors.numbers(row)
    blown = [name for name, value in logs.items() if not math.isfinite(value)]
    losses = [name for name in blown if name.partition("/")[0] in phases]
    return ", ".join(f"`{name}`" for name in losses or blown) or "a gradient"


def was_sound(row: Row) -> bool:
    """Says whether a step began with sound weights: its first gradients were finite.

    Those of later phases may not be, because an update of this very step lost the weights.

    Args:
      row: logs of the step, in the order of its phases.
    """
    norms = [value for name, value in row.items() if name.startswith(GRADIENT)]
    return math.isfinite(norms[0]) if norms else not row.get(SKIPPED)


def broken_variables(
    items: Mapping[str, Any], strategy: tf.distribute.Strategy
) -> list[str]:
    """Names the checkpoint items with a value that is not finite.

    Weights must have a finite norm, too: those that one step of a rate of 1e30 leaves are
    finite, and lost.

    Args:
      items: see `VideoModel.checkpoint_items`.
      strategy: where their variables live.
    """
    return [
        name
        for name, variables in build.variables_by_item(items)
        if not all(
            _is_finite(
                strategy.experimental_local_results(one)[0],
                is_squared=not name.endswith(OPTIMIZER),
            )
            for one in variables
            if tf.as_dtype(one.dtype).is_floating
        )
    ]


def _is_finite(variable: tf.Variable, *, is_squared: bool) -> bool:
    value = tf.cast(tf.convert_to_tensor(variable), tf.float32)
    total = tf.reduce_sum(tf.square(value) if is_squared else tf.abs(value))
    return math.isfinite(float(total))
