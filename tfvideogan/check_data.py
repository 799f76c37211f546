"""Checks a data set before anything is trained on it, and shows what is in it.

    python -m tfvideogan.check_data --gin_file=gin/data/sprites.gin
    python -m tfvideogan.check_data --gin_file=gin/data/folder.gin \
        --gin_param='FOLDER_ROOT="/data/videos"'

Prints counts, sizes, ranges, durations, what was left out and the first problems, and
writes a contact sheet and a preview that plays. Exit code 1 when there are problems, 2
when the data cannot be read.
"""

import os

# TensorFlow reads it when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import argparse
import pathlib
import sys
from collections.abc import Sequence

from tfvideogan.core import errors
from tfvideogan.data import check, preview
from tfvideogan.engine import build, command_line, loop
from tfvideogan.engine.config import config

# The macros that a gin file of a data set takes from there.
BASE = "gin/base.gin"
EXAMPLES = """\
  python -m tfvideogan.check_data --gin_file=gin/data/sprites.gin
  python -m tfvideogan.check_data --gin_file=gin/data/davis.gin \\
      --gin_param='DAVIS_ROOT="/data/DAVIS"' --gin_param='WIDTH = 112'
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    return command_line.run(_parser(), _work, argv)


def _parser() -> argparse.ArgumentParser:
    made = command_line.parser("Check a data set and look at it.", EXAMPLES)
    command_line.add_gin_files(made)
    made.add_argument(
        "--max_clips", type=int, default=8, help="so many are read of each split"
    )
    made.add_argument(
        "--out",
        type=pathlib.Path,
        default=pathlib.Path("data_check"),
        metavar="FOLDER",
        help="where contact sheets and previews are written",
    )
    return made


def _work(options: argparse.Namespace) -> int:
    command_line.check_gin_files(options, "gin/data/sprites.gin")
    out = options.out.absolute()
    if options.max_clips < 1:
        raise errors.UserError(
            f"`--max_clips` ({options.max_clips}) must be at least 1."
        )
    nearest = next(one for one in (out, *out.parents) if one.exists())
    if not nearest.is_dir():
        raise errors.UserError(
            f"`--out` ({out}) cannot be a folder: {nearest} is a file; name another."
        )
    config.parse([BASE, *options.gin_file], options.gin_param)
    make_source = config.arguments(loop.run).get("make_source")
    if make_source is None:
        raise errors.UserError(
            "The gin files name no data set; bind loop.run.make_source."
        )
    chosen = build.build_source(make_source)
    print(chosen.describe())
    for line in preview.words(chosen):
        print(line)
    out.mkdir(parents=True, exist_ok=True)
    has_problems = False
    for split in chosen.splits:
        report = check.check_split(chosen, split, max_clips=options.max_clips)
        print(report.text())
        has_problems |= bool(report.problems)
        print("\n".join(preview.write(chosen, split, options.out)))
    return command_line.FAILED if has_problems else command_line.OK


if __name__ == "__main__":
    sys.exit(main())
