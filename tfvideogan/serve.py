"""Serves exported models on this machine, for laptops and tests.

    python -m tfvideogan.serve
    python -m tfvideogan.serve --model_config_file=saved_models/models.config
    python -m tfvideogan.serve --model_name=foregan --model_base_path=$PWD/runs/foregan

Flags are those of the production server, which is the official `tensorflow/serving`
image: the first line that this prints is the command for it. Without a model, everything
in saved_models/ is served. Exit codes: 0 stopped, 2 bad input or a model does not load.
"""

import argparse
import logging as standard_logging
import os
import pathlib
import queue
import signal
import sys
from collections.abc import Callable, Sequence

from absl import logging

from tfvideogan.core import command_line, errors, later
from tfvideogan.library import catalogue
from tfvideogan.serving.local import flags

with later.imported():
    from tfvideogan.serving.local import image, memory
    from tfvideogan.serving.local import server as local_server

OK, BAD_INPUT = 0, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    made = flags.parser(__doc__ or "")
    # In a folder without any, what has come with the package.
    made.set_defaults(saved_models=str(catalogue.folder()))
    options = command_line.start(made, argv)
    _start_logging()
    try:
        return _work(options)
    except errors.UserError as error:
        return command_line.refused(options, error, BAD_INPUT)


def _work(options: argparse.Namespace) -> int:
    settings = flags.settings(options)
    print(image.line(options, pathlib.Path.cwd()), flush=True)
    _on_signal(_exit)  # until there is something to stop
    memory.keep_freed()
    server = local_server.LocalServer(settings)
    server.start()
    # Not an event: a signal that comes while `wait` holds its lock would wait for ever.
    stop: queue.SimpleQueue[None] = queue.SimpleQueue()
    _on_signal(lambda: stop.put(None))
    print(server.ready_line(), flush=True)
    stop.get()
    _on_signal(_exit)  # a second signal does not wait
    if not server.stop():
        logging.warning("An operation that cannot be cut off is left behind")
    return OK


def _on_signal(work: Callable[[], object]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: work())


def _exit(code: int = OK) -> None:
    """Ends the process at once.

    Python would wait for the thread of an operation that cannot be cut off, and takes
    TensorFlow apart for seconds, when nothing is left to be done.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _start_logging() -> None:
    logging.use_absl_handler()
    logging.set_verbosity(logging.INFO)
    handler = logging.get_absl_handler()
    handler.setFormatter(standard_logging.Formatter("%(asctime)s %(message)s"))
    # TensorFlow says at each load that its own loader is deprecated.
    standard_logging.getLogger("tensorflow").setLevel(standard_logging.ERROR)


if __name__ == "__main__":
    _exit(main())
