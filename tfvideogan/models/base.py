"""VideoModel: the base of every model, and the only place where a GAN step is written.

A subclass says what it is and how it is judged:

    class ForeGAN(base.VideoModel):
        def build_networks(self, spec): ...      # creates every variable
        def make_phases(self): ...               # (Phase("critic", ...), ...)
        def critic_losses(self, batch, shared, seed): ...
        def evaluation_outputs(self, batch): ...
        def sample_clips(self, batch): ...
        def serving_functions(self): ...

The life of a model, inside the strategy's scope for everything that makes variables:

    model = ForeGAN(...)
    model.build_for(spec)
    strategy.run(model.train_step, args=(batch,))

`train_step` is the single-replica view of a step. For each phase of the schedule: seed,
tape, losses, `core.update`, logs. When a phase runs and on which data is `phase.py`. A
forward pass that several phases need (a rollout that the critics judge and the generators
learn from) is made once, by `shared_forward`.
"""

import contextlib
import dataclasses
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds, signatures, update
from tfvideogan.models import ema, monitors, phase, under_keras, weight_names, xla
from tfvideogan.ops.convolution import convolution

# (batch, shared, seed) -> (gradients, logs)
Computation = Callable[
    [phase.Batch, phase.Batch | None, tf.Tensor], tuple[list[tf.Tensor], phase.Scalars]
]


