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
import itertools
import pathlib
import sys
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from PIL import Image

from tfvideogan.core import clip, errors
from tfvideogan.data import check, source
from tfvideogan.engine import build, command_line, loop
from tfvideogan.engine.config import config
from tfvideogan.media import sheets, writer

# The macros that a gin file of a data set takes from there.
BASE = "gin/base.gin"
EXAMPLES = """\
  python -m tfvideogan.check_data --gin_file=gin/data/sprites.gin
  python -m tfvideogan.check_data --gin_file=gin/data/davis.gin \\
      --gin_param='DAVIS_ROOT="/data/DAVIS"' --gin_param='WIDTH = 112'
"""
SHOWN_CLIPS = 4
# Of long clips only the beginning is shown.
SHOWN_FRAMES = 256
SHOWN_LINES = 5


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    options = _parser().parse_args(argv)
    return command_line.run(lambda: _work(options), with_traceback=options.traceback)


def _parser() -> argparse.ArgumentParser:
    made = command_line.parser("Check a data set and look at it.", EXAMPLES)
    command_line.add_gin_files(made)
    command_line.add_bindings(made)
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
    if not options.gin_file:
        raise errors.UserError(
            "--gin_file is missing; try --gin_file=gin/data/sprites.gin, or --help."
        )
    config.parse([BASE, *options.gin_file], options.gin_param)
    make_source = config.arguments(loop.run).get("make_source")
    if make_source is None:
        raise errors.UserError(
            "The gin files name no data set; bind loop.run.make_source."
        )
    chosen = build.build_source(make_source)
    print(chosen.describe())
    _print_words(chosen)
    options.out.mkdir(parents=True, exist_ok=True)
    has_problems = False
    for split in chosen.splits:
        report = check.check_split(chosen, split, max_clips=options.max_clips)
        print(report.text())
        has_problems |= bool(report.problems)
        _show(chosen, split, options.out)
    return command_line.FAILED if has_problems else command_line.OK


def _print_words(chosen: source.ClipSource) -> None:
    """Prints what some sources know: classes, vocabulary, clips that were left out."""
    for title, words in (
        ("classes", getattr(chosen, "class_names", ())),
        ("vocabulary", _vocabulary(chosen)),
    ):
        if words:
            print(f"{title}: {len(words)}: {' '.join(words)}")
    left_out = getattr(chosen, "left_out", list)()
    for line in left_out[:SHOWN_LINES]:
        print(f"left out: {line}")
    if len(left_out) > SHOWN_LINES:
        print(f"left out: {len(left_out) - SHOWN_LINES} more")


def _vocabulary(chosen: source.ClipSource) -> tuple[str, ...]:
    vocabulary = getattr(chosen, "vocabulary", None)
    return vocabulary.words[1:] if vocabulary is not None else ()


def _show(chosen: source.ClipSource, split: str, out: pathlib.Path) -> None:
    """Writes a contact sheet and a preview, and prints the clips' captions."""
    shown = list(_beginnings(itertools.islice(chosen.clips(split), SHOWN_CLIPS)))
    vocabulary = getattr(chosen, "vocabulary", None)
    if vocabulary is not None:
        for one in shown:
            print(f"  caption: {vocabulary.decode(one['caption_tokens'])}")
    sheet = out / f"{chosen.name}-{split}.png"
    Image.fromarray(sheets.contact_sheet(shown)).save(sheet)
    film = out / f"{chosen.name}-{split}.mp4"
    writer.write_video(film, sheets.side_by_side(shown[0]), chosen.spec.fps)
    print(f"  wrote {sheet} and {film}")


def _beginnings(
    read: Iterator[Mapping[str, np.ndarray]],
) -> Iterator[dict[str, np.ndarray]]:
    for one in read:
        yield {
            key: value if key in clip.WHOLE_CLIP_KEYS else value[:SHOWN_FRAMES].copy()
            for key, value in one.items()
        }


if __name__ == "__main__":
    sys.exit(main())
