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
tape, losses, `core.update`, logs. A forward pass that several phases need (a rollout that
the critics judge and the generators learn from) is made once, by `shared_forward`.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, exportable, seeds, update
from tfvideogan.models import ema, phase
from tfvideogan.ops.convolution import convolution


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
        self, *, seed: int = 0, ema_decay: float = 0.999, name: str | None = None
    ) -> None:
        """Stores the settings; variables are made by `build_for`.

        Args:
          seed: of everything random in training; the step and replica are folded in.
          ema_decay: of the weight averages, in [0, 1).
          name: for logs and exports; the class name in lower case by default.
        """
        super().__init__(name=name or type(self).__name__.lower())
        self.seed = seed
        self.ema_decay = ema_decay
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
          batch: one replica's share, see `core.clip`.
          seed: [2] int32.
        """
        return None

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns what the metrics judge, by name; deterministic."""
        raise NotImplementedError(f"{type(self).__name__}.evaluation_outputs")

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns columns of clips to look at, each [N, T, H, W, 1 or 3] in [-1, 1]."""
        raise NotImplementedError(f"{type(self).__name__}.sample_clips")

    def serving_functions(self) -> Mapping[str, exportable.ServingFunction]:
        """Returns the signatures of an export, see `core.exportable`."""
        raise NotImplementedError(f"{type(self).__name__}.serving_functions")

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
        self.phases = tuple(self._with_loss_scale(one) for one in self.make_phases())
        _check_order(self.phases)
        for one in self.phases:
            one.optimizer.build(self.phase_variables(one))
        followed = [v for name in self.averaged_networks for v in self._all(name)]
        self.ema = ema.WeightAverage(followed, self.ema_decay)
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

    def checkpoint_items(self) -> dict[str, tf.Module | tf.Variable]:
        """Returns everything that a checkpoint must hold, by name.

        Networks and optimizers are given as lists of their variables: from the objects
        themselves `tf.train.Checkpoint` leaves out, without a word, layers that a Keras
        model holds in a list (Keras 3.15).
        """
        items = {name: _Held(net.variables) for name, net in self.networks.items()}
        for one in self.phases:
            items[f"{one.name}_optimizer"] = _Held(one.optimizer.variables)
        return items | {
            "ema": self.ema,
            "step": self.step,
            "skipped_steps": self.skipped_steps,
            "skipped_in_a_row": self.skipped_in_a_row,
        }

    # --- Training

    def active_phases(self, step: int) -> tuple[str, ...]:
        """Returns the names of the phases that run in a step."""
        return tuple(one.name for one in self.phases if step % one.every == 0)

    # AutoGraph would read the source of all that is called here, which takes half of the
    # time until the first step; no model needs it, their branches are TensorFlow's own.
    @tf.autograph.experimental.do_not_convert
    @convolution.planned_gradients()
    def train_step(
        self, batch: Mapping[str, tf.Tensor], active: tuple[str, ...] | None = None
    ) -> dict[str, tf.Tensor]:
        """Runs one step on one replica.

        Args:
          batch: this replica's share, see `core.clip`.
          active: names of the phases to run, from `active_phases`; None runs all, which
            is right only when every phase has `every=1` (as under `fit`).

        Returns:
          Float32 scalars by name: losses and monitors of the phases,
          "grad_norm/<phase>", "learning_rate/<phase>", and "skipped".
        """
        if active is None:
            active = self._phases_under_fit()
        chosen = [one for one in self.phases if one.name in active]
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        seed = seeds.fold(seeds.from_int(self.seed), self.step, replica)
        shared_seed = seeds.fold(seed, "shared")
        logs: dict[str, tf.Tensor] = {}
        is_finite = tf.constant(True)
        tape = tf.GradientTape()
        if any(one.trains_shared for one in chosen):
            with tape:
                shared = self.shared_forward(batch, shared_seed)
        else:
            shared = self.shared_forward(batch, shared_seed)
        for one in chosen:
            for repeat in range(one.repeats):
                result, phase_logs = self._run_phase(
                    one, batch, shared, seeds.fold(seed, one.name, repeat), tape
                )
                logs |= phase_logs
                is_finite &= result.is_finite
        self._count_step(is_finite)
        logs["skipped"] = 1.0 - tf.cast(is_finite, tf.float32)
        return logs

    def call(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns `evaluation_outputs`, so that the model can be called."""
        return self.evaluation_outputs(batch)

    def _run_phase(
        self,
        one: phase.Phase,
        batch: Mapping[str, tf.Tensor],
        shared: Mapping[str, tf.Tensor] | None,
        seed: tf.Tensor,
        shared_tape: tf.GradientTape,
    ) -> tuple[update.Update, dict[str, tf.Tensor]]:
        variables = self.phase_variables(one)
        # The shared tape is entered again, so that gradients reach the forward pass.
        tape = shared_tape if one.trains_shared else tf.GradientTape()
        with tape:
            losses, monitors = one.losses(batch, shared, seed)
            total = update.total_loss(losses, one.optimizer)
        gradients = tape.gradient(total, variables)
        result = update.apply(
            one.optimizer, gradients, variables, clip_norm=one.clip_norm
        )
        logs = {**losses, **monitors, f"grad_norm/{one.name}": result.gradient_norm}
        rate = one.optimizer.learning_rate
        logs[f"learning_rate/{one.name}"] = keras.ops.convert_to_tensor(rate)
        return result, {name: tf.cast(log, tf.float32) for name, log in logs.items()}

    def _count_step(self, is_finite: tf.Tensor) -> None:
        self.ema.update(self.step)
        was_skipped = tf.cast(tf.logical_not(is_finite), tf.int64)
        self.skipped_steps.assign(self.skipped_steps + was_skipped)
        self.skipped_in_a_row.assign((self.skipped_in_a_row + 1) * was_skipped)
        self.step.assign(self.step + 1)

    def _phases_under_fit(self) -> tuple[str, ...]:
        sparse = [one.name for one in self.phases if one.every > 1]
        if sparse:
            raise errors.UserError(
                f"`fit` runs every phase in every step, but {', '.join(sparse)} of "
                f"{self.name} run on some steps only. Train with "
                "`python -m tfvideogan.train`, or set their `every` to 1."
            )
        return tuple(one.name for one in self.phases)

    def _with_loss_scale(self, one: phase.Phase) -> phase.Phase:
        if keras.config.dtype_policy().compute_dtype != "float16":
            return one
        scaled = keras.optimizers.LossScaleOptimizer(one.optimizer)
        return dataclasses.replace(one, optimizer=scaled)

    def _all(self, name: str) -> Sequence[keras.Variable]:
        return self.networks[name].variables


class _Held(tf.Module):
    """Holds the TensorFlow variables behind Keras variables, in order.

    They are named by their place and the last word of their Keras name: the rest of it
    counts the layers that a process has made before.
    """

    def __init__(self, variables: Sequence[keras.Variable]) -> None:
        super().__init__()
        self.held = {
            f"{place:04d}_{re.split('[/_]', variable.path)[-1]}": variable.value
            for place, variable in enumerate(variables)
        }


def _check_order(phases: Sequence[phase.Phase]) -> None:
    names = [one.name for one in phases]
    if len(set(names)) != len(names):
        raise ValueError(f"Phase names must differ: {', '.join(names)}.")
    sharing = [one.trains_shared for one in phases]
    if sharing != sorted(sharing) or sum(sharing) > 1:
        raise ValueError(
            "At most one phase can train the shared forward pass, and it must come "
            f"last: {', '.join(names)}."
        )


def _counter(name: str) -> tf.Variable:
    return tf.Variable(
        0,
        dtype=tf.int64,
        trainable=False,
        aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        name=name,
    )
