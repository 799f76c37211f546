"""Makes a run folder of weights that a paper's own code has trained.

    python -m tfvideogan.import_weights --gin_file=gin/foregan/dmask_prop.gin \
        --weights=Gf=net_Gf.pth --weights=Gb=net_Gb.pth --weights=Df=net_Df.pth \
        --weights=Db=net_Db.pth --workdir=runs/theirs
    python -m tfvideogan.evaluate --workdir=runs/theirs

Training goes on from there with fresh optimizers. Reading .pth files needs PyTorch
(pip install 'tfvideogan[torch]'); nothing in a file is executed.
"""

import argparse
import sys
from collections.abc import Sequence

from tfvideogan.core import errors, later
from tfvideogan.engine import command_line

with later.imported():
    from tfvideogan.engine import build, importing, loop
    from tfvideogan.engine import strategy as strategies
    from tfvideogan.engine.config import config
    from tfvideogan.engine.runs import run_folder

EXAMPLES = """\
  python -m tfvideogan.import_weights --gin_file=gin/foregan/dmask_prop.gin \\
      --weights=Gf=net_Gf.pth --weights=Gb=net_Gb.pth --partial --workdir=runs/theirs
  python -m tfvideogan.import_weights --gin_file=gin/foregan/dmask_prop.gin \\
      --weights=theirs.npz --dry_run
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    return command_line.run(_parser(), _work, argv)


def _parser() -> argparse.ArgumentParser:
    made = command_line.parser(
        "Make a run folder of weights that a paper's own code has trained.", EXAMPLES
    )
    command_line.add_gin_files(made)
    command_line.add_workdir(made, required=False, about="the run folder to make")
    made.add_argument(
        "--weights",
        action="append",
        default=[],
        metavar="[NAME=]FILE",
        help="a .pth file of a state_dict, a .npz file or an .h5 file of Keras 2; can be "
        "repeated. NAME. is set before its names",
    )
    made.add_argument(
        "--partial",
        action="store_true",
        help="leave networks as initialised of which the files have nothing",
    )
    made.add_argument(
        "--dry_run",
        action="store_true",
        help="print which array becomes which variable, write nothing",
    )
    return made


def _work(options: argparse.Namespace) -> int:
    command_line.check_gin_files(options, "gin/foregan/dmask_prop.gin")
    if not options.weights:
        raise errors.UserError("--weights is missing: a .pth, .npz or .h5 file.")
    if not options.workdir and not options.dry_run:
        raise errors.UserError("--workdir is missing: the run folder to make.")
    folder = run_folder.RunFolder(options.workdir or "")
    if not options.dry_run:
        importing.check_free(folder)
    config.parse(options.gin_file, options.gin_param)
    config.check_complete(loop.run, {"workdir": options.workdir})
    released = importing.read(options.weights)
    arguments = config.arguments(loop.run)
    strategies.set_precision(arguments["precision"])
    built = build.build(
        arguments["make_model"], arguments["make_source"], strategies.one_device()
    )
    matched = importing.match(built.model, released, is_partial=options.partial)
    print(importing.listing(built.model, matched))
    if options.dry_run:
        return command_line.OK
    importing.write(folder, built, released, matched, precision=arguments["precision"])
    print(f"written to {folder.path}")
    print(f"next: python -m tfvideogan.evaluate --workdir={folder.quoted}")
    return command_line.OK


if __name__ == "__main__":
    sys.exit(main())
