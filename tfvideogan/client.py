r"""Sends a video to a served model and writes the answer as a file that plays.

    python -m tfvideogan.client --model=foregan --input=clip.mp4 --mask=mask.png \
        --output=out.mp4
    python -m tfvideogan.client --model=foregan --describe
    python -m tfvideogan.client --model=mocogan --samples=9 --output=grid.mp4
    python -m tfvideogan.client --model=mocogan_prediction --input=clip.mp4 \
        --output=out.mp4
    python -m tfvideogan.client --model=mocogan_prediction --signature=swap \
        --input=content.mp4 --motion=a.mp4 --motion=b.mp4 --output=grid.mp4
    python -m tfvideogan.client --model=mocogan_prediction --signature=encode \
        --input=clip.mp4 --output=codes.npz

In a checkout, `python tools/sample_clip.py` writes a clip.mp4 and a mask.png to try, and
`python -m tfvideogan.serve` serves what is in saved_models/.

What the model wants is asked of the server; frames are resized to its size, optical flow
is estimated here (DIS) where it wants some, and a long video goes in several requests.
Which part of the input is sent depends on the name under which a model wants it:

    frames       all of it
    context      its last --context_frames; each answer is written behind them, so that
                 the file plays on
    content      all of it
    clip         as many frames as the model wants, from the start
    motion       likewise, of each --motion

Several --samples, and several motions, are one request. A film shows all the answers at
once: samples in a square; motions in a row above their answers, the content at the left.
With an npz or a folder (no ending), each answer is there by itself. Codes, which are no
pictures, go into one npz under their names.

Exit codes: 0 done, 2 bad input, 3 no server, 4 the server refused or failed.
"""

import os

# TensorFlow reads it when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import sys
from collections.abc import Sequence

from tfvideogan.core import errors
from tfvideogan.serving.client import flags, grpc_client, session

OK, BAD_INPUT, UNREACHABLE, REFUSED = 0, 2, 3, 4
# The client as a library: `from tfvideogan.client import PredictionClient`.
PredictionClient = grpc_client.PredictionClient


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    options = flags.parser(__doc__ or "").parse_args(argv)
    try:
        flags.check(options)
        connection = flags.connection(options)
        with PredictionClient(options.server, **connection) as client:
            print("\n".join(session.run(options, client)))
            return OK
    except errors.UserError as error:
        code, text = BAD_INPUT, error
    except grpc_client.ServerUnreachable as error:
        code, text = UNREACHABLE, error
    except grpc_client.PredictionError as error:
        code, text = REFUSED, error
    sys.stderr.write(f"error: {text}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
