"""What a command line asks of a model: which signature, and which of its outputs.

name = choice.verb(options, known)
names = choice.outputs(options, known[name])
"""

import argparse
from collections.abc import Mapping, Sequence

import tensorflow as tf

from tfvideogan.core import errors, signatures
from tfvideogan.serving.client import metadata

ARCHIVE = ".npz"
PICTURE_RANK = 4  # of [N, H, W, C]; codes have less
FLOW_CHANNELS = 2
# Called by default, in this order. A verb comes before the default signature, which
# has no `_start` and `_next` for long videos.
VERBS = (
    signatures.PREDICT,
    signatures.COMPLETE,
    signatures.RESTORE,
    signatures.GENERATE,
    signatures.DEFAULT,
)
# What is requested and written by default, in this order: bytes before floats.
MAIN_OUTPUTS = (
    "video_uint8",
    signatures.VIDEO,
    signatures.FRAMES,
    "image_uint8",
    signatures.IMAGE,
)
# The inputs that a flag fills. A flag that fills none is refused: it would be ignored.
FLAGS = {
    "input": (
        signatures.FRAMES,
        signatures.CONTEXT,
        signatures.CONTENT,
        signatures.CLIP,
    ),
    "motion": (signatures.MOTION,),
    "mask": (signatures.MASK, signatures.HOLES),
    "dilate": (signatures.HOLES,),
    "crop": (signatures.HOLES,),
    "method": (signatures.HOLES,),
    "budget_mb": (signatures.HOLES,),
    "text": (signatures.TEXT,),
    "category": (signatures.LABEL,),
    "truncation": (signatures.TRUNCATION,),
    "other_seed": (signatures.OTHER_SEED,),
    "other_category": (signatures.OTHER_LABEL,),
}

# Inputs that no flag fills: flow is estimated, shares are those of the samples.
UNASKED = (*signatures.FLOWS, signatures.SHARE)
# Flags with a default.
OPTIONAL = (
    "seed",
    "category",
    "other_category",
    "truncation",
    "dilate",
    "crop",
    "method",
    "budget_mb",
)


def verb(options: argparse.Namespace, known: Mapping[str, metadata.Signature]) -> str:
    """Returns the signature that is meant.

    Raises:
      UserError: there is none, or it cannot be given what the flags bring.
    """
    name = options.signature or _default(options, known)
    given = set(metadata.find(known, name).inputs)
    is_seeded = signatures.SEED in given and not given & {
        signatures.FRAMES,
        signatures.MOTION,
    }
    if options.samples > 1 and not is_seeded:
        raise errors.UserError(
            f"--samples={options.samples} would differ by their `seed`, but {name} "
            "takes none, or a whole video; leave --samples out."
        )
    for flag, fills in FLAGS.items():
        is_given = getattr(options, flag) not in (None, "", [])
        if is_given and not given & set(fills):
            takers = [one for one in known if set(known[one].inputs) & set(fills)]
            way_out = f"leave it out, or see --signature={takers[0]}" if takers else ""
            raise errors.UserError(
                f"--{flag} is given, but {name} has no input `{'` or `'.join(fills)}`; "
                f"{way_out or 'no signature of the model has'}."
            )
    return name


def outputs(options: argparse.Namespace, signature: metadata.Signature) -> list[str]:
    """Returns the outputs to write, the main one first; all codes if there is no other.

    Raises:
      UserError: there is no --output, or it cannot hold what is wanted.
    """
    if not options.output:
        raise errors.UserError("--output is missing; try --output=out.mp4.")
    known = {n: one for n, one in signature.outputs.items() if one.dtype != tf.string}
    main = [name for name in MAIN_OUTPUTS if name in known][:1]
    codes = sorted(name for name, one in known.items() if not is_picture(one))
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


def is_picture(tensor: metadata.Tensor) -> bool:
    """Whether an output is pictures or videos, as far as its shape tells, and no code."""
    return tensor.shape is None or is_shape_of_pictures(tensor.shape)


def is_shape_of_pictures(shape: Sequence[int | None]) -> bool:
    """Whether a shape with a batch axis is one of pictures or videos; flow is neither."""
    return len(shape) >= PICTURE_RANK and shape[-1] != FLOW_CHANNELS


def described(
    options: argparse.Namespace, known: Mapping[str, metadata.Signature]
) -> list[str]:
    """Returns what a model wants: first the flags of each verb, then all signatures.

    Args:
      options: see `flags.add_request`.
      known: the signatures of the model.
    """
    first = options.signature or _default(options, known)
    parts = (signatures.START, signatures.NEXT, signatures.END)
    verbs = [one for one in known if not one.endswith(parts)]
    if len(verbs) > 1:
        verbs = [one for one in verbs if one != signatures.DEFAULT]
    verbs.sort(key=lambda name: name != first)
    others = [one for one in known if one not in verbs]
    lines = [_wanted(known[name]) for name in verbs]
    return [*lines, *(known[name].describe() for name in [*verbs, *others])]


def _wanted(signature: metadata.Signature) -> str:
    """Says by which flags a signature is called, and what it answers."""
    given = set(signature.inputs)
    fills = {**FLAGS, "seed": (signatures.SEED,)}
    flags = [name for name in fills if given & set(fills[name])]
    asked = [f"[--{one}]" if one in OPTIONAL else f"--{one}" for one in flags]
    filled = {one for names in fills.values() for one in names} | set(UNASKED)
    lacking = sorted(given - filled)
    known = [name for name, one in signature.outputs.items() if one.dtype != tf.string]
    main = next((name for name in MAIN_OUTPUTS if name in known), None)
    others = sorted(name for name in known if name != main)
    answers = [main] if main else others
    also = f"; --outputs: {', '.join(others)}" if main and others else ""
    by_code = f", and {', '.join(lacking)}, which no flag brings" if lacking else ""
    return (
        f"{signature.name}: {' '.join([*asked, '--output'])}{by_code} "
        f"-> {', '.join(answers)}{also}"
    )


def _default(
    options: argparse.Namespace, known: Mapping[str, metadata.Signature]
) -> str:
    """Returns the model's verb; without a video, the one that makes all of it of a text.

    Between two seeds it is the signature that takes two.
    """
    if options.other_seed is not None:
        between = [n for n, one in known.items() if signatures.OTHER_SEED in one.inputs]
        if between:
            return between[0]
    generate = signatures.GENERATE
    if not options.input and generate in known:
        if signatures.TEXT in known[generate].inputs:
            return generate
    return next((one for one in VERBS if one in known), signatures.DEFAULT)
