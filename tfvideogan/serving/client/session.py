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
    completion,
    completion_files,
    destinations,
    flags,
    flows,
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
    if signatures.HOLES in known[verb].inputs:
        return completion_files.run(
            options, known, verb, call, outputs=outputs, plan=plan
        )
    given, fps = inputs.read(options, known[verb])
    is_video = signatures.FRAMES in given
    request = given if is_video else inputs.batched(given, options.samples)
    steps = options.steps
    found = answer(call, known, verb, request, outputs=outputs, steps=steps, plan=plan)
    rate = options.fps or fps
    return answers.write(options.output, found, given, rate, seed=options.seed)


def answer(
    call: Callable[..., dict[str, np.ndarray]],
    known: Mapping[str, metadata.Signature],
    verb: str,
    given: inputs.Arrays,
    *,
    outputs: Sequence[str],
    steps: int | None,
    plan: long_video.Plan,
    method: completion.Method = completion.BY_NETWORK,
) -> inputs.Arrays:
    """Gives a signature its inputs, in several requests where one does not do.

    Args:
      call: see `run`.
      known: the signatures of the model.
      verb: the one that is meant.
      given: its inputs by name, with a batch axis; those of a whole video, `frames`,
        without one.
      outputs: the wanted ones.
      steps: frames to make up; None for the model's own number.
      plan: how a whole video is cut.
      method: how holes are filled, where there are some.

    Returns:
      The wanted outputs in their order, with the batch axis.

    Raises:
      UserError: the inputs do not fit the model, or it cannot make so many frames.
    """

    def ask(
        name: str, arrays: inputs.Arrays, wanted: Sequence[str]
    ) -> dict[str, np.ndarray]:
        return call(signature=name, outputs=wanted, **arrays)

    rollout.check(verb, known, outputs, steps)
    if signatures.HOLES in given and list(outputs) == [signatures.VIDEO]:
        video = completion.of_arrays(ask, verb, known, given, plan, method)
        found = {signatures.VIDEO: video[np.newaxis]}
    elif signatures.FRAMES in given:
        given = dict(flows.filled(known[verb], given))
        single = long_video.predict(ask, verb, known, given, outputs, plan)
        # Without the batch axis a text is no array.
        found = {
            name: np.array([one], object) if isinstance(one, bytes) else one[np.newaxis]
            for name, one in single.items()
        }
    else:
        found = rollout.predict(
            ask, verb, known, given, outputs, steps=steps, progress=plan.progress
        )
    return {name: found[name] for name in outputs}


def _files(
    options: argparse.Namespace, signature: metadata.Signature, outputs: Sequence[str]
) -> set[pathlib.Path]:
    """Returns what is going to be written, as far as the signature tells."""
    pictures = [name for name in outputs if choice.is_picture(signature.outputs[name])]
    codes = [name for name in outputs if name not in pictures]
    return set(answers.files(options.output, pictures, codes).values())


def _show(done: int, total: int) -> None:
    sys.stderr.write(f"{done} of {total} frames\n")
