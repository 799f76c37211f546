r"""Makes docs/gallery.md: every export of saved_models/ at work, mostly on drawn inputs.

    python tools/gallery.py                      # draws all there are, writes the document
    python tools/gallery.py --only=foregan       # draws one, writes the document
    python tools/gallery.py --check              # is the document up to date? runs no model
    python tools/gallery.py --only=foregan --inputs=inputs    # writes the inputs as files

Which export is shown, of what, is the table of tools/gallery_table/entries.py; families
without an export are listed with the commands that make one. Models run in this process.
"""

import argparse
import pathlib
import sys
from collections.abc import Sequence

import tfvideogan

# isort: split
import numpy as np
from gallery_table import clips, documents, entries

from tfvideogan.core import errors
from tfvideogan.media import writer
from tfvideogan.serving.export import card

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Pictures lie in the folder beside the document.
DOCUMENT, EXPORTS = ROOT / "docs" / "gallery.md", ROOT / "saved_models"
FPS = 8.0
# Of a picture.
MOST_BYTES = 400_000
VIDEO_RANK = 4  # of [T, H, W, C]
OK, FAILED, BAD_INPUT = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the tool; returns the exit code."""
    options = _parser().parse_args(argv)
    try:
        return _work(options)
    except errors.UserError as error:
        sys.stderr.write(f"error: {error}\n")
        return BAD_INPUT


def draw(entry: entries.Entry) -> pathlib.Path:
    """Runs an export and writes its picture; returns where.

    Raises:
      UserError: the picture is too large for a document.
    """
    model = tfvideogan.load(EXPORTS / entry.name)
    film = entry.draw(model, entry.give(_sizes(entry)))
    path = DOCUMENT.with_suffix("") / entry.picture
    writer.write_video(path, film, FPS)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise errors.UserError(
            f"{path} has {size:,} bytes, and must have {MOST_BYTES:,} at most; draw fewer "
            "clips or moments in tools/gallery_table/drawings.py."
        )
    print(f"{path}: {size:,} bytes")
    return path


def write_inputs(entry: entries.Entry, folder: pathlib.Path) -> list[pathlib.Path]:
    """Writes the inputs that an entry's command names, the first of several clips."""
    given = entry.give(_sizes(entry))
    paths = []
    for ending, name in entry.inputs:
        array = given[name]
        film = array[0] if array.ndim > VIDEO_RANK else array
        film = film[np.newaxis] if film.ndim < VIDEO_RANK else film
        path = folder / f"{entry.name}{ending}"
        writer.write_video(path, film[:1] if path.suffix == ".png" else film, FPS)
        paths.append(path)
    return paths


def _sizes(entry: entries.Entry) -> clips.Sizes:
    """Returns the sizes of the clips that an export was trained on."""
    folder = EXPORTS / entry.name / str(documents.version(entry, EXPORTS))
    found = card.read(folder)["clip"]
    return {"words": [], **found}


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument(
        "--only", action="append", metavar="NAME", help="an export; may be repeated"
    )
    what = made.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="document against table")
    what.add_argument(
        "--inputs", metavar="FOLDER", help="write what the commands read, draw nothing"
    )
    return made


def _work(options: argparse.Namespace) -> int:
    chosen = _chosen(options.only)
    if options.check:
        complaints = documents.complaints(entries.ENTRIES, DOCUMENT, EXPORTS)
        for one in complaints:
            print(one)
        return FAILED if complaints else OK
    for one in chosen:
        if options.inputs:
            for path in write_inputs(one, pathlib.Path(options.inputs)):
                print(path)
        else:
            draw(one)
    if not options.inputs:
        text = documents.document(entries.ENTRIES, EXPORTS)
        DOCUMENT.write_text(text, encoding="utf-8")
    return OK


def _chosen(names: Sequence[str] | None) -> list[entries.Entry]:
    """Returns the entries that are named, or all whose export is there.

    Raises:
      UserError: there is no such entry, or it has no export.
    """
    there = [one for one in entries.ENTRIES if documents.version(one, EXPORTS)]
    if names is None:
        return there
    unknown = sorted(set(names) - {one.name for one in there})
    if unknown:
        raise errors.UserError(
            f"{', '.join(unknown)} is no entry with an export; there are "
            f"{', '.join(one.name for one in there) or 'none'}."
        )
    return [one for one in there if one.name in names]


if __name__ == "__main__":
    sys.exit(main())
