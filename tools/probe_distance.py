"""Asks a distance of videos whether it sees motion: real clips against damaged real clips.

    python tools/probe_distance.py --gin_file=gin/data/walkers.gin --extractor=i3d
    python tools/probe_distance.py --gin_file=gin/data/walkers.gin --clips=256 \
        --extractor=saved_models/videoclassifier/1

The first clips of a split are dealt at random into two sets. The floor is the distance of
the sets; beside it stand those of the first set from the second one shuffled, reversed,
frozen and blurred (`tfvideogan/metrics/controls.py`). The rows "sees motion" and "sees
direction" are the verdict. Nothing is trained, no model is needed.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tfvideogan  # noqa: F401

# isort: split
import numpy as np

from tfvideogan.core import errors
from tfvideogan.data import pipeline
from tfvideogan.data import source as sources
from tfvideogan.engine import build, command_line, evaluator, loop
from tfvideogan.engine.config import config
from tfvideogan.metrics import video_distance
from tfvideogan.metrics.features import classifier, extractor, i3d, random_convolutions

BASE = "gin/base.gin"
BUILT_IN = {"i3d": i3d.I3D, "random": random_convolutions.RandomConvolutions}
BATCH = 8
SEED = 0
EXAMPLES = """\
  python tools/probe_distance.py --gin_file=gin/data/walkers.gin --extractor=i3d
  python tools/probe_distance.py --gin_file=gin/data/davis.gin --extractor=i3d \\
      --gin_param='DAVIS_ROOT="/data/DAVIS"' --gin_param='davis.Davis.eval_frames = 16'
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the tool with a command line; returns the exit code."""
    return command_line.run(_parser(), _work, argv)


def _parser() -> argparse.ArgumentParser:
    made = command_line.parser("Ask a distance whether it sees motion.", EXAMPLES)
    command_line.add_gin_files(made)
    made.add_argument(
        "--extractor",
        required=True,
        help=f"{', '.join(BUILT_IN)}, or the folder of an exported classifier",
    )
    made.add_argument("--split", help="test by default, if there is one")
    made.add_argument("--clips", type=int, default=64, help="of each set, at most")
    made.add_argument("--frames", type=int, default=16, help="of each clip")
    return made


def _work(options: argparse.Namespace) -> int:
    command_line.check_gin_files(options, "gin/data/walkers.gin")
    config.parse([BASE, *options.gin_file], options.gin_param)
    source = build.build_source(config.arguments(loop.run)["make_source"])
    split = options.split or evaluator.default_split(source, "test", "validation")
    sources.check_split(source, split)
    clips = min(options.clips, source.num_clips(split) // 2)
    if clips < 1:
        raise errors.UserError(f"{source.name}/{split} has no two clips to compare.")
    metric = video_distance.VideoDistance(_extractor(options.extractor), options.frames)
    metric.prepare(clips, source.spec)
    # Not in turns: classes of drawn clips come in turns, too.
    is_judged = np.random.default_rng(SEED).permutation(2 * clips) < clips
    first = 0
    for frames in _batches(source, split, 2 * clips, options.frames):
        chosen = is_judged[first : first + len(frames)]
        first += len(frames)
        for update, part in (
            (metric.update_judged, frames[chosen]),
            (metric.update_real, frames[~chosen]),
        ):
            if len(part):
                update({"frames": part})
    print(f"{metric.describe()}; {source.describe()}, {split}")
    print(evaluator.table(metric.result(), metric.intervals()))
    return command_line.OK


def _extractor(name: str) -> extractor.Extractor:
    return BUILT_IN[name]() if name in BUILT_IN else classifier.Classifier(name)


def _batches(
    source: sources.ClipSource, split: str, clips: int, frames: int
) -> Iterator[np.ndarray]:
    """Yields the first clips in order."""
    dataset = pipeline.make_dataset(
        source, split, batch_size=BATCH, seed=0, frames=frames, training=False
    )
    for batch in dataset:
        yield batch["frames"].numpy()[:clips]
        clips -= BATCH
        if clips <= 0:
            return


if __name__ == "__main__":
    sys.exit(main())
