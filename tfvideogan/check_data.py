"""Checks a data set before anything is trained on it, and shows what is in it.

    python -m tfvideogan.check_data --gin_file=gin/data/sprites.gin
    python -m tfvideogan.check_data --gin_file=gin/data/folder.gin \
        --gin_param='FOLDER_ROOT="/data/videos"'

    python -m tfvideogan.check_data --caches

Prints counts, sizes, ranges, durations, what was left out and the first problems, and
writes a contact sheet and a preview that plays. Exit code 1 when there are problems, 2
when the data cannot be read.
"""

import argparse
import sys
from collections.abc import Sequence

from tfvideogan.core import cache, errors, later, places
from tfvideogan.engine import command_line

with later.imported():
    from tfvideogan.data import check, preview
    from tfvideogan.data.cache import inventory
    from tfvideogan.engine import build, loop
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
        "--max_clips",
        type=int,
        default=8,
        help="of each split at most",
    )
    made.add_argument(
        "--output",
        default="data_check",
        metavar="FOLDER",
        help="where contact sheets and previews are written",
    )
    made.add_argument(
        "--caches",
        action="store_true",
        help="list the caches of converted clips, with every byte compared, and their "
        "total instead",
    )
    made.add_argument(
        "--clear_caches",
        metavar="NAME",
        help="remove the caches whose names begin so, or all, instead; they "
        "are made again when they are needed",
    )
    return made


def _list_caches(name: str | None) -> int:
    root = cache.root()
    if name is not None:
        print(f"removed from {root}:\n{inventory.table(inventory.clear(root, name))}")
    else:
        caches = inventory.found(root, is_thorough=True)
        print(f"{root}:\n{inventory.table(caches)}")
    return command_line.OK


def _work(options: argparse.Namespace) -> int:
    if options.caches or options.clear_caches is not None:
        return _list_caches(options.clear_caches)
    command_line.check_gin_files(options, "gin/data/sprites.gin")
    if options.max_clips < 1:
        raise errors.UserError(
            f"`--max_clips` ({options.max_clips}) must be at least 1."
        )
    out = places.local(options.output, "--output")
    places.check_writable(out, "--output")
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
        report = check.check_split(
            chosen, split, max_clips=min(options.max_clips, sys.maxsize)
        )
        print(report.text())
        has_problems |= bool(report.problems)
        print("\n".join(preview.write(chosen, split, out)))
    return command_line.FAILED if has_problems else command_line.OK


if __name__ == "__main__":
    sys.exit(main())
