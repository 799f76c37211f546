"""What the doors share: options, logging, and errors that become exit codes.

| code | meaning                                                                       |
|------|-------------------------------------------------------------------------------|
| 0    | done                                                                          |
| 1    | failure: training diverged, or a fault of the program (with its traceback)    |
| 2    | bad input: one line says what to change; nothing was written                  |
| 75   | stopped by a signal or the loss of another process, saved: the same command   |
|      | goes on (EX_TEMPFAIL)                                                         |
| 130  | aborted by a second Ctrl-C                                                    |
| 141  | who reads the output has gone (`... | head`)                                  |
"""

import argparse
import logging as standard_logging
import os
import sys
from collections.abc import Callable, Sequence

from absl import logging

from tfvideogan.core import command_line, errors, later, leaving
from tfvideogan.engine import choices

with later.imported():
    from tfvideogan.engine import build, resources
    from tfvideogan.engine.processes import cluster, interruption
    from tfvideogan.engine.training import divergence

OK, FAILED, BAD_INPUT = 0, 1, 2
STOPPED, ABORTED = leaving.STOPPED, leaving.ABORTED
LOG_FORMAT = "%(asctime)s %(message)s"
TIME_FORMAT = "%H:%M:%S"
parser = command_line.parser


def add_gin_files(made: argparse.ArgumentParser) -> None:
    """Adds --gin_file and --gin_param."""
    add_bindings(made)
    made.add_argument(
        "--gin_file",
        action="append",
        default=[],
        metavar="FILE",
        help="a gin file; can be repeated, later ones win. Looked for in the current "
        "folder, beside the package and where it was installed",
    )


def add_bindings(made: argparse.ArgumentParser) -> None:
    """Adds --gin_param and the other ways in which people spell it."""
    made.add_argument(
        "--gin_param",
        "--gin_params",
        "--gin_bindings",
        "--gin_binding",
        dest="gin_param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="one binding, such as 'BATCH_SIZE = 4' or 'loop.run.log_every = 10'; "
        "can be repeated, later ones win",
    )


def check_gin_files(options: argparse.Namespace, example: str) -> None:
    """Checks that there is a gin file.

    Raises:
      UserError: there is none; it names the example.
    """
    if not options.gin_file:
        raise errors.UserError(
            f"--gin_file is missing; try --gin_file={example}, or --help."
        )


def add_checkpoint(made: argparse.ArgumentParser) -> None:
    """Adds --checkpoint and --weights, which say what of a run folder is meant."""
    made.add_argument(
        "--checkpoint",
        default=choices.LATEST,
        help=f'"{choices.LATEST}", a step, or the folder of a checkpoint',
    )
    made.add_argument(
        "--weights",
        choices=choices.WEIGHTS,
        default="ema",
        help="the slow copy or the weights as trained",
    )


def add_workdir(made: argparse.ArgumentParser, *, required: bool, about: str) -> None:
    """Adds --workdir and its other spelling."""
    made.add_argument(
        "--workdir",
        "--model_dir",
        dest="workdir",
        required=required,
        metavar="FOLDER",
        help=about,
    )


def start_logging() -> None:
    """Sends log lines to stderr, with the time and without the rest."""
    logging.set_verbosity(logging.INFO)
    # The root logger: a library that logs to it while it has no handler gives it one, and
    # every line would come twice.
    logger = standard_logging.getLogger()
    for old in [one for one in logger.handlers if isinstance(one, _LineHandler)]:
        logger.removeHandler(old)
    handler = _LineHandler(sys.stderr)
    handler.setFormatter(standard_logging.Formatter(LOG_FORMAT, TIME_FORMAT))
    handler.addFilter(_is_worth_reading)
    logger.addHandler(handler)


class _LineHandler(standard_logging.StreamHandler):
    """absl's own handler warns that no flags were parsed; the doors use argparse."""

    def handleError(self, record: standard_logging.LogRecord) -> None:
        """Drops a line that cannot be written: it is no reason to end a training."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def _is_worth_reading(record: standard_logging.LogRecord) -> bool:
    """Leaves out what TensorFlow notes about its own work."""
    is_ours = f"{os.sep}tensorflow{os.sep}" not in record.pathname
    return is_ours or record.levelno >= standard_logging.WARNING


def run(
    made: argparse.ArgumentParser,
    work: Callable[[argparse.Namespace], int],
    argv: Sequence[str] | None = None,
) -> int:
    """Runs a door and returns its exit code.

    Args:
      made: see `parser`; with --traceback even a fault of the user's is shown with its.
      work: what the door does with the options; returns an exit code.
      argv: the command line; that of the process if None.
    """
    options = command_line.start(made, argv)
    start_logging()
    try:
        with resources.exhaustion_explained():
            code = work(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        return command_line.closed()
    except errors.UserError as error:
        kinds = {cluster.WorkerLost: STOPPED, divergence.TrainingDiverged: FAILED}
        code = next((kinds[one] for one in kinds if isinstance(error, one)), BAD_INPUT)
        text = f"{build.one_line(error)} {error.flags}"
        return command_line.refused(options, text, code)
    except KeyboardInterrupt:
        sys.stderr.write(f"aborted; {leaving.SAFE}\n")
        return ABORTED
    except interruption.Stopped as stopped:
        sys.stderr.write(f"stopped by {stopped}; {leaving.SAFE}\n")
        return STOPPED
