"""One call of the command line: asks a model for what the flags say and writes it.

with grpc_client.PredictionClient(options.server) as client:
    lines = session.run(options, client)
"""

import argparse
import sys
from collections.abc import Sequence

import numpy as np

from tfvideogan.core import signatures
from tfvideogan.serving.client import answers, choice, grpc_client, inputs, long_video


def run(options: argparse.Namespace, client: grpc_client.PredictionClient) -> list[str]:
    """Describes a model, or sends it a video and writes the answer.

    Args:
      options: see `flags.parser`.
      client: connected to the server.

    Returns:
      Lines that say what the model offers, or what was written.

    Raises:
      UserError: the flags or files do not fit the model.
      PredictionError: the server refused or failed, or did not answer in time.
    """
    if options.wait_seconds:
        client.wait(options.model, options.wait_seconds)
    which = {"version": options.version, "version_label": options.label}
    known = client.signatures(options.model, **which)
    if options.describe:
        return [one.describe() for one in known.values()]
    verb = choice.verb(options, known)
    outputs = choice.outputs(options, known[verb])
    given, fps = inputs.read(options, known[verb])

    def ask(
        name: str, arrays: inputs.Arrays, wanted: Sequence[str]
    ) -> dict[str, np.ndarray]:
        return client.predict(
            options.model, signature=name, outputs=wanted, **which, **arrays
        )

    if signatures.FRAMES in given:
        overlap = min(options.overlap, options.chunk_frames - 1)
        plan = long_video.Plan(options.chunk_frames, overlap, _show)
        single = long_video.predict(ask, verb, known, given, outputs, plan)
        found = {name: array[np.newaxis] for name, array in single.items()}
    else:
        found = ask(verb, inputs.batched(given, options.samples), outputs)
    ordered = {name: found[name] for name in outputs}
    return answers.write(options, ordered, given, options.fps or fps)


def _show(done: int, total: int) -> None:
    sys.stderr.write(f"{done} of {total} frames\n")
