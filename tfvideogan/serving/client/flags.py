"""The command lines of `client` and `generate`: what both take, and what is out of range.

made = command_line.parser(about)
flags.add_request(made)  # both doors
flags.add_server(made)  # the client
options = made.parse_args()
flags.check(options)
"""

import argparse
import os
import pathlib
from typing import Any

import grpc

from tfvideogan.core import errors, later
from tfvideogan.serving import command_line

with later.imported():
    from tfvideogan.media import hole_masks
    from tfvideogan.serving.client import destinations

ABOUT = """\
The model says what it wants: frames are resized to its size, optical flow is estimated
(DIS) where it wants some, and a long video goes in several requests. Which part of the
input it gets depends on the name under which it wants it:

    frames       all of it
    context      its last --context_frames; each answer is written behind them, so that
                 the file plays on
    content      all of it
    clip         as many frames as the model wants, from the start
    motion       likewise, of each --motion
    text         what --text says

--mask is a picture of the object in the first frame. For a model that completes it says
what is missing: a picture for all frames, a folder of pictures or a film with one for each
frame, or a box of pixels, --mask=x,y,w,h. The holes grow by --dilate; each shot is
completed by itself; rate and, in an mp4, sound are those of the input.

A picture is a video of one frame. Without --input, a model whose `generate` takes a
`text` makes the picture, too. Several --samples, and several motions, are one request. A
film shows all the answers at once: samples in a square; motions in a row above their
answers, the content at the left. With an npz or a folder (no ending), each answer is there
by itself. Codes, which are no pictures, go into one npz under their names."""

# Smallest value of a flag that is given.
LEAST = {
    "samples": 1,
    "context_frames": 1,
    "stride": 1,
    "steps": 1,
    "max_frames": 0,
    "chunk_frames": 2,
    "overlap": 0,
    "wait_seconds": 0,
    "max_message_mb": 0,
    "dilate": 0,
    "budget_mb": 1,
}
# Films, GIF and APNG cannot say others.
MIN_FPS, MAX_FPS = 0.01, 1000.0
CROPS = ("auto", "off")
METHODS = ("network", "auto")
INT32, INT64 = 2**31, 2**63
MEGABYTE = 2**20


def add_request(made: argparse.ArgumentParser) -> None:
    """Adds the flags that say what a model is given and what becomes of its answer."""
    asked = made.add_argument_group("what is asked")
    texts = (("signature", "", "what to call; the model's verb by default"),)
    command_line.add_flags(asked, str, "NAME", texts)
    asked.add_argument(
        "--describe", action="store_true", help="print the model's signatures and stop"
    )
    _add_inputs(made.add_argument_group("what the model is given"))
    answer = made.add_argument_group("what becomes of the answer")
    texts = (
        ("output", "", "mp4, gif, png, npz, or a new folder (no ending)"),
        ("outputs", "", "by comma; each but the first is written beside --output"),
    )
    command_line.add_flags(answer, str, "TEXT", texts)
    steps = "frames to make up, however many; as many as the model makes by default"
    command_line.add_flags(answer, int, "N", [("steps", None, steps)])
    rate = "frames per second of a film; those of the input by default"
    command_line.add_flags(answer, float, "N", [("fps", None, rate)])
    cut = made.add_argument_group("long inputs (each request carries a part)")
    counts = (
        ("chunk_frames", 32, "frames in a request"),
        ("overlap", 4, "shared by two chunks if the model has no memory"),
    )
    command_line.add_flags(cut, int, "N", counts)


def _add_inputs(given: argparse._ArgumentGroup) -> None:
    texts = (
        ("input", "", "a video file (mp4, gif ...), a picture or a folder of pictures"),
        (
            "mask",
            "",
            "white, or any colour, where the object or the hole is: see above",
        ),
        ("text", None, "what is to be seen, in words the model knows"),
    )
    command_line.add_flags(given, str, "TEXT", texts)
    given.add_argument(
        "--motion",
        action="append",
        default=[],
        metavar="TEXT",
        help="a video whose motion the content of the input takes; may be repeated",
    )
    counts = (
        ("seed", 0, "for models that want `seed`"),
        ("samples", 1, "answers to `seed`, `seed` + 1 ..."),
        ("category", None, "for models that want `label`: the number of a class"),
        ("other_seed", None, "samples go from `seed` to this one"),
        ("other_category", None, "and from `category` to this one"),
        ("context_frames", None, "last frames of the input; up to 3 by default"),
        ("stride", 1, "take every so many frames of the inputs"),
        ("max_frames", 0, "read so many frames of the input; 0 for all"),
        ("dilate", None, "holes grow by so many pixels; 4 for 240 rows by default"),
    )
    command_line.add_flags(given, int, "N", counts)
    given.add_argument(
        "--crop",
        choices=CROPS,
        help="send what lies around the holes of a shot alone (auto, the default), or all "
        "of its frames",
    )
    given.add_argument(
        "--method",
        choices=METHODS,
        help="fill holes by the model (network, the default), or what other frames show "
        "by propagation along the flow and only the rest by the model (auto)",
    )
    budget = "megabytes for the frames that --method=auto looks at together; 2048"
    command_line.add_flags(given, int, "N", [("budget_mb", None, budget)])
    truncation = "for models that want it: 0 typical, 1 (default) varied"
    command_line.add_flags(given, float, "N", [("truncation", None, truncation)])


