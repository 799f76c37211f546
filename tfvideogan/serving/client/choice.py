"""What a command line asks of a model: which signature, and which of its outputs.

name = client_choice.verb(options, signatures)
names = client_choice.outputs(options, signatures[name])
"""

import argparse
from collections.abc import Mapping

import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.serving.client import grpc_client, long_video

MOTION = "motion"
ARCHIVE = ".npz"
PICTURE_RANK = 4  # of [N, H, W, C]; codes have less
VERBS = ("predict", "complete", "generate", grpc_client.DEFAULT_SIGNATURE)
# What is asked for and written where nobody says, in this order: bytes before floats.
MAIN_OUTPUTS = ("video_uint8", "video", "frames", "image_uint8", "image")


def verb(
    options: argparse.Namespace, signatures: Mapping[str, grpc_client.Signature]
) -> str:
    """Returns the signature that is meant.

    Raises:
      UserError: there is none, or it cannot be given what the flags bring.
    """
    name = options.signature
    names = [name] if name else [one for one in VERBS if one in signatures]
    if not names or names[0] not in signatures:
        raise errors.UserError(
            f"The model has no signature {name!r}; it has {', '.join(signatures)}."
        )
    given = set(signatures[names[0]].inputs)
    is_seeded = "seed" in given and not given & {long_video.FRAMES, MOTION}
    if options.samples > 1 and not is_seeded:
        raise errors.UserError(
            f"--samples={options.samples} would differ by their `seed`, but {names[0]} "
            "takes none, or a whole video; leave --samples out."
        )
    if options.motion and MOTION not in given:
        takers = [one for one, known in signatures.items() if MOTION in known.inputs]
        raise errors.UserError(
            f"--motion is given, but {names[0]} has no input `{MOTION}`; those that "
            f"have one are [{', '.join(takers)}], see --signature."
        )
    return names[0]


def outputs(options: argparse.Namespace, signature: grpc_client.Signature) -> list[str]:
    """Returns the outputs to write, the main one first; all codes if there is no other.

    Raises:
      UserError: there is no --output, or it cannot hold what is wanted.
    """
    if not options.output:
        raise errors.UserError("--output is missing; try --output=out.mp4.")
    known = {n: one for n, one in signature.outputs.items() if one.dtype != tf.string}
    main = [name for name in MAIN_OUTPUTS if name in known][:1]
    codes = sorted(name for name, one in known.items() if not _is_picture(one))
    names = [name for name in options.outputs.split(",") if name] or main or codes
    if not names or set(names) - set(known):
        raise errors.UserError(
            f"--outputs={options.outputs} cannot be written; {signature.name} has "
            f"{', '.join(sorted(known))}."
        )
    is_archive = options.output.lower().endswith(ARCHIVE)
    if set(names) <= set(codes) and not is_archive:
        raise errors.UserError(
            f"--output={options.output} cannot hold {', '.join(names)}, which are no "
            "pictures; try --output=codes.npz."
        )
    return names


def _is_picture(tensor: grpc_client.Tensor) -> bool:
    return tensor.shape is None or len(tensor.shape) >= PICTURE_RANK
