"""What a training would be: its size, its work, and one step on zeros.

    print(dry_run.describe(config.arguments(loop.run), strategy))
    print(dry_run.describe_traced(config.arguments(loop.run)))

Writes nothing. Of a model that is larger than the machine the step is only traced: its
variables are nodes of a graph that never runs, so that none has memory.
"""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfvideogan.core import clip, errors
from tfvideogan.engine import build, flops, resources
from tfvideogan.engine import strategy as strategies
from tfvideogan.engine.reporting import progress
from tfvideogan.engine.runs import run_folder
from tfvideogan.engine.training import feed, trainer
from tfvideogan.models import monitors

MEGA, GIGA = 1e6, 1e9


def describe(arguments: Mapping[str, Any], strategy: tf.distribute.Strategy) -> str:
    """Builds the model, runs one step on zeros, and returns a report of some lines.

    Args:
      arguments: of `loop.run`, from `config.arguments`.
      strategy: where to build it.

    Raises:
      UserError: the configuration is at fault.
    """
    strategies.set_precision(arguments["precision"])
    built = build.build(arguments["make_model"], arguments["make_source"], strategy)
    batch_size, batches = arguments["batch_size"], built.model.batches_per_step
    resources.check_memory(built.source.spec, clips=batch_size * batches)
    stepper = trainer.Trainer(built.model, strategy, jit_phases=arguments["jit_phases"])
    batch = _zeros(built, batch_size)
    before, watch = resources.peak_memory(), progress.Stopwatch()
    row = stepper.run(batch, step=0, count=1)[0]
    tracing = watch.lap()
    stepper.run(batch, step=0, count=1)
    seconds = watch.lap()
    active = built.model.active_phases(0)
    work = flops.count(stepper.traced(active, batch))
    lines = [
        *_parameters(built),
        f"{_memory(built)}, a step about "
        f"{max(0, resources.peak_memory() - before) / MEGA:.0f} MB more",
        f"work: {work}, {work.total / GIGA / seconds:.3g} GFLOP/s",
        f"{_step_of(built, batch_size)}: traced in {tracing:.1f} s, then {seconds:.3f} s",
        *(f"  {name} {value:.4g}" for name, value in monitors.numbers(row).items()),
        *_environment(built),
    ]
    return "\n".join(lines)


def describe_traced(arguments: Mapping[str, Any]) -> str:
    """Traces a step on one device, and returns a report of some lines.

    Args:
      arguments: of `loop.run`, from `config.arguments`.

    Raises:
      UserError: the configuration is at fault.
    """
    strategies.set_precision(arguments["precision"])
    strategy, batch_size = strategies.one_device(), arguments["batch_size"]
    watch = progress.Stopwatch()
    with tf.Graph().as_default():
        built = build.build(arguments["make_model"], arguments["make_source"], strategy)
        stepper = trainer.Trainer(
            built.model, strategy, jit_phases=arguments["jit_phases"]
        )
        number = batch_size * built.model.batches_per_step
        batch = clip.zeros_like_spec(built.source.spec, number)
        stepper.prepare(batch, step=0, count=1)
        work = flops.count(stepper.traced(built.model.active_phases(0), batch))
        lines = [
            *_environment(built),
            *_parameters(built),
            f"{_memory(built)}; what a step needs beside them is not known",
            f"work: {work}",
            f"{_step_of(built, batch_size)}: traced in {watch.lap():.1f} s, not run",
        ]
    return "\n".join(lines)


def _zeros(built: build.Built, batch_size: int) -> feed.Block:
    replicas = built.strategy.num_replicas_in_sync
    if batch_size % replicas:
        raise errors.UserError(
            f"`batch_size` ({batch_size}) must be a multiple of the number of replicas "
            f"({replicas})."
        )
    number = batch_size // replicas * built.model.batches_per_step
    zeros = clip.zeros_like_spec(built.source.spec, number)
    return {
        key: built.strategy.experimental_distribute_values_from_function(
            lambda context, value=value: value
        )
        for key, value in zeros.items()
    }


def _environment(built: build.Built) -> list[str]:
    found = run_folder.environment(built.strategy)
    lines = [f"{name}: {value}" for name, value in found.items()]
    return [*lines, f"data: {built.source.describe()}", f"clips: {built.source.spec}"]


def _parameters(built: build.Built) -> list[str]:
    rows = build.parameter_table(built.model)
    width = max(len(name) for name, _, _ in rows)
    return [
        f"{'network':{width}}  {'trainable':>12}  {'all':>12}",
        *(f"{name:{width}}  {some:>12,}  {every:>12,}" for name, some, every in rows),
    ]


def _memory(built: build.Built) -> str:
    return f"memory: {build.memory(built)}"


def _step_of(built: build.Built, batch_size: int) -> str:
    return (
        f"one step on zeros ({built.model.batches_per_step} x batch {batch_size}; phases "
        f"{', '.join(built.model.active_phases(0))})"
    )