def add_server(made: argparse.ArgumentParser) -> None:
    """Adds the flags that say which server is asked, and how."""
    served = made.add_argument_group("the server")
    served.add_argument(
        "--model", "--model_name", required=True, help="its served name"
    )
    texts = (
        (
            "server",
            "localhost:8500",
            "host:port of gRPC, or unix:path",
        ),
        ("label", "", "a version by its label"),
        ("tls_ca", "", "PEM file of the authority; switches TLS on"),
        ("tls_cert", "", "PEM file of the client's certificate"),
        ("tls_key", "", "PEM file of the client's key"),
        ("tls_server_name", "", "the name in the server's certificate"),
    )
    command_line.add_flags(served, str, "TEXT", texts)
    counts = (
        ("version", None, "a version by its number; the newest by default"),
        ("max_message_mb", 0, "of a message; 0 for no limit"),
    )
    command_line.add_flags(served, int, "N", counts)
    seconds = (
        ("timeout", 600.0, "of a request, seconds"),
        ("wait_seconds", 0.0, "wait so long for the model to be available"),
    )
    command_line.add_flags(served, float, "N", seconds)


def check(options: argparse.Namespace) -> None:
    """Checks all that needs neither a model nor the content of a file.

    Raises:
      UserError: a number is out of range, the caption is empty, an input does not exist,
        or --output cannot be written.
    """
    for name, least in LEAST.items():
        value = getattr(options, name, None)
        if value is not None and not value >= least:  # NaN is not, either
            raise errors.UserError(f"--{name}={value} must be at least {least}.")
    if not getattr(options, "timeout", 1.0) > 0:
        raise errors.UserError(f"--timeout={options.timeout} must be positive.")
    if options.fps is not None and not MIN_FPS <= options.fps <= MAX_FPS:
        raise errors.UserError(
            f"--fps={options.fps:g} must be from {MIN_FPS:g} to {MAX_FPS:g}."
        )
    if not -INT64 <= options.seed <= INT64 - options.samples:
        raise errors.UserError(
            f"--seed={options.seed} with --samples={options.samples} is beyond 64 bits."
        )
    if options.category is not None and not 0 <= options.category < INT32:
        raise errors.UserError(
            f"--category={options.category} must be the number of a class, from 0."
        )
    _check_text(options.text)
    for path in input_files(options):
        if not os.path.exists(path):  # also for names that no file can have
            raise errors.UserError(f"{path} does not exist.")
    if options.output and not options.describe:
        destinations.check([options.output], inputs=input_files(options))


def input_files(options: argparse.Namespace) -> list[str]:
    """Returns the files and folders that the flags name as inputs."""
    mask = "" if hole_masks.is_box(options.mask) else options.mask
    return [one for one in (options.input, mask, *options.motion) if one]


def connection(options: argparse.Namespace) -> dict[str, Any]:
    """Returns the keyword arguments of a client: deadline, size limit and TLS.

    Raises:
      UserError: a certificate or key cannot be read.
    """
    credentials = None
    if options.tls_ca:
        credentials = grpc.ssl_channel_credentials(
            _pem(options.tls_ca), _pem(options.tls_key), _pem(options.tls_cert)
        )
    return {
        "timeout": options.timeout,
        "max_message_bytes": options.max_message_mb * MEGABYTE or -1,
        "credentials": credentials,
        "server_name": options.tls_server_name,
    }


def _check_text(text: str | None) -> None:
    if text is not None and not text.strip():
        raise errors.UserError('--text is empty; try --text="the star is moving".')
    try:
        (text or "").encode()
    except UnicodeEncodeError as error:
        raise errors.UserError(f"--text={text!r} is not UTF-8.") from error


def _pem(path: str) -> bytes | None:
    try:
        return pathlib.Path(path).read_bytes() if path else None
    except OSError as error:
        raise errors.UserError(f"{path} cannot be read: {error.strerror}.") from error
