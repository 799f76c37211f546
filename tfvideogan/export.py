"""Exports the model of a run folder for TensorFlow Serving.

    python -m tfvideogan.export --workdir=runs/foregan
    python -m tfvideogan.export --workdir=runs/foregan --version=3 --batch_sizes=1,8
    python -m tfvideogan.export --show=saved_models/foregan

Writes saved_models/<name>/<version>/ whole or not at all, answers its own warm-up requests
in a fresh process, compares them with the model and prints the commands that serve it.
"""

import argparse
import pathlib
import sys
from collections.abc import Sequence

from tfvideogan.core import errors, later, places
from tfvideogan.engine import command_line
from tfvideogan.serving.export import publishing

with later.imported():
    from tfvideogan.engine import evaluator, rebuild
    from tfvideogan.serving.export import card, exporter, listing, replay, warmup

SAVED_MODELS = "saved_models"
EXAMPLES = """\
  python -m tfvideogan.export --workdir=runs/foregan
  python -m tfvideogan.export --workdir=runs/foregan --checkpoint=5000 --frames=8
  python -m tfvideogan.export --show=saved_models/foregan
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    return command_line.run(make_parser(), _work, argv)


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
        help="holds a folder for each model",
    )
    made.add_argument("--name", help="of the served model; the model's own by default")
    made.add_argument(
        "--version",
        default=publishing.AUTO,
        help='a whole number that is free, or "auto": the next one',
    )
    command_line.add_checkpoint(made)
    made.add_argument(
        "--batch_sizes",
        default="1,4",
        metavar="N,N",
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


def _work(options: argparse.Namespace) -> int:
    return _show(options) if options.show else _export(options)


def _export(options: argparse.Namespace) -> int:
    if not options.workdir:
        raise errors.UserError(
            "--workdir is missing: the folder of a training run, such as "
            "--workdir=runs/foregan. An existing export is shown by --show."
        )
    export_dir = places.local(options.export_dir, "--export_dir")
    places.check_writable(export_dir, "--export_dir", is_pattern_safe=True)
    batch_sizes = warmup.batch_sizes(options.batch_sizes)
    rebuilt = rebuild.rebuild(
        options.workdir, checkpoint=options.checkpoint, bindings=options.gin_param
    )
    model = rebuilt.built.model
    base = publishing.base_folder(str(export_dir), options.name or model.name)
    version = publishing.choose_version(base, options.version)
    served = rebuilt.serving_functions()
    try:
        with evaluator.at_work(model, options.weights):
            exported = exporter.export(
                served,
                rebuilt.about(options.weights, options.gin_param),
                base=base,
                version=version,
                batch_sizes=batch_sizes,
                sizes=None if options.frames is None else {"T": options.frames},
            )
    except (exporter.ExportFault, replay.ReplayFailed) as error:
        sys.stderr.write(f"error: nothing was published: {error}\n")
        return command_line.FAILED
    print(listing.whole(exported.card, exported.folder))
    print("\na fresh process answers as the model does:")
    for difference in exported.differences:
        print(f"  {difference.text()}")
    return command_line.OK


def _show(options: argparse.Namespace) -> int:
    folder = publishing.newest(pathlib.Path(options.show))
    print(listing.whole(card.read(folder), folder))
    return command_line.OK


if __name__ == "__main__":
    sys.exit(main())
