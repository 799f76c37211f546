"""Checks a data set before anything is trained on it, and shows what is in it.

    python tools/check_data.py                                   # procedural sprites
    python tools/check_data.py --davis_root=/data/DAVIS --height=128 --width=224

Prints counts, sizes, ranges, the J of a copied mask and the flow doctor's table, and
writes a contact sheet and a preview that plays. Exit code 1 when there are problems, 2
when the data cannot be read.
"""

import argparse
import pathlib
import sys

import tfvideogan  # noqa: F401

# isort: split
import itertools

from absl import logging
from PIL import Image

from tfvideogan.core import errors
from tfvideogan.data import check, davis, sheets, source, sprites, video

SHOWN_CLIPS = 4


def main(arguments: list[str]) -> int:
    """Runs the check; returns the exit code."""
    options = _parser().parse_args(arguments)
    logging.set_verbosity(logging.INFO)
    try:
        reports = _check(_source(options), options.max_clips, options.out)
    except errors.UserError as error:
        print(error, file=sys.stderr)
        return 2
    return int(any(report.problems for report in reports))


def _check(
    chosen: source.ClipSource, max_clips: int, out: pathlib.Path
) -> list[check.Report]:
    print(chosen.describe())
    reports = []
    out.mkdir(parents=True, exist_ok=True)
    for split in chosen.splits:
        reports.append(check.check_split(chosen, split, max_clips=max_clips))
        print(reports[-1].text())
        shown = list(itertools.islice(chosen.clips(split), SHOWN_CLIPS))
        sheet = out / f"{chosen.name}-{split}.png"
        Image.fromarray(sheets.contact_sheet(shown)).save(sheet)
        film = out / f"{chosen.name}-{split}.mp4"
        video.write_video(film, sheets.side_by_side(shown[0]), chosen.spec.fps)
        print(f"  wrote {sheet} and {film}")
    return reports


def _source(options: argparse.Namespace) -> source.ClipSource:
    sizes = {name: getattr(options, name) for name in ("frames", "height", "width")}
    if options.davis_root:
        return davis.Davis(options.davis_root, year=options.year, **sizes)
    return sprites.Sprites(**sizes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Checks a data set.")
    parser.add_argument("--davis_root", help="a DAVIS folder; without it: sprites")
    parser.add_argument("--year", default="2016", help="lists of DAVIS: 2016 or 2017")
    parser.add_argument("--frames", type=int, default=8, help="of a window")
    parser.add_argument("--height", type=int, default=64)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--max_clips", type=int, default=8, help="read per split")
    parser.add_argument(
        "--out", type=pathlib.Path, default=pathlib.Path("data_check"), help="folder"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
