r"""Sends words, a picture or a video to a served model; writes the answer as a file.

    python -m tfvideogan.client --model=foregan --describe

a video and its object (in a checkout, python tools/sample_clip.py writes clip.mp4 and
mask.png, and python -m tfvideogan.serve serves what is in saved_models/):

    python -m tfvideogan.client --model=foregan --input=clip.mp4 --mask=mask.png \
        --output=out.mp4

what follows on a video; four futures:

    python -m tfvideogan.client --model=mocogan_prediction --input=clip.mp4 --samples=4 \
        --output=grid.mp4

from nothing but a seed:

    python -m tfvideogan.client --model=mocogan --samples=9 --output=grid.mp4

a picture and words become a video of --steps frames; words alone; pictures of words:

    python -m tfvideogan.client --model=text2video --input=frame.png --steps=40 \
        --text="the digit 3 is moving left and right" --output=out.mp4
    python -m tfvideogan.client --model=text2video --steps=40 \
        --text="the digit 3 is moving left and right" --output=out.mp4
    python -m tfvideogan.client --model=text2image --samples=9 \
        --text="the digit 3 is moving left and right" --output=grid.png

blurred to sharp, of any size: a video, a picture or a folder of pictures:

    python -m tfvideogan.client --model=deblurgan --input=blurred.mp4 --output=sharp.mp4

holes in a video filled; a box, a picture, a folder of pictures or a film says where:

    python -m tfvideogan.client --model=NAME --input=film.mp4 --mask=masks/ \
        --output=out.mp4

one content with the motions of others; codes:

    python -m tfvideogan.client --model=mocogan_prediction --signature=swap \
        --input=content.mp4 --motion=a.mp4 --motion=b.mp4 --output=grid.mp4
    python -m tfvideogan.client --model=mocogan_prediction --signature=encode \
        --input=clip.mp4 --output=codes.npz

Exit codes: 0 done, 2 bad input, 3 no server, 4 the server refused or failed.
`python -m tfvideogan.generate` does the same without a server.
"""

import argparse
import functools
import sys
from collections.abc import Sequence

from tfvideogan.core import command_line, errors, later
from tfvideogan.serving.client import flags

with later.imported():
    from tfvideogan.serving.client import grpc_client, session

OK, BAD_INPUT, UNREACHABLE, REFUSED = 0, 2, 3, 4


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    options = command_line.start(make_parser(), argv)
    try:
        print("\n".join(_work(options)))
        return OK
    except errors.UserError as error:
        code = command_line.refused(options, error, BAD_INPUT)
    except grpc_client.ServerUnreachable as error:
        code = command_line.refused(options, error, UNREACHABLE)
    except grpc_client.PredictionError as error:
        code = command_line.refused(options, error, REFUSED)
    return code


def make_parser() -> argparse.ArgumentParser:
    """Returns the door's options."""
    made = command_line.parser(f"{__doc__}\n{flags.ABOUT}")
    flags.add_server(made)
    flags.add_request(made)
    return made


def _work(options: argparse.Namespace) -> list[str]:
    flags.check(options)
    which = {"version": options.version, "version_label": options.label}
    with grpc_client.PredictionClient(
        options.server, **flags.connection(options)
    ) as client:
        if options.wait_seconds:
            client.wait(options.model, options.wait_seconds)
        known = client.signatures(options.model, **which)
        call = functools.partial(client.predict, options.model, **which)
        return session.run(options, known, call)


def __getattr__(name: str) -> type["grpc_client.PredictionClient"]:
    """The client as a library: `from tfvideogan.client import PredictionClient`."""
    if name != "PredictionClient":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return grpc_client.PredictionClient


if __name__ == "__main__":
    sys.exit(main())
