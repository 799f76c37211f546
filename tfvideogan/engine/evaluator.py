"""Judges a model on a split, with its slow weights.

    evaluator = Evaluator(model, source, metrics)
    report = evaluator.run(Plan(split="test", clips=64))
    print(report.table())

Every clip is read once, in order, from its first frame; with a seed in an order and from
a frame that it draws. A metric sees whole numpy batches; the last one is padded for the
model and cut again, so that each clip counts once. One that wants `more_real` then sees as
many further real clips: those behind the judged ones, or the first of "train" where the
split has too few.
"""

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from absl import logging

from tfvideogan.core import errors
from tfvideogan.data import pipeline
from tfvideogan.data import source as sources
from tfvideogan.engine import choices
from tfvideogan.engine.training import feed
from tfvideogan.metrics import precision_recall, streaming
from tfvideogan.models import base

NOT_AVAILABLE = "n/a"
TRAIN = "train"
TABLE_WIDTH = 100
EXPLANATION = (
    "± reaches to the farther end of the 95 % interval over clips; eval.jsonl has both."
)
_GAP = "  "

# From a batch of numpy arrays to outputs of as many clips.
Outputs = Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]


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
        if self.weights not in choices.WEIGHTS:
            raise errors.UserError(
                f"`weights` ({self.weights!r}) must be one of {', '.join(choices.WEIGHTS)}."
            )


@dataclasses.dataclass(frozen=True)
class Report:
    """What an evaluation has found, and how.

    Attributes:
      results: values by "measure/subject/column"; NaN where there is none.
      protocol: how they were obtained, for the record.
      intervals: lower and upper end of the 95 % intervals of results that have one.
      curves: of precision and recall, by result names; they are drawn, not recorded.
    """

    results: Mapping[str, float]
    protocol: Mapping[str, Any]
    intervals: Mapping[str, tuple[float, float]] = dataclasses.field(
        default_factory=dict
    )
    curves: Mapping[str, precision_recall.Curve] = dataclasses.field(
        default_factory=dict
    )

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
        intervals = {name: list(ends) for name, ends in self.intervals.items()}
        return {**self.protocol, "results": values, "intervals": intervals}

    def headline(self, step: int) -> str:
        """Returns a line that says what was judged."""
        about = self.protocol
        return (
            f"Step {step}: {about['clips']} {about['split']} clips of {about['frames']} "
            f"frames, {about['data']}, {about['weights']} weights"
        )

    def table(self) -> str:
        """Returns the results as text: a row for each measure and subject."""
        return table(self.results, self.intervals)


