"""Starts a tf.data service, or adds a worker to one; runs until it is stopped.

    python -m tfvideogan.data_service --port=5000                   # service and worker
    python -m tfvideogan.data_service --dispatcher=first-host:5000  # one more worker

    python -m tfvideogan.train ... --data_service=grpc://first-host:5000

Workers need the cache of records (TFVIDEOGAN_CACHE) under the same path as the training.
"""

import os

# TensorFlow reads it when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import argparse
import socket
import sys
import time
from collections.abc import Sequence

import tensorflow as tf

# How often a service that belongs to a training looks whether that still runs.
LOOK_INTERVAL = 1.0  # seconds


def main(argv: Sequence[str] | None = None) -> int:
    """Serves; returns the exit code."""
    options = _parser().parse_args(argv)
    service = tf.data.experimental.service
    dispatcher, location = None, options.dispatcher
    if location is None:
        dispatcher = service.DispatchServer(service.DispatcherConfig(port=options.port))
        location = dispatcher.target.partition("://")[2]
        print(f"--data_service=grpc://{options.host}:{location.rpartition(':')[2]}")
    worker = service.WorkerServer(
        service.WorkerConfig(
            dispatcher_address=location,
            port=options.worker_port,
            worker_address=f"{options.host}:%port%",
        )
    )
    print("serving; Ctrl-C ends it", flush=True)
    try:
        while options.parent is None or os.getppid() == options.parent:
            time.sleep(LOOK_INTERVAL)
    except KeyboardInterrupt:
        pass
    del worker, dispatcher  # they end with their objects
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description="Serves batches to trainings.")
    made.add_argument("--port", type=int, default=0, help="of the service; 0 picks one")
    made.add_argument("--worker_port", type=int, default=0, help="0 picks one")
    made.add_argument("--dispatcher", metavar="HOST:PORT", help="join this service")
    made.add_argument(
        "--host", default=socket.gethostname(), help="this machine's name for others"
    )
    made.add_argument("--parent", type=int, help="end when this process does")
    return made


if __name__ == "__main__":
    sys.exit(main())
