"""The command line of the client: its flags, what is out of range, and the connection."""

import argparse
import pathlib
from typing import Any

import grpc

from tfvideogan.core import errors
from tfvideogan.serving import command_line

# Counts of which there is at least one.
COUNTS = ("samples", "context_frames", "stride")
MEGABYTE = 2**20


def parser(about: str) -> argparse.ArgumentParser:
    """Returns the parser, whose help begins with what the door says of itself."""
    made = command_line.parser(about)
    texts = (
        ("server", "localhost:8500", "host:port of gRPC, or unix:path"),
        ("label", "", "a version by its label"),
        ("signature", "", "what to call; the model's verb by default"),
        ("input", "", "a video file (mp4, gif, ...) or a folder of pictures"),
        ("mask", "", "a picture: white, or any colour, where the object is"),
        ("text", "", "a caption, for models that want `text`"),
        ("output", "", "mp4, gif, png, npz, or a folder"),
        ("outputs", "", "by comma; each but the first is written beside --output"),
        ("tls_ca", "", "PEM file of the authority; switches TLS on"),
        ("tls_cert", "", "PEM file of the client's certificate"),
        ("tls_key", "", "PEM file of the client's key"),
        ("tls_server_name", "", "the name in the server's certificate"),
    )
    made.add_argument("--model", "--model_name", required=True, help="its served name")
    command_line.add_flags(made, str, "TEXT", texts)
    counts = (
        ("version", None, "a version by its number; the newest by default"),
        ("seed", 0, "for models that want `seed`"),
        ("category", 0, "for models that want `label`: the number of a class"),
        ("samples", 1, "answers to `seed`, `seed` + 1 ...; a film shows all of them"),
        ("context_frames", 3, "last frames of the input, for models that go on"),
        ("stride", 1, "take every so many frames of the inputs"),
        ("max_frames", 0, "read so many frames of the input; 0 for all"),
        ("chunk_frames", 32, "frames in a request"),
        ("overlap", 4, "frames two chunks share, if the model has no memory"),
        ("max_message_mb", 0, "of a message; 0 for no limit"),
    )
    command_line.add_flags(made, int, "N", counts)
    numbers = (
        ("truncation", 1.0, "for models that want it: 0 typical, 1 varied"),
        ("fps", None, "of the output; as the input by default"),
        ("timeout", 600.0, "of a request, seconds"),
        ("wait_seconds", 0.0, "wait so long for the model to be available"),
    )
    command_line.add_flags(made, float, "N", numbers)
    made.add_argument(
        "--motion",
        action="append",
        default=[],
        metavar="TEXT",
        help="a video whose motion the content of the input takes; may be repeated",
    )
    made.add_argument(
        "--describe", action="store_true", help="print the model's signatures and stop"
    )
    return made


def check(options: argparse.Namespace) -> None:
    """Checks the counts.

    Raises:
      UserError: one is less than 1.
    """
    for name in COUNTS:
        value = getattr(options, name)
        if value < 1:
            raise errors.UserError(f"--{name}={value} must be at least 1.")


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


def _pem(path: str) -> bytes | None:
    try:
        return pathlib.Path(path).read_bytes() if path else None
    except OSError as error:
        raise errors.UserError(f"{path} cannot be read: {error.strerror}.") from error