class Evaluator:
    """Runs metrics over clips of a source."""

    def __init__(
        self,
        model: base.VideoModel,
        source: sources.ClipSource,
        metrics: Sequence[streaming.Metric],
        *,
        further_outputs: Outputs | None = None,
    ) -> None:
        """Stores what to judge, on what, by what.

        Args:
          model: built.
          source: of the clips.
          metrics: reset before each run.
          further_outputs: for the metrics, beside the model's `evaluation_outputs`.
        """
        self._further_outputs = further_outputs or (lambda batch: {})
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
        clips = self._num_clips(plan)
        size = min(plan.batch_size, clips)
        more = self._more_real(plan.split, clips, frames)
        self._prepare(clips)
        with at_work(self._model, plan.weights):
            for batch in self._batches(
                _Part(plan.split, 0, clips), frames, size, plan.seed
            ):
                if should_stop():
                    return None
                self._update(batch, size)
        for batch in self._batches(more, frames, size, plan.seed):
            if should_stop():
                return None
            for metric in self._wanting_more:
                metric.update_real(batch)
        results: dict[str, float] = {}
        intervals: dict[str, tuple[float, float]] = {}
        drawn: dict[str, precision_recall.Curve] = {}
        for metric in self._metrics:
            results |= {name: float(one) for name, one in metric.result().items()}
            intervals |= metric.intervals()
            drawn |= metric.curves()
        about = self._protocol(plan, clips, frames, more)
        return Report(results, about, intervals, drawn)

    def rehearse(self, plan: Plan) -> None:
        """Shows every metric one batch and forgets it.

        A metric that cannot judge these outputs objects now, not after the training.

        Raises:
          UserError: a metric, or the source, does not fit.
        """
        frames, clips = self.num_frames(plan), self._num_clips(plan)
        size = min(plan.batch_size, clips)
        self._prepare(clips)
        first = _Part(plan.split, 0, size)
        for batch in self._batches(first, frames, size, plan.seed):
            self._update(batch, size)
        for metric in self._metrics:
            metric.reset()

    def num_frames(self, plan: Plan) -> int:
        """Returns the length of the windows that are judged."""
        sources.check_split(self._source, plan.split)
        if plan.frames is not None:
            return plan.frames
        wanted = plan.multiples * self._source.spec.frames
        return min(wanted, self._source.num_frames(plan.split))

    def _num_clips(self, plan: Plan) -> int:
        clips = self._source.num_clips(plan.split)
        return clips if plan.clips is None else min(clips, plan.clips)

    def _prepare(self, clips: int) -> None:
        for metric in self._metrics:
            metric.reset()
            metric.prepare(clips, self._source.spec)

    @property
    def _wanting_more(self) -> list[streaming.Metric]:
        return [metric for metric in self._metrics if metric.more_real]

    def _more_real(self, split: str, clips: int, frames: int) -> "_Part":
        """Finds as many real clips as are judged: behind them, or else in "train"."""
        part = _Part(split, clips, min(clips, self._source.num_clips(split) - clips))
        if not self._wanting_more:
            return dataclasses.replace(part, clips=0)
        has_train = TRAIN in self._source.splits and split != TRAIN
        if part.clips < clips and has_train:
            count = min(clips, self._source.num_clips(TRAIN))
            if count > part.clips and self._source.num_frames(TRAIN) >= frames:
                part = _Part(TRAIN, 0, count)
        if part.clips < clips:
            logging.warning(
                "There are only %d further real clips of %d frames (%s), not %d: floor "
                "and controls are of so many, or absent.",
                part.clips,
                frames,
                part.split,
                clips,
            )
        return part

    def _batches(
        self, part: "_Part", frames: int, size: int, seed: int | None
    ) -> Iterator[dict[str, np.ndarray]]:
        """Yields numpy batches of some clips of a split, in its or in a drawn order."""
        if not part.clips:
            return
        dataset = pipeline.make_dataset(
            self._source,
            part.split,
            batch_size=size,
            seed=seed or 0,
            frames=frames,
            training=False,
            draws=seed is not None,
            first_clip=part.first,
        )
        left, iterator = part.clips, iter(dataset)
        while left > 0:
            batch = feed.take(iterator)
            batch = {key: value.numpy()[:left] for key, value in batch.items()}
            left -= len(next(iter(batch.values())))
            yield batch

    def _update(self, batch: dict[str, np.ndarray], size: int) -> None:
        number = len(next(iter(batch.values())))
        padded = {key: _padded(value, size) for key, value in batch.items()}
        outputs = {
            key: value.numpy()[:number] for key, value in self._predict(padded).items()
        }
        outputs |= self._further_outputs(batch)
        for metric in self._metrics:
            metric.update(batch, outputs)

    def _protocol(
        self, plan: Plan, clips: int, frames: int, more: "_Part"
    ) -> dict[str, Any]:
        about = {
            "split": plan.split,
            "clips": clips,
            "frames": frames,
            "seed": plan.seed,
            "training_frames": self._source.spec.frames,
            "weights": plan.weights,
            "data": self._source.describe(),
            "is_procedural": self._source.is_procedural,
            "metrics": [metric.describe() for metric in self._metrics],
        }
        if self._wanting_more:
            about["more_real"] = dataclasses.asdict(more)
        return about


@dataclasses.dataclass(frozen=True)
class _Part:
    """Clips of a split that follow each other: how many, from which one."""

    split: str
    first: int
    clips: int


