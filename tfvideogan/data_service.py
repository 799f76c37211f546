"""Starts a tf.data service, or adds a worker to one; runs until it is stopped.

    python -m tfvideogan.data_service --port=5000                   # service and worker
    python -m tfvideogan.data_service --dispatcher=first-host:5000  # one more worker

    python -m tfvideogan.train ... --data_service=grpc://first-host:5000

Workers need the cache of records (TFVIDEOGAN_CACHE) under the same path as the training.
"""

import argparse
import socket
import sys
from collections.abc import Sequence

from tfvideogan.core import later
from tfvideogan.engine import command_line

with later.imported():
    from tfvideogan.engine.processes import data_service

EXAMPLES = """\
  python -m tfvideogan.data_service --port=5000
  python -m tfvideogan.data_service --dispatcher=first-host:5000
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    return command_line.run(_parser(), _work, argv)


def _parser() -> argparse.ArgumentParser:
    made = command_line.parser("Serve batches to trainings.", EXAMPLES)
    made.add_argument("--port", type=int, default=0, help="of the service; 0 picks one")
    made.add_argument("--worker_port", type=int, default=0, help="0 picks one")
    made.add_argument("--dispatcher", metavar="HOST:PORT", help="join this service")
    made.add_argument(
        "--host", default=socket.gethostname(), help="this machine's name for others"
    )
    made.add_argument("--parent", type=int, help="end when this process does")
    return made


def _work(options: argparse.Namespace) -> int:
    for line in data_service.serving(
        options.host,
        port=options.port,
        worker_port=options.worker_port,
        dispatcher=options.dispatcher,
        parent=options.parent,
    ):
        print(line, flush=True)
    return command_line.OK


if __name__ == "__main__":
    sys.exit(main())
