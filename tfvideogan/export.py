"""Exports the model of a run folder for TensorFlow Serving.

    python -m tfvideogan.export --workdir=runs/foregan
    python -m tfvideogan.export --workdir=runs/foregan --version=3 --batch_sizes=1,8
    python -m tfvideogan.export --show=saved_models/foregan
    python -m tfvideogan.export --workdir=runs/foregan --plain=predict --sizes=T=8

Writes saved_models/<name>/<version>/ whole or not at all, answers its own warm-up requests
in a fresh process, compares them with the model and prints the commands that serve it.
With --plain, writes plain/<name>_<signature>/<version>/ instead, for onnxruntime, OpenVINO
and TFLite, and prints the commands that convert it.
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
    from tfvideogan.serving.export.plain import plain, writing

SAVED_MODELS = "saved_models"
PLAIN = "plain"
EXAMPLES = """\
  python -m tfvideogan.export --workdir=runs/foregan
  python -m tfvideogan.export --workdir=runs/foregan --checkpoint=5000 --frames=8
  python -m tfvideogan.export --show=saved_models/foregan
  python -m tfvideogan.export --workdir=runs/foregan --plain=predict --sizes=T=8,N=1
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
    made.add_argument(
        "--plain",
        metavar="SIGNATURE",
        help="write this signature alone, of fixed sizes and without checks and words, "
        "for onnxruntime, OpenVINO and TFLite",
    )
    made.add_argument(
        "--sizes",
        default="",
        metavar="T=8,H=64",
        help="of a plain signature, by the letters of its layout; N=1 and those of a "
        "training clip by default",
    )
    made.add_argument(
        "--plain_dir",
        default=PLAIN,
        metavar="FOLDER",
        help="holds a folder for each plain signature",
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
    flag = "plain_dir" if options.plain else "export_dir"
    export_dir = places.local(getattr(options, flag), f"--{flag}")
    places.check_writable(export_dir, f"--{flag}", is_pattern_safe=True)
    given = plain.sizes(options.sizes)
    batch_sizes = warmup.batch_sizes(options.batch_sizes)
    rebuilt = rebuild.rebuild(
        options.workdir, checkpoint=options.checkpoint, bindings=options.gin_param
    )
    model = rebuilt.built.model
    if options.plain:
        return _write_plain(options, rebuilt, export_dir, given)
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


def _write_plain(
    options: argparse.Namespace,
    rebuilt: "rebuild.Rebuilt",
    folder: pathlib.Path,
    sizes: dict[str, int],
) -> int:
    model, name = rebuilt.built.model, options.plain
    served = rebuilt.serving_functions(is_plain=True)
    if name not in served:
        raise errors.UserError(
            f"--plain={name} is no signature of {model.name}; it has {', '.join(served)}."
        )
    base = publishing.base_folder(str(folder), f"{options.name or model.name}_{name}")
    version = publishing.choose_version(base, options.version)
    about = rebuilt.about(options.weights, options.gin_param)
    words = {"words": list(model.spec.words)} if model.spec.words else {}
    known = {"model": about["model"], "step": about["step"], **words}
    try:
        with evaluator.at_work(model, options.weights):
            made = plain.make(name, served[name], plain.of_clip(model.spec) | sizes)
            written, largest = writing.write(made, known, base=base, version=version)
    except exporter.ExportFault as error:
        sys.stderr.write(f"error: nothing was published: {error}\n")
        return command_line.FAILED
    print(writing.listing(made, written, largest))
    return command_line.OK


def _show(options: argparse.Namespace) -> int:
    folder = publishing.newest(pathlib.Path(options.show))
    print(listing.whole(card.read(folder), folder))
    return command_line.OK


if __name__ == "__main__":
    sys.exit(main())
