"""The tf.data service: clips are prepared by other processes, on other machines if need be.

    with data_service.opened("auto") as service:  # or "grpc://host:5000", or None
        dataset = data_service.distributed(dataset, service.address)

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
import dataclasses
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator

import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.engine.processes import rendezvous, waiting

AUTO = "auto"
DOOR = "tfvideogan.data_service"
SCHEME = "grpc://"
_ADDRESS = re.compile(r"grpc://(?:[^\s:/\[\]]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}")
# Seconds without data after which a service that does not answer either is lost.
SILENCE = 60.0
# How often a service that belongs to a training looks whether that still runs.
LOOK_INTERVAL = 1.0  # seconds
# What a worker says of a function that lives in the training's Python.
NO_PYTHON = "Could not find callback"
PYTHON_NEEDED = (
    "The clips of this data set are drawn in Python, which the workers of a tf.data "
    "service do not have; leave --data_service out."
)


@dataclasses.dataclass(frozen=True)
class Service:
    """A service that prepares batches, or none.

    Attributes:
      address: grpc://host:port; None without a service.
      process: that of a service beside the training.
    """

    address: str | None = None
    process: subprocess.Popen | None = None

    @property
    def about(self) -> str:
        """What a line about waiting for data adds."""
        return f" of the data service at {self.address}" if self.address else ""

    def fault(self, seconds: float) -> str | None:
        """Says why no more data will come, None while some may.

        Args:
          seconds: waited for data so far.
        """
        if self.process is not None and self.process.poll() is not None:
            return f"the end of the data service (exit code {self.process.returncode})"
        if self.address and seconds > SILENCE and not self.answers():
            return f"the silence of the data service at {self.address}"
        return None

    def answers(self) -> bool:
        """Says whether anything listens at the address."""
        return rendezvous.answers(self.address.removeprefix(SCHEME))


@contextlib.contextmanager
def opened(address: str | None) -> Iterator[Service]:
    """Yields the service at an address, when it answers; starts one for "auto".

    Raises:
      UserError: the address is none, or the service does not start.
    """
    if address == AUTO:
        # In this process, a worker that ends would wait for Python, and Python for it.
        # In a session of its own it does not get the Ctrl-C of the training's terminal.
        with subprocess.Popen(
            [sys.executable, "-m", DOOR, "--host=localhost", f"--parent={os.getpid()}"],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as server:
            try:
                line = server.stdout.readline()
                if not line:
                    raise errors.UserError(
                        "The data service did not start; its own lines say why. Leave "
                        "--data_service out."
                    )
                yield Service(line.strip().partition("=")[2], server)
            finally:
                server.kill()
    elif address:
        if not _ADDRESS.fullmatch(address):
            raise errors.UserError(
                f"--data_service={address} must be auto or an address such as "
                f"{SCHEME}host:5000."
            )
        service = Service(address)
        lines = waiting.Lines(f"the data service at {address}, which does not answer")
        while not service.answers():
            lines.look()
            time.sleep(waiting.LOOK)
        yield service
    else:
        yield Service()


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


def serving(
    host: str,
    *,
    port: int = 0,
    worker_port: int = 0,
    dispatcher: str | None = None,
    parent: int | None = None,
) -> Iterator[str]:
    """Serves until Ctrl-C, or the end of a parent; yields what is to be said.

    Args:
      host: the name of this machine, for others.
      port: of the dispatcher; 0 picks one.
      worker_port: of the worker; 0 picks one.
      dispatcher: host:port of one that is there, to be joined; None starts one.
      parent: the process with which the service ends, if it started this one.
    """
    service = tf.data.experimental.service
    started, location = None, dispatcher
    if location is None:
        started = service.DispatchServer(service.DispatcherConfig(port=port))
        location = started.target.partition("://")[2]
        yield f"--data_service=grpc://{host}:{location.rpartition(':')[2]}"
    worker = service.WorkerServer(
        service.WorkerConfig(
            dispatcher_address=location,
            port=worker_port,
            worker_address=f"{host}:%port%",
        )
    )
    yield "serving; Ctrl-C ends it"
    try:
        while parent is None or os.getppid() == parent:
            time.sleep(LOOK_INTERVAL)
    except KeyboardInterrupt:
        pass
    del worker, started  # they end with their objects
