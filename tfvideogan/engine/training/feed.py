"""Brings training batches to the replicas.

    iterator = feed.training_blocks(source, strategy, batch_size=8, seed=1)
    block = feed.take(iterator)
    feed.first_replica(strategy, block)["frames"]

With `steps_per_call=k` a block holds the batches of k steps, stacked on a leading axis:
the device then works k steps without asking the host. With `batches_per_step=b` a step
reads b batches that follow each other in the data, one behind the other on the axis of
examples. The order of examples is that of `data/pipeline.py` whatever k and b are.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence

import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.data import pipeline
from tfvideogan.data import source as sources
from tfvideogan.data.cache import reader
from tfvideogan.engine.processes import data_service, interruption, waiting

Block = Mapping[str, tf.Tensor]
# Seconds that data may still take to come when the training is to stop.
PATIENCE = 1.0
CACHE_CHANGED = (
    "The cache of converted clips has changed while it was read. Start again: what is "
    "damaged is converted anew."
)
# How TensorFlow reports what Python code inside a dataset has raised.
_RAISED = re.compile(r"(?:UserError|FileNotFoundError): ([^\n]+)")


@dataclasses.dataclass(frozen=True)
class AwaitedBlocks:
    """Blocks of data, awaited until a signal comes or the service is lost.

    Attributes:
      beside: the thread that takes them.
      service: that prepares them, or none.
      stop: what signals have asked for.
    """

    beside: waiting.Beside
    service: data_service.Service
    stop: interruption.StopRequest

    def take(self) -> Block | None:
        """Returns the next block, None when the training is to stop instead."""
        return self.beside.result(self._gives_up)

    def _gives_up(self, seconds: float) -> bool:
        fault = self.service.fault(seconds)
        if fault:
            self.stop.ask(fault)
        return self.stop.is_asked and seconds > PATIENCE


def training_blocks(
    source: sources.ClipSource,
    strategy: tf.distribute.Strategy,
    *,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    steps_per_call: int = 1,
    batches_per_step: int = 1,
    split: str = "train",
    transforms: Sequence[pipeline.Transform] = (),
    service: str | None = None,
) -> Iterator[Block]:
    """Returns an endless iterator of blocks, one part for each replica.

    Args:
      source: where clips come from.
      strategy: whose replicas are fed.
      batch_size: of one update, over all replicas.
      seed: of the order, the windows and the transforms.
      start_step: first step, when training is resumed.
      steps_per_call: steps of a block; with 1 there is no leading axis.
      batches_per_step: see `VideoModel.batches_per_step`.
      split: of the source.
      transforms: see `pipeline.make_dataset`.
      service: address of a tf.data service, see `data_service.py`.

    Raises:
      UserError: the sizes, the split or the data do not fit.
    """

    def worker_dataset(context: tf.distribute.InputContext) -> tf.data.Dataset:
        """Makes what one process feeds to its replicas, in order."""
        replicas = context.num_replicas_in_sync
        dataset = pipeline.make_dataset(
            source,
            split,
            batch_size=batch_size,
            seed=seed,
            start_step=start_step * batches_per_step,
            num_workers=context.num_input_pipelines,
            worker=context.input_pipeline_id,
            num_replicas=replicas,
            transforms=transforms,
        )
        dataset = data_service.distributed(dataset, service)
        local = replicas // context.num_input_pipelines
        if batches_per_step > 1:
            dataset = _stacked(dataset, batches_per_step, local).map(_joined)
        return _stacked(dataset, steps_per_call, local)

    return iter(strategy.distribute_datasets_from_function(worker_dataset))


def take(iterator: Iterator[Block]) -> Block:
    """Returns the next block.

    Raises:
      UserError: the source met bad data; the message is the source's own.
    """
    try:
        return next(iterator)
    except tf.errors.OpError as error:
        raise explained(error) from error


def explained(error: tf.errors.OpError) -> Exception:
    """Returns the UserError that a dataset function raised, or the error itself."""
    if data_service.NO_PYTHON in error.message:
        return errors.UserError(data_service.PYTHON_NEEDED)
    found = _RAISED.search(error.message)
    if found:
        return errors.UserError(found[1])
    if reader.CHANGED.search(error.message):
        return errors.UserError(CACHE_CHANGED)
    return error


def check_cache() -> None:
    """Checks that what was read so far was what had been converted.

    Raises:
      UserError: the cache was written or cut since it was opened.
    """
    if reader.are_changed():
        raise errors.UserError(CACHE_CHANGED)


def first_replica(
    strategy: tf.distribute.Strategy, block: Block, steps_per_call: int = 1
) -> dict[str, tf.Tensor]:
    """Returns one replica's batch of the first step of a block."""
    return {
        key: _first_step(strategy.experimental_local_results(value)[0], steps_per_call)
        for key, value in block.items()
    }


def _first_step(value: tf.Tensor, steps_per_call: int) -> tf.Tensor:
    return value if steps_per_call == 1 else value[0]


def _stacked(dataset: tf.data.Dataset, steps: int, replicas: int) -> tf.data.Dataset:
    """Stacks the batches of some steps for each replica; they come step by step."""
    if steps == 1:
        return dataset

    def by_replica(blocks: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Sorts [steps * replicas, n, ...] into [replicas, steps, n, ...]."""
        return {
            key: _by_replica(block, steps, replicas) for key, block in blocks.items()
        }

    dataset = dataset.batch(steps * replicas, drop_remainder=True).map(by_replica)
    return dataset.unbatch().prefetch(tf.data.AUTOTUNE)


def _joined(block: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Puts the batches [b, n, ...] of one replica behind each other: [b * n, ...]."""
    return {
        key: tf.reshape(value, [-1, *value.shape[2:]]) for key, value in block.items()
    }


def _by_replica(block: tf.Tensor, steps: int, replicas: int) -> tf.Tensor:
    block = tf.reshape(block, [steps, replicas, *block.shape[1:]])
    order = [1, 0, *range(2, block.shape.rank)]
    return tf.transpose(block, order) if replicas > 1 else tf.squeeze(block, 1)[None]
