"""Runs an export in a process of its own: what it says there is what a server will say.

    python -m tfvideogan.serving.export.replay <version> <answers folder> [requests file]

Replays the warm-up requests of the export, then those of the file, and writes one npz of
outputs for each, named by its number.
"""

import os

# TensorFlow reads it when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pathlib
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf

import tfvideogan
from tfvideogan.serving.export import warmup

MAX_ERROR_LINES = 20


class ReplayFailed(RuntimeError):
    """The export cannot be loaded, or refuses one of its own requests."""


def in_fresh_process(
    folder: pathlib.Path, scratch: pathlib.Path, requests: pathlib.Path
) -> Iterator[dict[str, np.ndarray]]:
    """Replays an export in another process and yields the answers in order.

    Args:
      folder: of the version.
      scratch: an existing folder for the answers.
      requests: a file of further requests.

    Raises:
      ReplayFailed: with the last lines of what the process said.
    """
    package = str(pathlib.Path(tfvideogan.__file__).resolve().parents[1])
    known = os.environ.get("PYTHONPATH")
    paths = [package, known] if known else [package]
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(folder), str(scratch), str(requests)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-MAX_ERROR_LINES:])
        raise ReplayFailed(f"the export does not work in a fresh process:\n{said}")
    number = int(done.stdout.split()[-1])
    for index in range(number):
        with np.load(_answer(scratch, index), allow_pickle=False) as answer:
            yield dict(answer)


def replay(
    folder: pathlib.Path, requests: Sequence[pathlib.Path]
) -> Iterator[Mapping[str, np.ndarray]]:
    """Loads an export and yields its answers to the requests of files."""
    loaded = tf.saved_model.load(str(folder))
    for path in requests:
        for request in warmup.read_file(path):
            run = loaded.signatures[request.model_spec.signature_name]
            answers = run(**warmup.inputs(request))
            yield {key: value.numpy() for key, value in answers.items()}


def main(argv: Sequence[str]) -> int:
    """Replays and writes; prints how many answers there are."""
    folder, scratch, *further = map(pathlib.Path, argv)
    number = 0
    for answer in replay(folder, [folder / warmup.PATH, *further]):
        texts = {
            key: value.astype("S") if value.dtype == object else value
            for key, value in answer.items()
        }
        np.savez(_answer(scratch, number), **texts)
        number += 1
    sys.stdout.write(f"{number}\n")
    return 0


def _answer(scratch: pathlib.Path, index: int) -> pathlib.Path:
    return scratch / f"{index}.npz"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