def fitting(
    metrics: Sequence[streaming.Metric], source: sources.ClipSource
) -> list[streaming.Metric]:
    """Returns the metrics that mean something on a source, and says what is left out."""
    kept = list(metrics)
    for has, needs, reason in (
        (
            getattr(source, "has_plain_ground", True),
            lambda one: one.needs_plain_ground,
            "Left out, as they follow one object before a plain ground",
        ),
        (
            getattr(source, "has_all_masks", True),
            lambda one: one.needs_all_masks,
            "Left out, as they compare with masks that only first frames have",
        ),
    ):
        idle = [] if has else list(filter(needs, kept))
        if idle:
            names = ", ".join(type(one).__name__ for one in idle)
            logging.info("%s: %s.", reason, names)
        kept = [one for one in kept if one not in idle]
    return kept


def default_split(source: sources.ClipSource, *wanted: str) -> str:
    """Returns the first of the wanted splits that a source has, or its last one."""
    return next((one for one in wanted if one in source.splits), source.splits[-1])


def table(
    results: Mapping[str, float],
    intervals: Mapping[str, tuple[float, float]] | None = None,
) -> str:
    """Lays out values by "measure/subject/column" as text, in order of appearance.

    The subjects of a measure stand together, so that they can be compared. Columns that
    100 characters do not hold go on below.

    Args:
      results: values by name; NaN is "n/a".
      intervals: lower and upper ends by name. A value stands before ± and the distance to
        the farther end, and a last line says so.
    """
    intervals = intervals or {}
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for name, value in results.items():
        measure, _, rest = name.partition("/")
        subject, _, column = rest.rpartition("/")
        text = _cell(value, intervals.get(name))
        cells.setdefault((measure, subject), {})[column] = text
    measures = list(dict.fromkeys(measure for measure, _ in cells))
    rows = sorted(cells.items(), key=lambda row: measures.index(row[0][0]))
    labels = [max((len(key[index]) for key in cells), default=0) for index in range(2)]
    widths: dict[str, int] = {}
    for row in cells.values():
        for column, text in row.items():
            widths[column] = max(widths.get(column, len(column)), len(text))
    room = TABLE_WIDTH - sum(labels) - len(_GAP)
    parts = [_block(rows, labels, block) for block in _blocks(widths, room)]
    if any(name in intervals for name in results):
        parts.append(EXPLANATION)
    return "\n\n".join(parts)


def _cell(value: float, ends: tuple[float, float] | None) -> str:
    if not math.isfinite(value):
        return NOT_AVAILABLE
    if ends is None:
        return f"{value:.4g}"
    reach = max(value - ends[0], ends[1] - value, 0.0)
    return f"{value:.4g} ±{reach:.2g}"


def _blocks(widths: Mapping[str, int], room: int) -> list[dict[str, int]]:
    """Deals columns to blocks whose widths and gaps the room holds, one at least."""
    blocks: list[dict[str, int]] = [{}]
    for column, width in widths.items():
        taken = sum(len(_GAP) + one for one in blocks[-1].values())
        if blocks[-1] and taken + len(_GAP) + width > room:
            blocks.append({})
        blocks[-1][column] = width
    return blocks


def _block(
    rows: Sequence[tuple[tuple[str, str], Mapping[str, str]]],
    labels: Sequence[int],
    widths: Mapping[str, int],
) -> str:
    """The rows that have something in these columns."""
    lines = [("", "", {column: column for column in widths})]
    previous = None
    for (measure, subject), row in rows:
        if not widths.keys() & row.keys():
            continue
        lines.append((measure if measure != previous else "", subject, row))
        previous = measure
    return "\n".join(
        _GAP.join(
            [
                measure.ljust(labels[0]),
                subject.ljust(labels[1]),
                *(row.get(name, "").rjust(width) for name, width in widths.items()),
            ]
        ).rstrip()
        for measure, subject, row in lines
    )


def _padded(value: np.ndarray, size: int) -> tf.Tensor:
    """Repeats the last clip, so that the model meets one batch size only."""
    missing = size - len(value)
    return tf.constant(np.concatenate([value, np.repeat(value[-1:], missing, axis=0)]))
