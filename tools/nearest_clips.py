"""Shows whether a generator has memorised training clips: samples over the nearest ones.

    python tools/nearest_clips.py --model=saved_models/dvdgan --gin_file=gin/dvdgan.gin \
        --output=nearest.png

Rows come in pairs: a sample, and under it the training clip that is nearest to it, from the
frame on from which it is. A memorised sample looks like what lies under it. The distance is
the root mean square of the difference of all pixels of all frames, in levels of 0 to 255.
Beside that of samples stands that of real clips of another split: samples much nearer to
training clips than new real ones are copies. Pixels say little about clips that differ by a
shift: look at the picture as well.
"""

import argparse
import dataclasses
import itertools
import os
import pathlib
import sys
from collections.abc import Iterable, Mapping, Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tfvideogan  # noqa: F401

# isort: split
import numpy as np
from gallery_table import drawings
from PIL import Image

from tfvideogan.core import errors, signatures
from tfvideogan.data import source as sources
from tfvideogan.engine import build, command_line, evaluator, loop
from tfvideogan.engine.config import config
from tfvideogan.library import loading
from tfvideogan.library import model as library

BASE = "gin/base.gin"
TRAIN = "train"
COLUMNS = 8  # moments of a clip that are shown
EXAMPLES = """\
  python tools/nearest_clips.py --model=saved_models/dvdgan --gin_file=gin/dvdgan.gin \\
      --output=nearest.png
"""


@dataclasses.dataclass
class Neighbour:
    """What is nearest to a clip so far.

    Attributes:
      distance: root mean square of the difference, in levels of 0 to 255.
      frames: [T, H, W, C] uint8.
      place: where it is: the number of the clip and of its first frame.
    """

    distance: float = np.inf
    frames: np.ndarray | None = None
    place: tuple[int, int] = (0, 0)


def nearest(
    queries: np.ndarray, training: Iterable[Mapping[str, np.ndarray]]
) -> list[Neighbour]:
    """Finds the windows of training clips that are nearest to clips.

    Args:
      queries: [N, T, H, W, C] uint8.
      training: raw clips, of T frames or more each.

    Returns:
      One for each query.
    """
    number, length = queries.shape[:2]
    flat = queries.reshape(number, length, -1).astype(np.float32)  # [N, T, P]
    squares = np.square(flat).sum(axis=-1)
    found = [Neighbour() for _ in queries]
    for index, clip in enumerate(training):
        frames = np.asarray(clip["frames"])
        known = frames.reshape(len(frames), -1).astype(np.float32)  # [L, P]
        # Of each frame to each: |a - b|² = |a|² - 2 a·b + |b|²
        apart = squares[..., np.newaxis] - 2.0 * (flat @ known.T)
        apart += np.square(known).sum(axis=-1)  # [N, T, L]
        starts = len(frames) - length + 1
        steps = (apart[:, step, step : step + starts] for step in range(length))
        distances = np.sqrt(np.maximum(sum(steps), 0.0) / queries[0].size)
        for one, of_starts in zip(found, distances, strict=True):
            first = int(of_starts.argmin())
            if of_starts[first] < one.distance:
                one.distance, one.place = float(of_starts[first]), (index, first)
                one.frames = frames[first : first + length]
    return found


def picture(samples: np.ndarray, neighbours: Sequence[Neighbour]) -> np.ndarray:
    """Lays out samples [N, T, H, W, C] uint8 over their neighbours: [height, width, 3]."""
    pairs = zip(samples, (one.frames for one in neighbours), strict=True)
    return drawings.strip([film for pair in pairs for film in pair], COLUMNS)[0]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the tool with a command line; returns the exit code."""
    return command_line.run(_parser(), _work, argv)


def _parser() -> argparse.ArgumentParser:
    made = command_line.parser(
        "Show samples over their nearest training clips.", EXAMPLES
    )
    command_line.add_gin_files(made)
    made.add_argument("--model", required=True, help="a run folder, or an export")
    made.add_argument("--output", required=True, help="a png file")
    made.add_argument("--samples", type=int, default=8, help="how many")
    made.add_argument("--seed", type=int, default=0, help="of the first sample")
    made.add_argument("--split", default="test", help="of the new real clips")
    return made


def _work(options: argparse.Namespace) -> int:
    command_line.check_gin_files(options, "gin/dvdgan.gin")
    if options.samples < 1:
        raise errors.UserError(f"--samples ({options.samples}) must be at least 1.")
    if pathlib.Path(options.output).suffix != ".png":
        raise errors.UserError(f"--output ({options.output}) must end with .png.")
    config.parse([BASE, *options.gin_file], options.gin_param)
    source = build.build_source(config.arguments(loop.run)["make_source"])
    sources.check_split(source, options.split)
    samples = _samples(loading.load(options.model), options, source)
    length, *size = samples.shape[1:]
    shortest = min(map(source.num_frames, (TRAIN, options.split)))
    wanted = list(source.spec.shapes()["frames"][1:])
    if shortest < length or size != wanted:
        raise errors.UserError(
            f"--model makes {length} frames of {size}, but clips of {source.describe()} "
            f"are {shortest} frames of {wanted}; give the gin files that it was trained "
            "with."
        )
    real = _first(source, options.split, options.samples, length)
    found = nearest(np.concatenate([samples, real]), source.clips(TRAIN))
    of_samples, of_real = found[: len(samples)], found[len(samples) :]
    Image.fromarray(picture(samples, of_samples)).save(options.output)
    rows = {}
    for name, group in (("samples", of_samples), (f"real, {options.split}", of_real)):
        values = [one.distance for one in group]
        rows[f"distance to nearest/{name}/mean"] = float(np.mean(values))
        rows[f"distance to nearest/{name}/least"] = float(np.min(values))
    print(f"{len(samples)} samples, {source.describe()}: {options.output}")
    print(evaluator.table(rows))
    return command_line.OK


def _samples(
    model: library.Model, options: argparse.Namespace, source: sources.ClipSource
) -> np.ndarray:
    """Samples [N, T, H, W, C] uint8, of all classes in turn where there are some."""
    signature = model.signatures.get(signatures.GENERATE)
    if signature is None:
        raise errors.UserError(
            f"--model ({options.model}) generates nothing; it has "
            f"{', '.join(model.signatures)}."
        )
    numbers = np.arange(options.samples)
    inputs = {"seed": options.seed + numbers}
    if signatures.LABEL in signature.inputs:
        inputs[signatures.LABEL] = numbers % source.spec.num_classes
    return model.generate(**inputs).video


def _first(
    source: sources.ClipSource, split: str, number: int, length: int
) -> np.ndarray:
    """The beginnings of the first clips of a split, [N, T, H, W, C] uint8."""
    clips = itertools.islice(source.clips(split), number)
    return np.stack([clip["frames"][:length] for clip in clips])


if __name__ == "__main__":
    sys.exit(main())
