"""Judges what a run folder holds, beside the metrics' baselines.

    python -m tfvideogan.evaluate --workdir=runs/foregan
    python -m tfvideogan.evaluate --workdir=runs/foregan --split=test --max_clips=16
    python -m tfvideogan.evaluate --workdir=runs/foregan --protocol=sprites_foregan

Prints a table, appends a line to eval.jsonl in the run folder and writes to TensorBoard.
A protocol brings clips and metrics of its own; --protocol=list tells which there are.
"""

import argparse
import dataclasses
import sys
from collections.abc import Sequence

from tfvideogan.core import durable, errors, later
from tfvideogan.engine import choices, command_line

with later.imported():
    from tfvideogan.engine import evaluator, protocols, rebuild
    from tfvideogan.engine.reporting import reports, scores
    from tfvideogan.engine.runs import layout
    from tfvideogan.library import filling

EXAMPLES = """\
  python -m tfvideogan.evaluate --workdir=runs/foregan
  python -m tfvideogan.evaluate --workdir=runs/foregan --checkpoint=5000 --weights=raw
  python -m tfvideogan.evaluate --workdir=runs/foregan --gin_param='DAVIS_ROOT="/data"'
  python -m tfvideogan.evaluate --protocol=list
  python -m tfvideogan.evaluate --workdir=runs/foregan --protocol=davis_foregan \\
    --gin_param='DAVIS_ROOT="/data/DAVIS"'
"""
METHODS = ("auto",)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    return command_line.run(_parser(), _work, argv)


def _parser() -> argparse.ArgumentParser:
    made = command_line.parser("Judge the model of a run folder.", EXAMPLES)
    command_line.add_workdir(made, required=False, about="the run folder")
    command_line.add_checkpoint(made)
    made.add_argument(
        "--protocol",
        nargs="?",
        const="",
        metavar="NAME",
        help="a named way of judging, with its own clips and metrics; "
        f'"{choices.LIST}" prints a table of them',
    )
    made.add_argument("--split", help="of the source; test by default, if there is one")
    made.add_argument(
        "--max_clips",
        "--clips",
        dest="max_clips",
        type=int,
        metavar="N",
        help="of the split at most; all by default",
    )
    made.add_argument(
        "--method",
        choices=METHODS,
        help="of models that fill holes: judge, beside the model, what `generate "
        "--method=auto` makes of it",
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
    if options.protocol == choices.LIST:
        print(protocols.listing())
        return command_line.OK
    _check(options)
    rebuilt = rebuild.rebuild(
        options.workdir,
        checkpoint=options.checkpoint,
        bindings=options.gin_param,
        protocol=options.protocol,
    )
    built, protocol = rebuilt.built, rebuilt.protocol
    metrics = rebuilt.arguments["metrics"]
    if protocol is None:
        metrics = evaluator.fitting(metrics, built.source)
    if not metrics:
        raise errors.UserError(
            "The run's configuration has no metrics for its clips; bind loop.run.metrics."
        )
    plan = _plan(options, rebuilt)
    further = filling.further_outputs(built.model) if options.method else None
    judge = evaluator.Evaluator(
        built.model, built.source, metrics, further_outputs=further
    )
    report = rebuilt.signed(judge.run(plan))
    kind = plan.split if protocol is None else protocol.name
    if protocol is not None:
        print(f"{protocol.name}: {protocol.about}")
    print(report.headline(rebuilt.step))
    print(report.table())
    if protocol is not None:
        print(rebuilt.comparison(report))
    _record(rebuilt, report, f"eval_{kind}")
    return command_line.OK


def _record(
    rebuilt: "rebuild.Rebuilt", report: "evaluator.Report", events: str
) -> None:
    """Writes what has been printed; a folder that others own may refuse."""
    path = rebuilt.folder.path / layout.EVALUATIONS
    record = reports.evaluation_record(rebuilt.step, report)
    try:
        rebuilt.folder.append(layout.EVALUATIONS, record)
    except OSError as error:
        sys.stderr.write(f"not written to {path}: {durable.reason(error)}\n")
        return
    writer = scores.Scores(
        rebuilt.folder.events(events),
        settings=reports.settings_of({"model": rebuilt.built.model_name}),
        trial=f"{rebuilt.folder.path} {events}",
    )
    writer.write(rebuilt.step, report.finite(), report.curves)
    writer.close()
    print(f"written to {path}")


def _check(options: argparse.Namespace) -> None:
    if options.protocol is not None:
        protocols.gin_file(options.protocol)
        for name in ("split", "multiples"):
            if getattr(options, name) is not None:
                raise errors.UserError(
                    f"--{name} is fixed by --protocol={options.protocol}; leave it out."
                )
    if options.workdir is None:
        raise errors.UserError(
            "--workdir is missing; give a run folder, or see --help."
        )


def _plan(options: argparse.Namespace, rebuilt: "rebuild.Rebuilt") -> "evaluator.Plan":
    if rebuilt.protocol is not None:
        plan = rebuilt.protocol.plan(weights=options.weights, clips=options.max_clips)
        size = _given(options.batch_size, plan.batch_size)
        return dataclasses.replace(plan, batch_size=size)
    arguments, source = rebuilt.arguments, rebuilt.built.source
    return evaluator.Plan(
        split=options.split or evaluator.default_split(source, "test", "validation"),
        clips=options.max_clips,
        multiples=_given(options.multiples, arguments["eval_multiples"]),
        batch_size=_given(options.batch_size, arguments["eval_batch_size"]),
        weights=options.weights,
    )


def _given(value: int | None, default: int) -> int:
    return default if value is None else value


if __name__ == "__main__":
    sys.exit(main())
