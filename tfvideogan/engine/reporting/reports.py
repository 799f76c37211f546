"""Everything a training says about itself: log, bar, TensorBoard, JSON lines, clips.

The loop decides when; this file decides what and where.
"""

import textwrap
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from absl import logging

from tfvideogan.core import durable
from tfvideogan.engine import build, evaluator, flops, resources
from tfvideogan.engine.config import config, settings
from tfvideogan.engine.reporting import progress, samples, scores, summaries, tags
from tfvideogan.engine.runs import layout, run_folder
from tfvideogan.models import monitors

# Above this share of time spent waiting for data, a line says what helps.
SLOW_DATA = 0.2
# Seconds of training that must be measured before that is said.
LONG_ENOUGH = 10.0
SAMPLES = "samples"


class Reporter:
    """Writes the records of one start of a run; other workers than the chief are mute."""

    def __init__(
        self,
        folder: run_folder.RunFolder,
        built: build.Built,
        sampler: samples.Sampler,
        display: progress.Progress,
        start: int = 0,
    ) -> None:
        """Opens the events files; the folder exists.

        Args:
          folder: of the run.
          built: model, source and strategy.
          sampler: of clips to look at.
          display: of progress.
          start: steps done before.
        """
        self._folder = folder
        self._built = built
        self._sampler = sampler
        self._display = display
        is_chief = folder.is_chief
        self._train = summaries.Summaries(
            folder.events("train"), is_chief=is_chief, start=start
        )
        self._eval = scores.Scores(
            folder.events("eval"),
            settings=settings_of({"model": built.model_name}),
            trial=str(folder.path),
            is_chief=is_chief,
            start=start,
        )
        self._phases = [one.name for one in built.model.phases]
        self._has_warned = False

    def start(
        self,
        step: int,
        card: Mapping,
        traced: tf.types.experimental.ConcreteFunction,
    ) -> None:
        """Says what is trained, on what and where; writes it to TensorBoard.

        Args:
          step: training steps done.
          card: of the run.
          traced: the first step, for its work.
        """
        if not self._folder.is_chief:
            return
        parameters = card["parameters"]
        total = sum(one["all"] for one in parameters.values())
        pairs = [f"{name} {value}" for name, value in card["environment"].items()]
        for line in _wrapped(f"Environment: {', '.join(pairs)}"):
            self.say("%s", line)
        self.say("Data: %s", card["data"])
        pairs = [f"{name} {one['all']:,}" for name, one in parameters.items()]
        model = f"Model: {card['model']}, {total:,} parameters ({', '.join(pairs)})"
        for line in _wrapped(model):
            self.say("%s", line)
        folder = self._folder
        self.say("Run folder: %s (tensorboard --logdir %s)", folder.path, folder.quoted)
        for binding in config.unused():
            self._log(logging.WARNING, "Nothing uses the binding %s", binding)
        work = f"{flops.count(traced)}, of all replicas of this process"
        rows = {"work": work, "memory": build.memory(self._built)}
        for tag, text in texts(card, rows).items():
            self._train.text(step, tag, text)
        self._eval.write(step, {})

    def say(self, text: str, *values: object) -> None:
        """Logs a line, on the chief."""
        self._log(logging.INFO, text, *values)

    def block(self, step: int, losses: Mapping[str, float]) -> None:
        """Notes that some steps are done."""
        if self._folder.is_chief:
            self._display.block(step, losses)

    def interval(
        self,
        step: int,
        means: Mapping[str, float],
        pace: progress.Pace,
        *,
        skipped: int,
        frames_per_step: int,
    ) -> None:
        """Reports an interval: its mean logs, its speed, its skipped steps."""
        if not self._folder.is_chief:
            return
        self._display.interval(step, pace, means)
        if skipped:
            text = "%d step(s) skipped: gradients were not finite."
            self._log(logging.WARNING, text, skipped)
        speed = {}
        if pace.steps:
            speed = {
                "throughput/steps_per_second": pace.steps_per_second,
                "throughput/frames_per_second": pace.steps_per_second * frames_per_step,
                "throughput/data_wait": pace.data_wait,
            }
        total = int(self._built.model.skipped_steps.numpy())
        memory = {"memory/peak_gb": resources.peak_memory() / resources.GIGA}
        means, drawn = monitors.numbers(means), monitors.histograms(means)
        values = {**means, **speed, **memory, "skipped_steps": total}
        tagged = {name: tags.of_log(name, self._phases) for name in values}
        self._train.scalars(
            step,
            {tagged[name][0]: value for name, value in values.items()},
            dict(tagged.values()),
        )
        for name, buckets in drawn.items():
            self._train.histogram(step, *tags.of_histogram(name), buckets)
        record = {"step": step, "time": run_folder.now(), **values}
        self._append(layout.METRICS, record)
        is_slow = pace.data_wait > SLOW_DATA and pace.total > LONG_ENOUGH
        if is_slow and not self._has_warned:
            self._has_warned = True
            self._log(
                logging.WARNING,
                "The model waits for data %.0f%% of the time. Give the source a cache, "
                "take transforms away, or train on fewer replicas.",
                100 * pace.data_wait,
            )

    def clips(self, step: int) -> None:
        """Draws the fixed clips and shows them."""
        self._train.clips(
            step,
            SAMPLES,
            self._sampler.draw(),
            fps=self._built.source.spec.fps,
            folder=self._folder.samples,
        )

    def evaluation(self, step: int, report: evaluator.Report) -> None:
        """Reports an evaluation."""
        self.say("%s\n%s", report.headline(step), report.table())
        self._eval.write(step, report.finite(), report.curves)
        self._append(layout.EVALUATIONS, evaluation_record(step, report))

    def close(self) -> None:
        """Closes bar and events files."""
        self._display.make_way()
        self._train.close()
        self._eval.close()

    def _append(self, name: str, record: Mapping) -> None:
        try:
            self._folder.append(name, record)
        except OSError as error:
            text = "%s of step %d is not written: %s."
            reason = durable.reason(error)
            self._log(logging.WARNING, text, name, record["step"], reason)

    def _log(self, level: int, text: str, *values: object) -> None:
        if self._folder.is_chief:
            self._display.make_way()
            logging.log(level, text, *values)


