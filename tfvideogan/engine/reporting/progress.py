"""How far a training is, on a terminal or in a log file.

On a terminal Keras' bar; elsewhere one line for each interval:

    step 1200/50000 2.4% | 6.30 step/s 806 frames/s | eta 2:09:11 | data wait 3% | ...

Behind that stands the sum of each phase's losses, or, in a long line, each loss. All are
in TensorBoard and metrics.jsonl.
"""

import datetime
import sys
import time
from collections.abc import Mapping, Sequence

import keras
from absl import logging

# Characters of a line that is not long, without the time in front of it.
WIDTH = 150


class Pace:
    """Speed of training and the share of it that was spent waiting for data.

    Waiting is the time in which the loop asked for a block and the device had nothing to
    do: each block is computed to its end before the next one is asked for. Only training
    counts, neither tracing nor pictures nor evaluation.
    """

    def __init__(self) -> None:
        """Starts with nothing measured."""
        self.steps = 0
        self.waiting = 0.0
        self.total = 0.0

    def add(self, steps: int, waiting: float, computing: float) -> None:
        """Adds a block: its steps, and seconds of waiting and of computing."""
        self.steps += steps
        self.waiting += waiting
        self.total += waiting + computing

    @property
    def steps_per_second(self) -> float:
        """Training steps per second, 0 before anything was measured."""
        return self.steps / self.total if self.total else 0.0

    @property
    def data_wait(self) -> float:
        """Share of the time in [0, 1] that was spent waiting for data."""
        return self.waiting / self.total if self.total else 0.0


class Progress:
    """Shows steps, speed, time left and losses."""

    def __init__(
        self,
        *,
        steps: int,
        start: int,
        frames_per_step: int,
        phases: Sequence[str],
        is_terminal: bool | None = None,
        is_long: bool = False,
    ) -> None:
        """Starts the display; a bar counts the steps of this start.

        Args:
          steps: of the whole training.
          start: steps that were done before.
          frames_per_step: real frames that a step reads.
          phases: names of the model's phases, with which its losses begin.
          is_terminal: whether to draw a bar; asks stdout by default.
          is_long: whether lines have every loss.
        """
        self._steps = steps
        self._start = start
        self._frames_per_step = frames_per_step
        self._phases = tuple(phases)
        self._is_long = is_long
        is_terminal = sys.stdout.isatty() if is_terminal is None else is_terminal
        self._bar = None
        self._is_in_line = False
        if is_terminal:
            self._bar = keras.utils.Progbar(steps - start, unit_name="step")
            self._bar.stateful_metrics = _Everything()

    def block(self, step: int, losses: Mapping[str, float]) -> None:
        """Moves the bar; without a terminal nothing is shown."""
        if self._bar is not None:
            self._draw(step, self._totals(losses))

    def interval(self, step: int, pace: Pace, losses: Mapping[str, float]) -> None:
        """Shows what an interval has brought: one line, or the bar's figures."""
        if self._bar is None:
            logging.info("%s", self.line(step, pace, losses))
        else:
            speed = {}
            if pace.steps:
                frames = pace.steps_per_second * self._frames_per_step
                speed = {"frames/s": frames, "data wait": pace.data_wait}
            self._draw(step, self._totals(losses) | speed)

    def line(self, step: int, pace: Pace, losses: Mapping[str, float]) -> str:
        """Returns the line of an interval."""
        speed = pace.steps_per_second
        parts = [f"step {step}/{self._steps} {100.0 * step / self._steps:.1f}%"]
        if speed:  # The first step is traced: it says nothing of the speed.
            seconds = round((self._steps - step) / speed)
            parts += [
                f"{speed:.2f} step/s {speed * self._frames_per_step:.0f} frames/s",
                f"eta {datetime.timedelta(seconds=seconds)}",
                f"data wait {100.0 * pace.data_wait:.0f}%",
            ]
        values = self._shown(losses) if self._is_long else self._totals(losses)
        head = " | ".join([*parts, ""])
        shown = [f"{name} {value:.3g}" for name, value in values.items()]
        line, kept = head + " ".join(shown), len(shown)
        while len(line) > WIDTH and not self._is_long:
            kept -= 1
            line = head + " ".join([*shown[:kept], "..."])
        return line

    def make_way(self) -> None:
        """Ends the bar's line, so that what follows starts on its own."""
        if self._is_in_line:
            sys.stdout.write("\n")
            sys.stdout.flush()
            self._is_in_line = False

    def _draw(self, step: int, values: Mapping[str, float]) -> None:
        done = step - self._start
        self._bar.update(done, values=list(values.items()), finalize=False)
        self._is_in_line = True

    def _shown(self, losses: Mapping[str, float]) -> dict[str, float]:
        """Picks the losses; monitors are for TensorBoard."""
        return {
            name: value
            for name, value in losses.items()
            if name.partition("/")[0] in self._phases
        }

    def _totals(self, losses: Mapping[str, float]) -> dict[str, float]:
        """Sums each phase: what is wider than a terminal is not read."""
        totals: dict[str, float] = {}
        for name, value in self._shown(losses).items():
            phase = name.partition("/")[0]
            totals[phase] = totals.get(phase, 0.0) + value
        return totals


class Stopwatch:
    """Seconds since it was started or last read."""

    def __init__(self) -> None:
        """Starts now."""
        self._since = time.monotonic()

    def lap(self) -> float:
        """Returns the seconds since the last lap, and starts the next."""
        now = time.monotonic()
        seconds, self._since = now - self._since, now
        return seconds


class _Everything:
    """Makes the bar show values as they are instead of averaging over all time."""

    def __contains__(self, name: str) -> bool:
        return True
