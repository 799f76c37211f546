"""One call of the command line: asks a model for what the flags say and writes it.

with grpc_client.PredictionClient(options.server) as client:
    call = functools.partial(client.predict, options.model)
    lines = session.run(options, client.signatures(options.model), call)
"""

import argparse
import pathlib
import sys
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tfvideogan.core import signatures
from tfvideogan.serving.client import (
    answers,
    choice,
    destinations,
    flags,
    inputs,
    long_video,
    metadata,
    rollout,
)


def run(
    options: argparse.Namespace,
    known: Mapping[str, metadata.Signature],
    call: Callable[..., dict[str, np.ndarray]],
) -> list[str]:
    """Describes a model, or gives it what the flags say and writes the answer.

    Args:
      options: see `flags.add_request`; checked.
      known: the signatures of the model.
      call: runs one: takes its name as `signature`, the wanted `outputs` and its inputs,
        as the `predict` of both clients does.

    Returns:
      Lines that say what the model offers, or what was written.

    Raises:
      UserError: the flags or files do not fit the model.
    """
    if options.describe:
        return choice.described(options, known)
    verb = choice.verb(options, known)
    outputs = choice.outputs(options, known[verb])
    rollout.check(verb, known, outputs, options.steps)
    overlap = min(options.overlap, options.chunk_frames - 1)
    plan = long_video.Plan(options.chunk_frames, overlap, _show)
    destinations.check(
        _files(options, known[verb], outputs), inputs=flags.input_files(options)
    )
    given, fps = inputs.read(options, known[verb])

    def ask(
        name: str, arrays: inputs.Arrays, wanted: Sequence[str]
    ) -> dict[str, np.ndarray]:
        return call(signature=name, outputs=wanted, **arrays)

    if signatures.FRAMES in given:
        single = long_video.predict(ask, verb, known, given, outputs, plan)
        found = {name: array[np.newaxis] for name, array in single.items()}
    else:
        batch = inputs.batched(given, options.samples)
        found = rollout.predict(
            ask, verb, known, batch, outputs, steps=options.steps, progress=_show
        )
    ordered = {name: found[name] for name in outputs}
    return answers.write(options, ordered, given, options.fps or fps)


def _files(
    options: argparse.Namespace, signature: metadata.Signature, outputs: Sequence[str]
) -> set[pathlib.Path]:
    """Returns what is going to be written, as far as the signature tells."""
    pictures = [name for name in outputs if choice.is_picture(signature.outputs[name])]
    codes = [name for name in outputs if name not in pictures]
    return set(answers.files(options.output, pictures, codes).values())


def _show(done: int, total: int) -> None:
    sys.stderr.write(f"{done} of {total} frames\n")