def _wrapped(text: str) -> list[str]:
    """Breaks a line where a log would be too wide to read."""
    return textwrap.wrap(text, progress.WIDTH, subsequent_indent="  ")


def evaluation_record(step: int, report: evaluator.Report) -> dict[str, Any]:
    """Returns the line of eval.jsonl for an evaluation."""
    return {"step": step, "time": run_folder.now(), **report.record()}


def settings_of(card: Mapping[str, Any]) -> dict[str, settings.Setting]:
    """Returns what distinguishes a run in a table of runs.

    Args:
      card: of the run, or what of it names the model.
    """
    return settings.tunable({"model": card["model"]})


def texts(card: Mapping, rows: Mapping[str, str]) -> dict[str, str]:
    """Returns the texts for TensorBoard by tag, in Markdown.

    Args:
      card: of the run.
      rows: what else is known of this start, by name.
    """
    environment = card["environment"]
    start = {"command": run_folder.command(), "commit": environment["commit"], **rows}
    parameters = [
        (name, f"{one['trainable']:,}", f"{one['all']:,}")
        for name, one in card["parameters"].items()
    ]
    return {
        "run/data": card["data"],
        "run/start": summaries.markdown_table(("what", "value"), [*start.items()]),
        "run/environment": summaries.markdown_table(
            ("what", "value"), [*environment.items()]
        ),
        "run/parameters": summaries.markdown_table(
            ("network", "trainable", "all"), parameters
        ),
        "gin/config": config.markdown(config.text()),
        "gin/operative_config": config.markdown(config.operative_text()),
    }
