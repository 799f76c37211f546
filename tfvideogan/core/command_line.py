"""What every door does first: read its flags, say its first line, import the rest.

    made = command_line.parser("Trains a model.", examples)
    options = command_line.start(made, argv)

Nothing of this needs TensorFlow. What a door imports inside `later.imported` is there when
`start` returns.
"""

import argparse
import os
import pathlib
import sys
import traceback
from collections.abc import Callable, Sequence

import tfvideogan
from tfvideogan.core import banners, errors, later

PACKAGE = tfvideogan.__name__
OK, BAD_INPUT = 0, 2
CLOSED = 128 + 13  # as a shell counts SIGPIPE
# Defaults that say nothing, beside None and False.
_SILENT = ("", [], argparse.SUPPRESS)


def parser(about: str, examples: str = "") -> argparse.ArgumentParser:
    """Makes a parser with what every door takes; its help shows defaults.

    Args:
      about: the door's purpose, shown as it stands.
      examples: commands to copy.
    """
    made = argparse.ArgumentParser(
        prog=_program(),
        description=about,
        epilog=f"examples:\n{examples}" if examples else None,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    made.add_argument(
        "--traceback",
        action="store_true",
        help="show the full traceback of an error that is otherwise one line",
    )
    return made


def start(
    made: argparse.ArgumentParser, argv: Sequence[str] | None = None
) -> argparse.Namespace:
    """Reads the flags, then imports what waits for that.

    Args:
      made: see `parser`.
      argv: the command line; that of the process if None.
    """
    options = made.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once.
    if "tensorflow" not in sys.modules:
        sys.stderr.write(f"{PACKAGE} {tfvideogan.__version__}: starting TensorFlow\n")
        sys.stderr.flush()
        with banners.caught():
            later.load()
            _meet_devices()
    later.load()
    return options


def run(
    made: argparse.ArgumentParser,
    work: Callable[[argparse.Namespace], int],
    argv: Sequence[str] | None = None,
) -> int:
    """Runs a door that needs no TensorFlow, and imports none; returns the exit code.

    Args:
      made: see `parser`.
      work: what the door does with the options; returns an exit code.
      argv: the command line; that of the process if None.
    """
    options = made.parse_args(argv)
    try:
        code = work(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        return closed()
    except errors.UserError as error:
        return refused(options, f"{error} {error.flags}", BAD_INPUT)


def closed() -> int:
    """Lets what is still written to a closed pipe go nowhere; returns the exit code.

    The reader has closed the pipe, as `head` does.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return CLOSED


def _meet_devices() -> None:
    """Lets TensorFlow look for devices now; it starts none of them yet."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None:
        tensorflow.config.list_physical_devices()


def refused(options: argparse.Namespace, error: object, code: int) -> int:
    """Says what was wrong in one line, behind a traceback if one is asked for.

    Args:
      options: of `start`.
      error: the one that is being handled, or its text.
      code: the exit code, which is returned.
    """
    if options.traceback:
        traceback.print_exc()
    sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
    return code


def door(program: str) -> str | None:
    """Returns the door that a program is, of its path; None for other programs."""
    path = pathlib.Path(program)
    is_door = path.suffix == ".py" and path.parent.name == PACKAGE
    return path.stem if is_door else None


def _program() -> str | None:
    name = door(sys.argv[0])
    return None if name is None else f"{PACKAGE} {name}"


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Leaves descriptions as they stand and shows the defaults that say something."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        default = action.default
        says_nothing = default is None or default is False or default in _SILENT
        return f"{action.help}{'' if says_nothing else ' (default: %(default)s)'}"
