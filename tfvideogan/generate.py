r"""Runs an exported or trained model in this process: the client without a server.

A model is the folder of an export, a name below saved_models/, or a run folder, whose
model is made from its own configuration and checkpoint; nothing is exported for it.
"""

import argparse
import pathlib
import sys
from collections.abc import Sequence

from tfvideogan.core import errors, later
from tfvideogan.engine import command_line
from tfvideogan.serving.client import flags

with later.imported():
    from tfvideogan.engine import evaluator, rebuild
    from tfvideogan.serving.client import in_process, session
    from tfvideogan.serving.export import checked, publishing, slimming

SAVED_MODELS = pathlib.Path("saved_models")
EXAMPLES = """\
  python -m tfvideogan.generate --model=foregan --describe
  python -m tfvideogan.generate --model=foregan --input=clip.mp4 --mask=mask.png \\
    --output=out.mp4
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
    lines = _exported(options) if options.model else _trained(options)
    print("\n".join(lines))
    return command_line.OK


def _exported(options: argparse.Namespace) -> list[str]:
    """Runs an export."""
    client = in_process.InProcessClient.load(
        version_folder(options.model, options.version)
    )
    return session.run(options, client.signatures(), client.predict)


def _trained(options: argparse.Namespace) -> list[str]:
    """Runs the model of a run folder."""
    rebuilt = rebuild.rebuild(
        options.workdir, checkpoint=options.checkpoint, bindings=options.gin_param
    )
    with evaluator.at_work(rebuilt.built.model, options.weights):
        module = checked.SignatureModule(rebuilt.serving_functions())
        client = in_process.InProcessClient(module.concrete, owner=module)
        return session.run(options, client.signatures(), client.predict)


def version_folder(model: str, version: int | None = None) -> pathlib.Path:
    """Returns the folder of an export.

    Args:
      model: its folder, that of its versions, or their name below saved_models/.
      version: by its number; the newest if None.

    Raises:
      UserError: there is none.
    """
    base = pathlib.Path(model)
    if not base.is_dir():
        base = SAVED_MODELS / model
    found = [
        one
        for one in publishing.versions(base)
        if (base / str(one) / slimming.GRAPH).is_file()
    ]
    if version is None and (base / slimming.GRAPH).is_file():
        return base
    if version is None and found:
        return base / str(found[-1])
    if version in found:
        return base / str(version)
    if found:
        raise errors.UserError(
            f"--version={version} is not in {base}; there are {found}."
        )
    names = sorted(
        one.parent.parent.name for one in SAVED_MODELS.glob(f"*/*/{slimming.GRAPH}")
    )
    raise errors.UserError(
        f"--model={model} is no export; {SAVED_MODELS}/ has "
        f"{', '.join(dict.fromkeys(names)) or 'none'}."
    )


if __name__ == "__main__":
    sys.exit(main())