class VideoModel(keras.Model):
    """Networks, losses and optimizers of one adversarial model of clips.

    Attributes:
      spec: the `ClipSpec` that the model was built for.
      phases: the schedule, after `build_for`.
      step: int64 variable, training steps done.
      skipped_steps: int64 variable, steps in which a phase met non-finite gradients.
      skipped_in_a_row: int64 variable, how many of the latest steps were such.
      ema: the averages of the networks in `averaged_networks`.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        ema_decay: float = 0.999,
        ema_start: int = 0,
        name: str | None = None,
    ) -> None:
        """Stores the settings; variables are made by `build_for`.

        Args:
          seed: of everything random in training; the step and replica are folded in.
          ema_decay: of the weight averages, in [0, 1).
          ema_start: the step from which on weights are averaged; until then the averages
            are the weights.
          name: for logs and exports; the class name in lower case by default.
        """
        super().__init__(name=name or type(self).__name__.lower())
        self.seed = seed
        self.ema_decay = ema_decay
        self.ema_start = ema_start
        self.spec: clip.ClipSpec | None = None
        self.phases: tuple[phase.Phase, ...] = ()

    # --- What a subclass provides

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the networks and all their variables for clips of `spec`."""
        raise NotImplementedError(f"{type(self).__name__}.build_networks")

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """Returns the schedule; the networks exist when it is called."""
        raise NotImplementedError(f"{type(self).__name__}.make_phases")

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """The networks by name, generators first."""
        raise NotImplementedError(f"{type(self).__name__}.networks")

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """Names of the networks whose averages are judged and exported."""
        raise NotImplementedError(f"{type(self).__name__}.averaged_networks")

    def shared_forward(
        self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> dict[str, tf.Tensor] | None:
        """Makes what several phases of one step need, once; None if there is no such.

        Args:
          batch: one replica's share, see `core.clip`; with `own_batches`, its first.
          seed: [2] int32.
        """
        return None

    def settle(self) -> None:
        """Makes what follows from the averaged weights, when they have been swapped in.

        Nothing by default. Eager; what it changes of the averaged networks is undone when
        the weights come back.
        """

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns what the metrics judge, by name; deterministic."""
        raise NotImplementedError(f"{type(self).__name__}.evaluation_outputs")

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns columns of clips to look at, each [N, T, H, W, 1 or 3] in [-1, 1]."""
        raise NotImplementedError(f"{type(self).__name__}.sample_clips")

    def serving_functions(self) -> Mapping[str, signatures.ServingFunction]:
        """Returns the signatures of an export, see `core.signatures`."""
        raise NotImplementedError(f"{type(self).__name__}.serving_functions")

    def fixed_size_functions(self) -> Mapping[str, signatures.ServingFunction]:
        """Returns the same signatures for plain exports, whose inputs have fixed sizes.

        A model that saves work by sizes which the data say does that work here.
        """
        return self.serving_functions()

    def published_weights(self) -> weight_names.Table:
        """Returns the original code's names of all weights, if the paper has code."""
        raise NotImplementedError(f"{type(self).__name__}.published_weights")

    # --- Building

    def build_for(self, spec: clip.ClipSpec) -> None:
        """Makes every variable: networks, optimizer slots, averages and counters.

        Args:
          spec: of one training clip.

        Raises:
          UserError: the model cannot work with such clips.
        """
        self.spec = spec
        # Weight initialisers draw from Keras' global seed: the same seed, the same start.
        keras.utils.set_random_seed(self.seed % (2**32))
        self.build_networks(spec)
        self.phases = _with_loss_scale(self.make_phases())
        phase.check(self.phases)
        for optimizer in self.optimizers.values():
            optimizer.build(self._updated_by(optimizer))
        followed = [v for name in self.averaged_networks for v in self._all(name)]
        self.ema = ema.WeightAverage(
            followed, self.ema_decay, start=self.ema_start, settle=self.settle
        )
        self.step = _counter("step")
        self.skipped_steps = _counter("skipped_steps")
        self.skipped_in_a_row = _counter("skipped_in_a_row")
        self.built = True

    def phase_variables(self, one: phase.Phase) -> list[keras.Variable]:
        """Returns the trainable variables that a phase changes."""
        return [
            variable
            for name in one.networks
            for variable in self.networks[name].trainable_variables
        ]

    @property
    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """Each optimizer once, by the name of the first phase that has it."""
        return phase.optimizers(self.phases)

    def checkpoint_items(self) -> dict[str, tf.Module | tf.Variable]:
        """Returns everything that a checkpoint must hold, by name.

        Networks and optimizers are given as lists of their variables: from the objects
        themselves `tf.train.Checkpoint` leaves out, without a word, layers that a Keras
        model holds in a list (Keras 3.15).
        """
        items = {name: _Held(net.variables) for name, net in self.networks.items()}
        for name, optimizer in self.optimizers.items():
            items[f"{name}_optimizer"] = _Held(optimizer.variables)
        return items | {
            "ema": self.ema,
            "step": self.step,
            "skipped_steps": self.skipped_steps,
            "skipped_in_a_row": self.skipped_in_a_row,
        }

    # --- Training

    @property
    def batches_per_step(self) -> int:
        """How many batches a step reads; above 1 where a phase has `own_batches`."""
        return phase.batches_per_step(self.phases)

    def active_phases(self, step: int) -> tuple[str, ...]:
        """Returns the names of the phases with an update in a step; see `phase.active`."""
        return phase.active(self.phases, step)

    # AutoGraph would read the source of all that is called here, which takes half of the
    # time until the first step; no model needs it, their branches are TensorFlow's own.
    @tf.autograph.experimental.do_not_convert
    @convolution.planned_gradients()
    def train_step(
        self,
        batch: Mapping[str, tf.Tensor],
        active: tuple[str, ...] | None = None,
        jit_phases: Sequence[str] = (),
    ) -> dict[str, tf.Tensor]:
        """Runs one step on one replica.

        Args:
          batch: this replica's share, see `core.clip`: `batches_per_step` batches, one
            behind the other.
          active: names of the phases to run, from `active_phases`; None runs all, which
            is right only when each has an update in every step (as under `fit`).
          jit_phases: names of phases whose losses and gradients XLA compiles.

        Returns:
          Float32 scalars by name: losses (see `Phase.losses`) and monitors of the phases,
          "grad_norm/<phase>", "learning_rate/<phase>", and "skipped". Of a phase that
          repeats, those of its last update.
        """
        is_under_fit = active is None
        if is_under_fit:
            batch = under_keras.batch_of(self, batch)
            active = self._phases_under_fit()
        chosen = [one for one in self.phases if one.name in active and not one.joins]
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        seed = seeds.fold(seeds.from_int(self.seed), self.step, replica)
        batches = phase.split(batch, self.batches_per_step)
        tape = tf.GradientTape()
        is_trained = any(one.trains_shared for one in chosen)
        with tape if is_trained else contextlib.nullcontext():
            shared = self.shared_forward(batches[0], seeds.fold(seed, "shared"))
        logs: dict[str, tf.Tensor] = {}
        is_finite = tf.constant(True)
        for one in chosen:
            parts = (one, *(other for other in self.phases if other.joins == one.name))
            # The shared tape is entered again, so that gradients reach the forward pass.
            compute = functools.partial(
                self._gradients, parts, tape if one.trains_shared else None
            )
            if one.name in jit_phases:
                compute = xla.compiled(compute, one.name)
            for repeat in range(one.repeats):
                own = batches[repeat if one.own_batches else 0]
                result, phase_logs = self._update(
                    one, compute, own, shared, seeds.fold(seed, one.name, repeat)
                )
                logs |= phase_logs
                is_finite &= result.is_finite
        self._count_step(is_finite)
        logs["skipped"] = 1.0 - tf.cast(is_finite, tf.float32)
        # Keras would show every bucket of a histogram.
        return monitors.numbers(logs) if is_under_fit else logs

    def compile(self, **keywords: Any) -> None:
        """Readies the model for `fit`; its losses and optimizers are its own.

        Args:
          **keywords: of Keras, such as `run_eagerly`.

        Raises:
          UserError: they bring a loss, an optimizer or metrics.
        """
        under_keras.check_compiled(self, keywords)
        # Keras makes an optimizer, whatever it is for: this one keeps nothing.
        with self.distribute_strategy.scope():
            super().compile(optimizer=keras.optimizers.SGD(), **keywords)

    def test_step(self, batch: Any) -> dict[str, tf.Tensor]:
        """Refuses Keras' `evaluate`, which needs one loss."""
        raise under_keras.no_loss(self)

    def get_config(self) -> dict[str, Any]:
        """Refuses what Keras could not make a model of again."""
        raise under_keras.no_config(self)

    def save(self, *arguments: Any, **keywords: Any) -> None:
        """Refuses Keras' file, before there is one; see `get_config`."""
        raise under_keras.no_config(self)

    def export(self, *arguments: Any, **keywords: Any) -> None:
        """Refuses Keras' export, which has no checked signatures."""
        raise under_keras.no_export(self)

    def call(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns `evaluation_outputs`, so that the model can be called."""
        return self.evaluation_outputs(batch)

    def _gradients(
        self,
        parts: Sequence[phase.Phase],
        tape: tf.GradientTape | None,
        batch: phase.Batch,
        shared: phase.Batch | None,
        seed: tf.Tensor,
    ) -> tuple[list[tf.Tensor], phase.Scalars]:
        """Differentiates the losses of a phase and of those that join it."""
        one, tape = parts[0], tape or tf.GradientTape()
        totals, logs = [], {}
        with tape:
            for part in parts:
                compute = functools.partial(part.losses, batch, shared, seed)
                if part.joins is None:
                    losses, watched = compute()
                    total = update.total_loss(losses, one.optimizer, gain=part.gain)
                else:
                    losses, watched = phase.joined(part, self.step, compute)
                    if not losses:  # It rests in an eager step.
                        continue
                    total = update.total_loss(losses, one.optimizer)
                totals.append(total)
                logs |= losses | watched
            total = tf.add_n(totals)
        gradients = update.differentiate(tape, total, self.phase_variables(one))
        return gradients, {name: tf.cast(log, tf.float32) for name, log in logs.items()}

    def _update(
        self,
        one: phase.Phase,
        compute: Computation,
        batch: phase.Batch,
        shared: phase.Batch | None,
        seed: tf.Tensor,
    ) -> tuple[update.Update, phase.Scalars]:
        """Updates the networks of a phase once."""
        if one.accumulate > 1:
            gradients, logs = update.mean_over(
                phase.split(batch, one.accumulate),
                lambda number, part: compute(part, None, seeds.fold(seed, number)),
            )
        else:
            # The shared pass belongs to the first batch.
            shared = None if one.own_batches else shared
            gradients, logs = compute(batch, shared, seed)
        result = update.apply(
            one.optimizer,
            gradients,
            self.phase_variables(one),
            clip_norm=one.clip_norm,
        )
        logs[f"grad_norm/{one.name}"] = result.gradient_norm
        rate = keras.ops.convert_to_tensor(one.optimizer.learning_rate)
        logs[f"learning_rate/{one.name}"] = tf.cast(rate, tf.float32)
        return result, logs

    def _count_step(self, is_finite: tf.Tensor) -> None:
        self.ema.update(self.step)
        was_skipped = tf.cast(tf.logical_not(is_finite), tf.int64)
        self.skipped_steps.assign(self.skipped_steps + was_skipped)
        self.skipped_in_a_row.assign((self.skipped_in_a_row + 1) * was_skipped)
        self.step.assign(self.step + 1)

    def _phases_under_fit(self) -> tuple[str, ...]:
        updates = [one for one in self.phases if one.joins is None]
        sparse = [one.name for one in updates if not one.runs_always]
        if sparse:
            raise errors.UserError(
                f"`fit` runs every phase in every step, but {', '.join(sparse)} of "
                f"{self.name} run on some steps only. Train with "
                "`python -m tfvideogan.train`, or let them run in every step."
            )
        return tuple(one.name for one in self.phases)

    def _updated_by(
        self, optimizer: keras.optimizers.Optimizer
    ) -> list[keras.Variable]:
        """Returns the variables of all phases that share an optimizer, each once."""
        found = [
            variable
            for one in self.phases
            if one.optimizer is optimizer
            for variable in self.phase_variables(one)
        ]
        return list({id(variable): variable for variable in found}.values())

    def _all(self, name: str) -> Sequence[keras.Variable]:
        return self.networks[name].variables


class _Held(tf.Module):
    """Holds the TensorFlow variables behind Keras variables, in order.

    They are named by their place and the last word of their Keras name: the rest of it
    counts the layers that a process has made before.
    """

    def __init__(self, variables: Sequence[keras.Variable]) -> None:
        super().__init__(name="held")
        self.held = {
            f"{place:04d}_{re.split('[/_]', variable.path)[-1]}": variable.value
            for place, variable in enumerate(variables)
        }


def _with_loss_scale(phases: Sequence[phase.Phase]) -> tuple[phase.Phase, ...]:
    """Wraps each optimizer once, so that phases go on sharing it."""
    if keras.config.dtype_policy().compute_dtype != "float16":
        return tuple(phases)
    scaled = {
        id(optimizer): keras.optimizers.LossScaleOptimizer(optimizer)
        for optimizer in phase.optimizers(phases).values()
    }
    return tuple(
        dataclasses.replace(one, optimizer=scaled.get(id(one.optimizer)))
        for one in phases
    )


def _counter(name: str) -> tf.Variable:
    return tf.Variable(
        0,
        dtype=tf.int64,
        trainable=False,
        aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        name=name,
    )
