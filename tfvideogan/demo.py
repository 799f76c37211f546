r"""Opens a page on which models are tried: videos dropped, masks painted, answers played.

    python -m tfvideogan.demo                              # all that is in saved_models/
    python -m tfvideogan.demo --model=foregan
    python -m tfvideogan.demo --workdir=runs/mocogan
    python -m tfvideogan.demo --server=http://localhost:8501 --model=foregan

A model runs in this process, or behind a server that is asked over REST: that of
`tfvideogan serve`, or the official tensorflow/serving image. The page needs no network
and asks for nothing but this program. Wants gradio: pip install 'tfvideogan[demo]'.
"""

import argparse
import contextlib
import sys
from collections.abc import Sequence

from tfvideogan.core import errors, later
from tfvideogan.engine import command_line
from tfvideogan.library import catalogue

with later.imported():
    from tfvideogan.pages import layout, site, sources

# Where gradio's pages are by habit.
PORT = 7860
HOST = "127.0.0.1"
EXAMPLES = """\
  python tools/sample_clip.py          # in a checkout: clip.mp4, to be dropped
  python -m tfvideogan.demo --model=foregan
  python -m tfvideogan.demo --model=foregan --model=videocaptioner --port=8080
  python -m tfvideogan.demo --workdir=runs/prediction --weights=raw

exit codes: 0 stopped by Ctrl-C, 2 bad input or no gradio, 1 a fault of the program
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    return command_line.run(make_parser(), _work, argv)


def make_parser() -> argparse.ArgumentParser:
    """Returns the door's options."""
    made = command_line.parser(__doc__, EXAMPLES)
    which = made.add_argument_group("the models: --model, --workdir, or --server")
    which.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME",
        help="an export's folder, or its name in saved_models/ or on the server; may be "
        "repeated. All of saved_models/ by default",
    )
    which.add_argument(
        "--version",
        type=int,
        metavar="N",
        help="of the model, by its number; the newest by default",
    )
    which.add_argument(
        "--server",
        default="",
        metavar="URL",
        help="of REST, such as http://localhost:8501",
    )
    command_line.add_workdir(which, required=False, about="a run folder")
    command_line.add_checkpoint(which)
    command_line.add_bindings(which)
    page = made.add_argument_group("the page")
    page.add_argument(
        "--host",
        default=HOST,
        metavar="ADDRESS",
        help="to listen on; with 0.0.0.0 whoever reaches this machine can use the page",
    )
    page.add_argument("--port", type=int, default=PORT, metavar="N", help="0: any")
    return made


def find(options: argparse.Namespace) -> list["sources.Source"]:
    """Loads the models that the flags name.

    Raises:
      UserError: the flags contradict each other, or a model cannot be loaded.
    """
    if options.workdir and (options.model or options.server):
        raise errors.UserError(
            "--workdir is a model by itself; leave --model and --server out."
        )
    if options.server and not options.model:
        raise errors.UserError(
            f"--server={options.server} does not say what it has; name it by --model."
        )
    if options.workdir:
        named = {"bindings": options.gin_param} if options.gin_param else {}
        for name in ("checkpoint", "weights"):
            if getattr(options, name) != make_parser().get_default(name):
                named[name] = getattr(options, name)
        return [sources.trained(options.workdir, **named)]
    if options.server:
        return [
            sources.served(options.server, name, options.version)
            for name in options.model
        ]
    names = options.model or catalogue.list_models()
    if not names:
        raise errors.UserError(
            f"{catalogue.SAVED_MODELS}/ has no model; name one by --model, or a run "
            "folder by --workdir."
        )
    return [sources.exported(name, options.version) for name in names]


def _work(options: argparse.Namespace) -> int:
    layout.check()  # before a model is loaded
    with site.opened(find(options), host=options.host, port=options.port) as address:
        print(f"READY {address}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            site.wait()
    return command_line.OK


if __name__ == "__main__":
    sys.exit(main())
