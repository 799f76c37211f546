"""Trains a model, or goes on training it.

    python -m tfvideogan.train --gin_file=gin/foregan.gin
    python -m tfvideogan.train --gin_file=gin/foregan.gin --gin_file=gin/smoke.gin
    python -m tfvideogan.train --gin_file=gin/foregan.gin --dry_run
    python -m tfvideogan.train --workdir=runs/foregan

The same command again goes on where it stopped, as does the last one, with the folder's own
configuration. Workers of a cluster (TF_CONFIG, SLURM)
take the same command and one --workdir that all of them see. Exit codes: 0 done, 1 failed,
2 bad input, 75 stopped by a signal, or by the loss of another process, and saved.
"""

import argparse
import pathlib
import sys
from collections.abc import Sequence

from tfvideogan.core import later, leaving
from tfvideogan.engine import choices, command_line

with later.imported():
    from tfvideogan.engine import dry_run, loop
    from tfvideogan.engine import strategy as strategies
    from tfvideogan.engine.config import config
    from tfvideogan.engine.processes import interruption
    from tfvideogan.engine.runs import run_folder

RUNS = "runs"
PROJECT = "tfvideogan"
RUN, TRACE = DRY_RUNS = ("run", "trace")
EXAMPLES = """\
  python -m tfvideogan.train --gin_file=gin/foregan.gin
  python -m tfvideogan.train --gin_file=gin/foregan.gin --gin_param='BATCH_SIZE = 4'
  python -m tfvideogan.train --gin_file=gin/foregan.gin --gin_file=gin/smoke.gin
  python -m tfvideogan.train --gin_file=gin/foregan.gin --virtual_devices=2 --dry_run
  python -m tfvideogan.train --workdir=runs/foregan
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    return command_line.run(_parser(), _work, argv)


def _parser() -> argparse.ArgumentParser:
    made = command_line.parser("Train a model, or go on training it.", EXAMPLES)
    command_line.add_gin_files(made)
    command_line.add_workdir(
        made,
        required=False,
        about=f"the run folder; {RUNS}/<names of the gin files> by default. Without "
        "--gin_file, training goes on there with the configuration that lies in it",
    )
    made.add_argument(
        "--steps",
        type=int,
        help="train until this step; decays and other schedules stay as configured",
    )
    made.add_argument(
        "--seed", type=int, help="the macro SEED, or loop.run.seed where there is none"
    )
    made.add_argument(
        "--precision",
        choices=sorted(choices.PRECISIONS),
        help="float32, or mixed float16 (with loss scaling) or bfloat16",
    )
    made.add_argument(
        "--virtual_devices",
        type=int,
        metavar="N",
        help="train on N logical CPU devices instead of what the machine has",
    )
    made.add_argument(
        "--data_service",
        metavar="ADDRESS",
        help="let a tf.data service prepare the batches: auto, or grpc://host:port (see "
        "python -m tfvideogan.data_service)",
    )
    made.add_argument(
        "--overwrite_config",
        action="store_true",
        help="go on in the run folder although the configuration has changed",
    )
    made.add_argument(
        "--checkpoint",
        default=choices.LATEST,
        metavar="STEP",
        help="go back to this checkpoint of the run folder and train on from there; later "
        "ones are set aside",
    )
    made.add_argument(
        "--log",
        choices=(choices.SHORT, choices.LONG),
        default=choices.SHORT,
        help="lines with the sum of each phase's losses, or with every loss; all are in "
        "TensorBoard and metrics.jsonl",
    )
    made.add_argument(
        "--wandb",
        nargs="?",
        const=PROJECT,
        metavar="PROJECT",
        help="show what TensorBoard shows in a project of Weights & Biases, too; "
        f"{PROJECT} if none is named. pip install 'tfvideogan[wandb]'",
    )
    made.add_argument(
        "--dry_run",
        nargs="?",
        choices=DRY_RUNS,
        const=RUN,
        help="print parameters, memory, work and configuration, run one step on zeros, "
        "write nothing; --dry_run=trace does not run it, and needs no memory for a model "
        "of any size",
    )
    return made


def _work(options: argparse.Namespace) -> int:
    if not options.workdir:
        command_line.check_gin_files(options, "gin/foregan.gin")
    _configure(options)
    with interruption.ending():
        return _train(options)


def _train(options: argparse.Namespace) -> int:
    strategy = strategies.make(options.virtual_devices)
    if options.dry_run:
        config.check_complete(loop.run, {"workdir": ""})
        arguments = config.arguments(loop.run)
        if options.dry_run == TRACE:
            print(dry_run.describe_traced(arguments))
        else:
            print(dry_run.describe(arguments, strategy))
        print(f"\n{config.text()}")
        return command_line.OK
    outcome = config.call(
        loop.run,
        workdir=options.workdir or default_workdir(options.gin_file),
        strategy=strategy,
        overwrite_config=options.overwrite_config,
        checkpoint=options.checkpoint,
        service=options.data_service,
        log=options.log,
        wandb=options.wandb,
    )
    return command_line.STOPPED if outcome.is_interrupted else command_line.OK


def _configure(options: argparse.Namespace) -> None:
    bindings = list(options.gin_param)
    if options.steps is not None:
        bindings.append(f"loop.run.steps = {options.steps}")
    if options.precision is not None:
        bindings.append(f'loop.run.precision = "{options.precision}"')
    _parse(options, bindings)
    if options.seed is not None:
        name = "SEED" if config.is_bound_macro("SEED") else "loop.run.seed"
        _parse(options, [*bindings, f"{name} = {options.seed}"])


def _parse(options: argparse.Namespace, bindings: Sequence[str]) -> None:
    """Reads the gin files, or, without any, what the run folder was started with."""
    if options.gin_file:
        config.parse(options.gin_file, bindings)
    else:
        folder = run_folder.RunFolder(options.workdir)
        config.parse_text(folder.started_text(), bindings)


def default_workdir(gin_files: Sequence[str]) -> str:
    """Returns the run folder of gin files: runs/foregan/exp1, runs/foregan+smoke."""
    first, *others = [pathlib.PurePath(path).with_suffix("") for path in gin_files]
    parts = first.parts
    below = parts[parts.index("gin") + 1 :] if "gin" in parts else parts[-1:]
    name = "+".join([below[-1], *(path.name for path in others)])
    return str(pathlib.PurePath(RUNS, *below[:-1], name))


if __name__ == "__main__":
    leaving.leave_by_signals()  # as long as there is nothing to save
    sys.exit(main())
