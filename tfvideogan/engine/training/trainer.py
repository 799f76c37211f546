"""The inner loop: blocks of distributed training steps and what they report.

    trainer = Trainer(model, strategy, steps_per_call=4)
    rows = trainer.run(block, step=100, count=4)    # one dict of floats for each step

A block runs inside one `tf.function`. Which phases a step has is decided in Python, by
`model.active_phases(step)`, so a phase that rests costs nothing; there is one traced
function for each combination of phases, and steps of the same combination that follow
each other run without coming back to the host.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence

import keras
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.engine.training import divergence, feed
from tfvideogan.models import base, phase

Row = dict[str, float]


class Trainer:
    """Runs the training steps of a model on the replicas of a strategy."""

    def __init__(
        self,
        model: base.VideoModel,
        strategy: tf.distribute.Strategy,
        *,
        steps_per_call: int = 1,
        max_skipped_in_a_row: int = 20,
        max_skipped_share: float = 0.25,
        jit_phases: Sequence[str] = (),
    ) -> None:
        """Stores the settings; functions are traced when they are first needed.

        Args:
          model: built in the strategy's scope.
          strategy: where its variables live.
          steps_per_call: steps of a block, see `feed.py`.
          max_skipped_in_a_row: so many skipped steps end the training.
          max_skipped_share: as does a larger share of the latest steps.
          jit_phases: names of phases whose losses and gradients XLA compiles.

        Raises:
          UserError: `jit_phases` names what XLA cannot compile, or a number is out of its
            range.
        """
        _check_jit(jit_phases, model.phases)
        self.model = model
        self.strategy = strategy
        self.steps_per_call = steps_per_call
        self._skips = divergence.SkipWatch(
            [one.name for one in model.phases],
            max_in_a_row=max_skipped_in_a_row,
            max_share=max_skipped_share,
            is_scaled=_is_scaled(model),
        )
        self.jit_phases = tuple(jit_phases)
        self._functions: dict[tuple[str, ...], Callable[..., tf.Tensor]] = {}
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}

    def prepare(
        self, block: feed.Block, *, step: int, count: int
    ) -> tf.types.experimental.ConcreteFunction:
        """Traces the first steps of a block without running them.

        What a model refuses only then is refused before anything is written.

        Args:
          block: see `run`.
          step: see `run`.
          count: see `run`.

        Returns:
          What was traced: a step, or as many as the host is not asked about.

        Raises:
          UserError: see `run`.
        """
        active = [self.model.active_phases(step + index) for index in range(count)]
        stop = len(list(itertools.takewhile(lambda one: one == active[0], active)))
        function, arguments = self._function(active[0], block, 0, stop)
        return function.get_concrete_function(*arguments)

    def run(self, block: feed.Block, *, step: int, count: int) -> list[Row]:
        """Runs the first `count` steps of a block.

        Args:
          block: from `feed.training_blocks`, with the same `steps_per_call`.
          step: number of the first of them.
          count: at most `steps_per_call`.

        Returns:
          The logs of each step, means over replicas.

        Raises:
          TrainingDiverged: too many of the latest steps were skipped.
          UserError: the step cannot be traced: a batch does not divide into the parts of
            a phase, or XLA would have to compute 3-D convolutions on a CPU.
        """
        rows = []
        active = [self.model.active_phases(step + index) for index in range(count)]
        start = 0
        for phases, group in itertools.groupby(active):
            stop = start + len(list(group))
            values = self._call(phases, block, start, stop).numpy()
            names = self._names[phases]
            rows += [dict(zip(names, map(float, row), strict=True)) for row in values]
            start = stop
        self._skips.add(rows, step + count)
        return rows

    def traced(
        self, phases: tuple[str, ...], block: feed.Block
    ) -> tf.types.experimental.ConcreteFunction:
        """Returns the traced step of a combination of phases, to be looked at.

        Args:
          phases: for which `run` has been called.
          block: of the same shapes; with `steps_per_call=1`.
        """
        return self._functions[phases].get_concrete_function(block)

    def _call(
        self, phases: tuple[str, ...], block: feed.Block, start: int, stop: int
    ) -> tf.Tensor:
        function, arguments = self._function(phases, block, start, stop)
        return function(*arguments)

    def _function(
        self, phases: tuple[str, ...], block: feed.Block, start: int, stop: int
    ) -> tuple[Callable[..., tf.Tensor], tuple]:
        """Returns the function of a combination of phases, and its arguments."""
        if phases not in self._functions:
            make = self._one_step if self.steps_per_call == 1 else self._many_steps
            self._functions[phases] = make(phases)
        if self.steps_per_call == 1:
            return self._functions[phases], (block,)
        limits = (tf.constant(start), tf.constant(stop))
        return self._functions[phases], (block, *limits)

    def _one_step(self, phases: tuple[str, ...]) -> Callable[..., tf.Tensor]:
        # AutoGraph would put the way through the code in front of a user's error.
        @tf.function(autograph=False)
        def one_step(batch: feed.Block) -> tf.Tensor:
            """Returns the logs of a step, [1, L]."""
            row = self.strategy.run(self._replica_step, args=(batch, phases))
            return self._mean(row)[tf.newaxis]

        return one_step

    def _many_steps(self, phases: tuple[str, ...]) -> Callable[..., tf.Tensor]:
        def replica_step(block: feed.Block, index: tf.Tensor) -> tf.Tensor:
            """Runs one replica's step on its batch of that number."""
            batch = {key: value[index] for key, value in block.items()}
            return self._replica_step(batch, phases)

        @tf.function(autograph=False)
        def many_steps(
            block: feed.Block, start: tf.Tensor, stop: tf.Tensor
        ) -> tf.Tensor:
            """Returns the logs of some steps, [stop - start, L]."""

            def next_step(
                index: tf.Tensor, rows: tf.TensorArray
            ) -> tuple[tf.Tensor, tf.TensorArray]:
                row = self.strategy.run(replica_step, args=(block, index))
                return index + 1, rows.write(index - start, self._mean(row))

            rows = tf.TensorArray(tf.float32, size=stop - start)
            _, rows = tf.while_loop(
                lambda index, rows: index < stop, next_step, (start, rows)
            )
            return rows.stack()

        return many_steps

    def _replica_step(self, batch: feed.Block, phases: tuple[str, ...]) -> tf.Tensor:
        logs = self.model.train_step(batch, phases, self.jit_phases)
        self._names[phases] = tuple(logs)
        return tf.stack([tf.cast(log, tf.float32) for log in logs.values()])

    def _mean(self, row: tf.Tensor) -> tf.Tensor:
        return self.strategy.reduce(tf.distribute.ReduceOp.MEAN, row, axis=None)


