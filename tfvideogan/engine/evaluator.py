"""Judges a model on a split, with its slow weights.

    evaluator = Evaluator(model, source, metrics)
    report = evaluator.run(Plan(split="test", clips=64))
    print(report.table())

Every clip is read once, in order, from its first frame; with a seed in an order and from
a frame that it draws. A metric sees whole numpy batches; the last one is padded for the
model and cut again, so that each clip counts once.
"""

import contextlib
import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.data import pipeline
from tfvideogan.data import source as sources
from tfvideogan.engine import feed
from tfvideogan.metrics import streaming
from tfvideogan.models import base

WEIGHTS = ("ema", "raw")
NOT_AVAILABLE = "n/a"


def at_work(
    model: base.VideoModel, weights: str
) -> contextlib.AbstractContextManager[None]:
    """Returns a context in which the model has the slow ("ema") or the raw weights."""
    return model.ema.swapped() if weights == "ema" else contextlib.nullcontext()


@dataclasses.dataclass(frozen=True)
class Plan:
    """How to judge.

    Attributes:
      split: of the source.
      clips: how many at most; None takes all.
      multiples: clips are judged over `multiples` x T frames, T being the length of a
        training clip, or over what the split has.
      batch_size: clips at a time; changes no result.
      weights: "ema" (slow copy) or "raw".
      frames: length of the windows, whatever that of a training clip; None goes by
        `multiples`.
      seed: draws which clips, and where in them the windows begin; None takes the first
        ones, from their first frames.
    """

    split: str
    clips: int | None = None
    multiples: int = 4
    batch_size: int = 4
    weights: str = "ema"
    frames: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        """Checks the numbers."""
        for name in ("clips", "multiples", "batch_size", "frames"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise errors.UserError(f"`{name}` ({value}) must be at least 1.")
        if self.weights not in WEIGHTS:
            raise errors.UserError(
                f"`weights` ({self.weights!r}) must be one of {', '.join(WEIGHTS)}."
            )


@dataclasses.dataclass(frozen=True)
class Report:
    """What an evaluation has found, and how.

    Attributes:
      results: values by "measure/subject/column"; NaN where there is none.
      protocol: how they were obtained, for the record.
    """

    results: Mapping[str, float]
    protocol: Mapping[str, Any]

    def finite(self) -> dict[str, float]:
        """Returns the values that there are."""
        return {
            name: value for name, value in self.results.items() if math.isfinite(value)
        }

    def record(self) -> dict[str, Any]:
        """Returns what goes into a JSON line; NaN becomes null."""
        values = {
            name: value if math.isfinite(value) else None
            for name, value in self.results.items()
        }
        return {**self.protocol, "results": values}

    def headline(self, step: int) -> str:
        """Returns a line that says what was judged."""
        about = self.protocol
        return (
            f"Step {step}: {about['clips']} {about['split']} clips of {about['frames']} "
            f"frames, {about['data']}, {about['weights']} weights"
        )

    def table(self) -> str:
        """Returns the results as text: a row for each measure and subject."""
        return table(self.results)


class Evaluator:
    """Runs metrics over clips of a source."""

    def __init__(
        self,
        model: base.VideoModel,
        source: sources.ClipSource,
        metrics: Sequence[streaming.Metric],
    ) -> None:
        """Stores what to judge, on what, by what.

        Args:
          model: built.
          source: of the clips.
          metrics: reset before each run.
        """
        self._model = model
        self._source = source
        self._metrics = metrics
        self._predict = tf.function(model.evaluation_outputs)

    def run(
        self, plan: Plan, should_stop: Callable[[], bool] = lambda: False
    ) -> Report | None:
        """Judges; returns None when `should_stop` became true on the way.

        Raises:
          UserError: the source has no such split, or its data are bad.
        """
        frames = self.num_frames(plan)
        clips = self._source.num_clips(plan.split)
        clips = clips if plan.clips is None else min(clips, plan.clips)
        dataset = pipeline.make_dataset(
            self._source,
            plan.split,
            batch_size=min(plan.batch_size, clips),
            seed=plan.seed or 0,
            frames=frames,
            training=False,
            draws=plan.seed is not None,
        )
        for metric in self._metrics:
            metric.reset()
        with at_work(self._model, plan.weights):
            for batch in _batches(dataset, clips):
                if should_stop():
                    return None
                self._update(batch, min(plan.batch_size, clips))
        results: dict[str, float] = {}
        for metric in self._metrics:
            results |= {name: float(one) for name, one in metric.result().items()}
        return Report(results, self._protocol(plan, clips, frames))

    def num_frames(self, plan: Plan) -> int:
        """Returns the length of the windows that are judged."""
        sources.check_split(self._source, plan.split)
        if plan.frames is not None:
            return plan.frames
        wanted = plan.multiples * self._source.spec.frames
        return min(wanted, self._source.num_frames(plan.split))

    def _update(self, batch: dict[str, np.ndarray], size: int) -> None:
        number = len(next(iter(batch.values())))
        padded = {key: _padded(value, size) for key, value in batch.items()}
        outputs = {
            key: value.numpy()[:number] for key, value in self._predict(padded).items()
        }
        for metric in self._metrics:
            metric.update(batch, outputs)

    def _protocol(self, plan: Plan, clips: int, frames: int) -> dict[str, Any]:
        return {
            "split": plan.split,
            "clips": clips,
            "frames": frames,
            "seed": plan.seed,
            "training_frames": self._source.spec.frames,
            "weights": plan.weights,
            "data": self._source.describe(),
            "is_procedural": self._source.is_procedural,
            "metrics": [type(metric).__name__ for metric in self._metrics],
        }


def default_split(source: sources.ClipSource, *wanted: str) -> str:
    """Returns the first of the wanted splits that a source has, or its last one."""
    return next((one for one in wanted if one in source.splits), source.splits[-1])


def table(results: Mapping[str, float]) -> str:
    """Lays out values by "measure/subject/column" as text, in order of appearance.

    The subjects of a measure stand together, so that they can be compared.
    """
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for name, value in results.items():
        measure, _, rest = name.partition("/")
        subject, _, column = rest.rpartition("/")
        text = f"{value:.4g}" if math.isfinite(value) else NOT_AVAILABLE
        cells.setdefault((measure, subject), {})[column] = text
    columns = list(dict.fromkeys(name for row in cells.values() for name in row))
    measures = list(dict.fromkeys(measure for measure, _ in cells))
    rows = sorted(cells.items(), key=lambda row: measures.index(row[0][0]))
    lines = [["", "", *columns]]
    previous = None
    for (measure, subject), row in rows:
        shown = measure if measure != previous else ""
        previous = measure
        lines.append([shown, subject, *(row.get(name, "") for name in columns)])
    widths = [max(len(line[index]) for line in lines) for index in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index < 2 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _batches(dataset: tf.data.Dataset, clips: int) -> Any:
    """Yields numpy batches of the first clips."""
    left = clips
    iterator = iter(dataset)
    while left > 0:
        batch = feed.take(iterator)
        batch = {key: value.numpy()[:left] for key, value in batch.items()}
        left -= len(next(iter(batch.values())))
        yield batch


def _padded(value: np.ndarray, size: int) -> tf.Tensor:
    """Repeats the last clip, so that the model meets one batch size only."""
    missing = size - len(value)
    return tf.constant(np.concatenate([value, np.repeat(value[-1:], missing, axis=0)]))
