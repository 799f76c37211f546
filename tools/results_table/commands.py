"""How a row is trained and judged, as commands of the doors."""

import argparse
import pathlib
import re
import shlex
from collections.abc import Sequence

from results_table import rows

from tfvideogan.core import errors

RUNS = "runs/results"
# What of a training command does not change where the training goes.
FREE_FLAGS = (
    "--workdir",
    "--model_dir",
    "--steps",
    "--seed",
    "--data_service",
    "--log",
)
FREE_SWITCHES = ("--overwrite_config", "--traceback")
# STEPS is none of them: learning rates may follow it, which --steps leaves alone.
FREE_BINDINGS = re.compile(
    r"SEED|loop\.run\.((log|sample|eval|save)_every|num_samples|keep_checkpoints)"
)
BINDINGS = ("--gin_param", "--gin_params", "--gin_bindings", "--gin_binding")
# In quotes; the group is the last name.
ABSOLUTE = re.compile(r'"(?:~|/|[A-Za-z]:)[^"]*?([^"/\\]+)[/\\]?"')
# `python -m tfvideogan.train`
DOOR_WORDS = 3


def training(
    row: rows.Row,
    *,
    seed: int,
    workdir: str,
    bindings: Sequence[str] = (),
    steps: int | None = None,
) -> list[str]:
    """Returns the options of `tfvideogan.train` for a row.

    Args:
      row: to train.
      seed: of the training.
      workdir: its run folder.
      bindings: of the folder of a real data set.
      steps: how far, if not as far as the row says.
    """
    steps = row.steps if steps is None else steps
    return [
        *(f"--gin_file={one}" for one in row.gin_files),
        *(f"--gin_param={one}" for one in (*bindings, *row.bindings)),
        *([] if steps is None else [f"--steps={steps}"]),
        f"--seed={seed}",
        f"--workdir={workdir}",
    ]


def judging(
    row: rows.Row, *, workdir: str, protocol: str = "", bindings: Sequence[str] = ()
) -> list[list[str]]:
    """Returns the options of each `tfvideogan.evaluate` of a row.

    Args:
      row: to judge.
      workdir: its run folder.
      protocol: the one that judges it; "" for the row's own evaluations.
      bindings: that the protocol needs, such as folders of real data.
    """
    if not protocol:
        return [[f"--workdir={workdir}", *one] for one in row.evaluations]
    given = [f"--gin_param={one}" for one in bindings]
    return [[f"--workdir={workdir}", f"--protocol={protocol}", *given]]


def example_root(row: rows.Row) -> list[str]:
    """Returns a binding of the folder of real data as it is printed, if there is one."""
    return [f'{row.root}="{row.example_root}"'] if row.root else []


def without_folders(binding: str) -> str:
    """Returns a binding with absolute paths cut down: "/data" and their last name."""
    return ABSOLUTE.sub(r'"/data/\1"', binding)


def workdir(row: rows.Row, seed: int, runs: str = RUNS) -> str:
    """Returns the run folder of a training."""
    return f"{runs}/{row.id}/seed{seed}"


def typed(door: str, options: Sequence[str]) -> str:
    """Returns a command as one would type it: values are quoted where they must be."""
    parts = [one.partition("=") for one in options]
    words = [f"{flag}{mark}{shlex.quote(value)}" for flag, mark, value in parts]
    return " ".join(["python", "-m", f"tfvideogan.{door}", *words])


def check_trains(row: rows.Row, command: str, *, workdir: str) -> None:
    """Checks that a training command is the row's, but for seed, steps and folders.

    Args:
      row: that it should train.
      command: as run.json has it.
      workdir: where it was found, for the message.

    Raises:
      UserError: gin files, bindings or further options differ.
    """
    made = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    made.add_argument("--gin_file", action="append", default=[])
    made.add_argument(*BINDINGS, dest="gin_param", action="append", default=[])
    for flag in FREE_FLAGS:
        made.add_argument(flag)
    for switch in FREE_SWITCHES:
        made.add_argument(switch, action="store_true")
    found, others = made.parse_known_args(shlex.split(command)[DOOR_WORDS:])
    bindings = [_parts(one) for one in found.gin_param]
    # Without gin files a run goes on with what is in its folder.
    goes_on = not found.gin_file
    gin_files = [] if goes_on else list(row.gin_files)
    differences = {
        "gin files": ([_from_root(one) for one in found.gin_file], gin_files),
        "bindings": (
            [
                one
                for one in bindings
                if one[0] != row.root and not FREE_BINDINGS.fullmatch(one[0])
            ],
            [] if goes_on else [_parts(one) for one in row.bindings],
        ),
        "further options": (others, []),
    }
    for what, (given, wanted) in differences.items():
        if given != wanted:
            raise errors.UserError(
                f"{workdir} was trained with the {what} {given}, but the row {row.id} "
                f"has {wanted}; give another --row, or define one in "
                "tools/results_table/table.py."
            )


def _parts(binding: str) -> tuple[str, str]:
    name, _, value = binding.partition("=")
    return name.strip(), value.strip()


def _from_root(path: str) -> str:
    """`gin/foregan.gin`, from wherever it was given."""
    parts = pathlib.PurePath(path).parts
    return "/".join(parts[parts.index("gin") :] if "gin" in parts else parts)
