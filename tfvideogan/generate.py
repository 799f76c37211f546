r"""Runs an exported or trained model in this process: the client without a server.

A model is the folder of an export, a name below saved_models/, or a run folder, whose
model is made from its own configuration and checkpoint; nothing is exported for it.
"""

import argparse
import sys
from collections.abc import Sequence

from tfvideogan.core import errors, later
from tfvideogan.engine import command_line
from tfvideogan.serving.client import flags

with later.imported():
    from tfvideogan.library import loading
    from tfvideogan.serving.client import session

EXAMPLES = """\
  python -m tfvideogan.generate --model=foregan --describe
  python -m tfvideogan.generate --model=foregan --input=clip.mp4 --mask=mask.png \\
    --output=out.mp4
  python -m tfvideogan.generate --workdir=runs/completion --input=film.mp4 \
    --mask=100,60,80,40 --output=out.mp4
  python -m tfvideogan.generate --workdir=runs/mocogan --samples=9 --output=grid.mp4
  python -m tfvideogan.generate --workdir=runs/prediction --input=clip.mp4 --samples=4 \\
    --output=grid.mp4
  python -m tfvideogan.generate --workdir=runs/text2video --input=frame.png --steps=40 \\
    --text="the digit 3 is moving left and right" --output=out.mp4
  python -m tfvideogan.generate --model=saved_models/text2video --steps=40 \\
    --text="the digit 3 is moving left and right" --output=out.mp4
  python -m tfvideogan.generate --workdir=runs/text2image --samples=9 \\
    --text="the digit 3 is moving left and right" --output=grid.png

exit codes: 0 done, 2 bad input, 1 a fault of the program
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    return command_line.run(make_parser(), _work, argv)


def make_parser() -> argparse.ArgumentParser:
    """Returns the door's options."""
    made = command_line.parser(f"{__doc__}\n{flags.ABOUT}", EXAMPLES)
    which = made.add_argument_group("the model: --model or --workdir")
    which.add_argument(
        "--model",
        metavar="NAME",
        help="an export's folder, or its name in saved_models/",
    )
    which.add_argument(
        "--version",
        type=int,
        metavar="N",
        help="of the export, by its number; the newest by default",
    )
    command_line.add_workdir(which, required=False, about="a run folder")
    command_line.add_checkpoint(which)
    command_line.add_bindings(which)
    flags.add_request(made)
    return made


def _work(options: argparse.Namespace) -> int:
    flags.check(options)
    if bool(options.model) == bool(options.workdir):
        raise errors.UserError(
            "give one of --model=saved_models/foregan, an export, and "
            "--workdir=runs/foregan, a run folder."
        )
    if options.model:
        client = loading.exported(options.model, options.version)
    else:
        client = loading.trained(
            options.workdir,
            checkpoint=options.checkpoint,
            weights=options.weights,
            bindings=options.gin_param,
        )
    print("\n".join(session.run(options, client.signatures(), client.predict)))
    return command_line.OK


if __name__ == "__main__":
    sys.exit(main())
