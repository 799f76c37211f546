"""Exports the model of a run folder for TensorFlow Serving.

    python -m tfvideogan.export --workdir=runs/foregan
    python -m tfvideogan.export --workdir=runs/foregan --version=3 --batch_sizes=1,8
    python -m tfvideogan.export --show=saved_models/foregan

Writes saved_models/<name>/<version>/ whole or not at all, answers its own warm-up requests
in a fresh process, compares them with the model and prints the commands that serve it.
"""

import os

# TensorFlow reads it when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import argparse
import contextlib
import json
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

from tfvideogan.core import errors
from tfvideogan.engine import command_line, evaluator, rebuild
from tfvideogan.engine.runs import run_folder
from tfvideogan.serving.export import card, exporter, listing, publishing, replay

SAVED_MODELS = "saved_models"
EXAMPLES = """\
  python -m tfvideogan.export --workdir=runs/foregan
  python -m tfvideogan.export --workdir=runs/foregan --checkpoint=5000 --frames=8
  python -m tfvideogan.export --show=saved_models/foregan
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    options = make_parser().parse_args(argv)
    work = _show if options.show else _export
    return command_line.run(lambda: work(options), with_traceback=options.traceback)


def make_parser() -> argparse.ArgumentParser:
    """Returns the door's options."""
    made = command_line.parser("Export the model of a run folder.", EXAMPLES)
    command_line.add_workdir(made, required=False, about="the run folder")
    made.add_argument(
        "--show", metavar="FOLDER", help="print an export, or the newest of a model"
    )
    made.add_argument(
        "--export_dir",
        default=SAVED_MODELS,
        metavar="FOLDER",
        help=f"holds a folder for each model; {SAVED_MODELS} by default",
    )
    made.add_argument("--name", help="of the served model; the model's own by default")
    made.add_argument(
        "--version",
        default=publishing.AUTO,
        help='a whole number that is free, or "auto" (default): the next one',
    )
    made.add_argument(
        "--checkpoint",
        default="latest",
        help='"latest" (default), a step, or the folder of a checkpoint',
    )
    made.add_argument(
        "--weights",
        choices=evaluator.WEIGHTS,
        default="ema",
        help="the slow copy (default) or the weights as trained",
    )
    made.add_argument(
        "--batch_sizes",
        default="1,4",
        help="of the warm-up requests: the batch sizes that the server allows",
    )
    made.add_argument(
        "--frames",
        type=int,
        help="fix the length of a request, as a server that batches wants it; any "
        "length by default",
    )
    command_line.add_bindings(made)
    return made


def _export(options: argparse.Namespace) -> int:
    if not options.workdir:
        raise errors.UserError(
            "--workdir is missing: the folder of a training run, such as "
            "--workdir=runs/foregan. An existing export is shown by --show."
        )
    batch_sizes = _whole_numbers(options.batch_sizes)
    rebuilt = rebuild.rebuild(
        options.workdir, checkpoint=options.checkpoint, bindings=options.gin_param
    )
    model = rebuilt.built.model
    base = publishing.base_folder(options.export_dir, options.name or model.name)
    version = publishing.choose_version(base, options.version)
    try:
        served = model.serving_functions()
    except NotImplementedError as error:
        raise errors.UserError(
            f"{rebuilt.built.model_name} cannot be served."
        ) from error
    is_slow = options.weights == "ema"
    try:
        with model.ema.swapped() if is_slow else contextlib.nullcontext():
            exported = exporter.export(
                served,
                _about(rebuilt, options),
                base=base,
                version=version,
                batch_sizes=batch_sizes,
                sizes=None if options.frames is None else {"T": options.frames},
            )
    except (exporter.ExportFault, replay.ReplayFailed) as error:
        sys.stderr.write(f"error: nothing was published: {error}\n")
        return command_line.FAILED
    _print(exported.card, exported.folder)
    print("\na fresh process answers as the model does:")
    for difference in exported.differences:
        print(f"  {difference.text()}")
    return command_line.OK


def _show(options: argparse.Namespace) -> int:
    folder = pathlib.Path(options.show)
    if not folder.is_dir():
        raise errors.UserError(f"--show {folder}: there is no such folder.")
    found = publishing.versions(folder)
    if found:
        folder /= str(found[-1])
    _print(card.read(folder), folder)
    return command_line.OK


def _print(written: dict[str, Any], folder: pathlib.Path) -> None:
    print(listing.overview(written, folder))
    print()
    print(listing.signatures_table(written))
    print()
    print(listing.commands(folder.parent, written["name"]))


def _about(rebuilt: rebuild.Rebuilt, options: argparse.Namespace) -> dict[str, Any]:
    """Returns what the card says of the training side."""
    source = rebuilt.built.source
    config = [rebuilt.folder.config_text().rstrip("\n"), *options.gin_param]
    return {
        "model": rebuilt.built.model_name,
        "step": rebuilt.step,
        "weights": options.weights,
        "precision": rebuilt.arguments["precision"],
        "data": {
            "description": source.describe(),
            "is_procedural": source.is_procedural,
        },
        "clip": vars(source.spec),
        "config": "\n".join(config) + "\n",
        "metrics": _metrics(rebuilt, options.weights),
    }


def _metrics(rebuilt: rebuild.Rebuilt, weights: str) -> list[dict[str, Any]]:
    """Returns the last evaluation of each split of exactly these weights."""
    path = rebuilt.folder.path / run_folder.EVALUATIONS
    found = {}
    for line in path.read_text().splitlines() if path.is_file() else ():
        record = json.loads(line)
        if (record["step"], record["weights"]) == (rebuilt.step, weights):
            found[record["split"]] = record
    return list(found.values())


def _whole_numbers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise errors.UserError(
            f"--batch_sizes ({text}) must be whole numbers from 1, such as 1,4."
        )
    return tuple(int(part) for part in parts)


if __name__ == "__main__":
    sys.exit(main())
