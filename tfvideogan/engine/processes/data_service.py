"""The tf.data service: clips are prepared by other processes, on other machines if need be.

    with data_service.opened("auto") as address:  # or "grpc://host:5000", or None
        dataset = data_service.distributed(dataset, address)

| flag of train                       | who prepares the batches                         |
|-------------------------------------|--------------------------------------------------|
| none                                | the training's own threads                       |
| `--data_service=auto`               | a process beside the training                    |
| `--data_service=grpc://host:5000`   | the workers of that service                      |

`python -m tfvideogan.data_service` starts a service and adds workers. With one worker the
batches are those of a training without a service, bit for bit. Among several workers the
examples are divided as they ask for them: each example comes once and is itself the same,
but which examples share a batch differs from run to run. Workers need the cache of
records under the same path; sources that draw their clips in Python cannot be served.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

import tensorflow as tf

from tfvideogan.core import errors

AUTO = "auto"
DOOR = "tfvideogan.data_service"
SCHEME = "grpc://"
# What a worker says of a function that lives in the training's Python.
NO_PYTHON = "Could not find callback"
PYTHON_NEEDED = (
    "The clips of this data set are drawn in Python, which the workers of a tf.data "
    "service do not have; leave --data_service out."
)


@contextlib.contextmanager
def opened(address: str | None) -> Iterator[str | None]:
    """Yields the address of a service; starts one for "auto" and ends it afterwards.

    Raises:
      UserError: the address is none.
    """
    if address == AUTO:
        # In this process, a worker that ends would wait for Python, and Python for it.
        command = [sys.executable, "-m", DOOR, "--host=localhost"]
        with subprocess.Popen(
            [*command, f"--parent={os.getpid()}"], stdout=subprocess.PIPE, text=True
        ) as server:
            try:
                yield server.stdout.readline().strip().partition("=")[2]
            finally:
                server.terminate()
    elif address and not address.startswith(SCHEME):
        raise errors.UserError(
            f"--data_service={address} must be auto or an address such as "
            f"{SCHEME}host:5000."
        )
    else:
        yield address


def distributed(dataset: tf.data.Dataset, address: str | None) -> tf.data.Dataset:
    """Returns a data set whose elements are made by a service, or the data set itself."""
    if not address:
        return dataset
    service = tf.data.experimental.service
    return dataset.apply(
        service.distribute(
            processing_mode=service.ShardingPolicy.DYNAMIC, service=address
        )
    ).prefetch(tf.data.AUTOTUNE)