def _is_scaled(model: base.VideoModel) -> bool:
    scaled = keras.optimizers.LossScaleOptimizer
    return any(isinstance(one, scaled) for one in model.optimizers.values())


def _check_jit(names: Sequence[str], phases: Sequence[phase.Phase]) -> None:
    choices = [one.name for one in phases if not one.joins and not one.trains_shared]
    for name in names:
        if name not in choices:
            raise errors.UserError(
                f"`jit_phases` ({name!r}) must name phases that compute their gradients "
                "alone, not through a forward pass that they share and not as a part of "
                f"another phase: {', '.join(choices) or 'this model has none'}."
            )


class Averages:
    """Means of the logs of an interval.

    A phase that rests in a step has no logs there, and a loss that is not finite is left
    out (its step was skipped, which is counted): each mean is over the steps that have a
    value.
    """

    def __init__(self) -> None:
        """Starts empty."""
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        self.skipped = 0

    def add(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Adds the logs of some steps."""
        for row in rows:
            self.skipped += int(bool(row.get(divergence.SKIPPED)))
            for name, value in row.items():
                if name != divergence.SKIPPED and math.isfinite(value):
                    self._sums[name] = self._sums.get(name, 0.0) + value
                    self._counts[name] = self._counts.get(name, 0) + 1

    def means(self) -> Row:
        """Returns the means so far."""
        return {name: total / self._counts[name] for name, total in self._sums.items()}

    def reset(self) -> None:
        """Starts the next interval."""
        self.__init__()
