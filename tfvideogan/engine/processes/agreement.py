"""Workers that train together must begin with the same settings and the same weights.

    agreement.check(strategy, {"step": "4", "batch_size": "8"})

`tf.distribute` adds up the gradients of whoever is there: a worker that was started with
another batch size, or went on from another checkpoint, changes what is learnt without an
error. So all workers compare what they are about to do, before they do it.
"""

import zlib
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.engine import strategy as strategies

NAMES = "names of the settings"
ADVICE = (
    "Start all workers with one command, one version and one set of gin files, and with a "
    "--workdir that all of them see: a folder on a shared disk."
)
# float32 is exact for integers of so many bits, also when some replicas are added up.
_BITS = 16


def check(strategy: tf.distribute.Strategy, facts: Mapping[str, str]) -> None:
    """Compares facts with those of the other workers; all workers must call it.

    Args:
      strategy: of the training; with one worker nothing is compared.
      facts: text by name.

    Raises:
      UserError: on every worker, when a fact is not the same on all of them.
    """
    count, worker = strategies.workers(strategy)
    if count == 1:
        return
    # The names first: of other names there would be another number of values.
    for some in ({NAMES: ", ".join(facts)}, facts):
        rows = gathered(strategy, digests(some), count, worker)
        compare(some, rows, worker)


def compare(facts: Mapping[str, str], rows: np.ndarray, worker: int) -> None:
    """Raises UserError when the rows of `gathered` differ; it names the first fact."""
    for place, (name, value) in enumerate(facts.items()):
        column = rows[:, place]
        if (column != column[0]).any():
            other = int(np.flatnonzero(column != column[0])[0])
            raise errors.UserError(
                f"Workers 0 and {other} differ in `{name}` ({value[:80]} on worker "
                f"{worker}). {ADVICE}"
            )


def digests(facts: Mapping[str, str]) -> np.ndarray:
    """Returns the CRC-32 of each fact, [F] int64."""
    return np.array([zlib.crc32(one.encode()) for one in facts.values()], np.int64)


def gathered(
    strategy: tf.distribute.Strategy, own: np.ndarray, count: int, worker: int
) -> np.ndarray:
    """Returns the numbers of all workers; a common act.

    Args:
      strategy: of the training.
      own: [F] int64 below 2**32, of this worker.
      count: of workers.
      worker: the number of this one.

    Returns:
      [count, F] int64.
    """
    halves = np.stack([own >> _BITS, own & (2**_BITS - 1)], axis=-1)  # [F, 2]
    table = np.zeros([count, *halves.shape], np.float32)
    table[worker] = halves
    replicas = len(strategy.extended.worker_devices)  # of this worker
    total = summed(strategy, tf.constant(table)).numpy() / replicas
    whole = total.astype(np.int64)
    return (whole[..., 0] << _BITS) + whole[..., 1]


@tf.function
def summed(strategy: tf.distribute.Strategy, own: tf.Tensor) -> tf.Tensor:
    """Adds a tensor of each replica to those of all others; a common act."""
    shares = strategy.run(tf.identity, args=(own,))
    return strategy.reduce(tf.distribute.ReduceOp.SUM, shares, axis=None)
