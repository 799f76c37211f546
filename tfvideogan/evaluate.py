"""Judges what a run folder holds, beside the metrics' baselines.

    python -m tfvideogan.evaluate --workdir=runs/foregan
    python -m tfvideogan.evaluate --workdir=runs/foregan --split=test --clips=16

Prints a table, appends a line to eval.jsonl in the run folder and writes to TensorBoard.
"""

import os

# TensorFlow reads it when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import argparse
import sys
from collections.abc import Sequence

from tfvideogan.core import errors
from tfvideogan.engine import command_line, evaluator, rebuild
from tfvideogan.engine.reporting import reports, summaries
from tfvideogan.engine.runs import run_folder

EXAMPLES = """\
  python -m tfvideogan.evaluate --workdir=runs/foregan
  python -m tfvideogan.evaluate --workdir=runs/foregan --checkpoint=5000 --weights=raw
  python -m tfvideogan.evaluate --workdir=runs/foregan --gin_param='DAVIS_ROOT="/data"'
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    return command_line.run(_parser(), _work, argv)


def _parser() -> argparse.ArgumentParser:
    made = command_line.parser("Judge the model of a run folder.", EXAMPLES)
    command_line.add_workdir(made, required=True, about="the run folder")
    command_line.add_checkpoint(made)
    made.add_argument("--split", help="of the source; test by default, if there is one")
    made.add_argument(
        "--clips", type=int, help="how many clips at most; all by default"
    )
    made.add_argument(
        "--multiples",
        type=int,
        help="judge windows of so many training lengths; as configured by default",
    )
    made.add_argument(
        "--batch_size", type=int, help="clips at a time; as configured by default"
    )
    command_line.add_bindings(made)
    return made


def _work(options: argparse.Namespace) -> int:
    rebuilt = rebuild.rebuild(
        options.workdir, checkpoint=options.checkpoint, bindings=options.gin_param
    )
    arguments = rebuilt.arguments
    if not arguments["metrics"]:
        raise errors.UserError(
            "The run's configuration has no metrics; bind loop.run.metrics."
        )
    source = rebuilt.built.source
    plan = evaluator.Plan(
        split=options.split or evaluator.default_split(source, "test", "validation"),
        clips=options.clips,
        multiples=_given(options.multiples, arguments["eval_multiples"]),
        batch_size=_given(options.batch_size, arguments["eval_batch_size"]),
        weights=options.weights,
    )
    judge = evaluator.Evaluator(rebuilt.built.model, source, arguments["metrics"])
    report = judge.run(plan)
    events = summaries.Summaries(rebuilt.folder.events(f"eval_{plan.split}"))
    reports.record_evaluation(rebuilt.folder, events, rebuilt.step, report)
    events.close()
    print(report.headline(rebuilt.step))
    print(report.table())
    print(f"written to {rebuilt.folder.path / run_folder.EVALUATIONS}")
    return command_line.OK


def _given(value: int | None, default: int) -> int:
    return default if value is None else value


if __name__ == "__main__":
    sys.exit(main())
