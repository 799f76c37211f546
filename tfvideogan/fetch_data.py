"""Fetches a public data set, checks it, and says how it is trained on.

    python -m tfvideogan.fetch_data --list
    python -m tfvideogan.fetch_data davis
    python -m tfvideogan.fetch_data kth --output=/data/KTH

Stopped, the same command goes on where it was. Files that lie in the folder already are
checked and taken. Whose data they are, and on what terms, is printed first.
"""

import argparse
import pathlib
import shlex
import sys
from collections.abc import Sequence

from tfvideogan.core import errors, later, places
from tfvideogan.engine import command_line

with later.imported():
    from tfvideogan.data.downloads import sets, transfer, unpacking

EXAMPLES = """\
  python -m tfvideogan.fetch_data --list
  python -m tfvideogan.fetch_data davis
  python -m tfvideogan.fetch_data kth --output=/data/KTH
"""
DATA = "data"
# In a folder whose data set is whole.
WHOLE = ".whole"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    return command_line.run(make_parser(), _work, argv)


def make_parser() -> argparse.ArgumentParser:
    """Returns the door's options."""
    made = command_line.parser("Fetch a public data set.", EXAMPLES)
    made.add_argument("name", nargs="?", metavar="NAME", help="of the data set")
    made.add_argument(
        "--list", action="store_true", help="say what there is, and how large"
    )
    made.add_argument(
        "--output",
        metavar="FOLDER",
        help=f"where it comes to; {DATA}/NAME by default",
    )
    made.add_argument(
        "--keep_archives",
        action="store_true",
        help="keep what was fetched beside what was taken out of it",
    )
    return made


def _work(options: argparse.Namespace) -> int:
    if options.list:
        print("\n".join(_listing()))
        return command_line.OK
    if options.name is None:
        raise errors.UserError("no data set is named; try davis, or --list.")
    chosen = sets.find(options.name)
    folder = places.local(options.output or f"{DATA}/{options.name}", "--output")
    places.check_writable(folder, "--output")
    print(f"{options.name}: {chosen.about}. Terms: {chosen.terms}.")
    if (folder / WHOLE).exists():
        print(f"already in {folder}")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(chosen, folder, keep_archives=options.keep_archives)
    print(f"next: {_command(chosen, folder)}")
    return command_line.OK


def _fetch(chosen: sets.DataSet, folder: pathlib.Path, *, keep_archives: bool) -> None:
    archives = []
    for file in chosen.files:
        path = transfer.fetch(file, folder)
        if file.place:
            count = unpacking.unpack(path, file.place, folder)
            print(f"{path.name}: {count:,} files")
            archives.append(path)
    for name, wanted in chosen.trees.items():
        found = unpacking.tree_digest(folder / name)
        if found != wanted:
            raise errors.UserError(
                f"{folder / name} has git's digest {found}, not {wanted}: remove the "
                "folder, and fetch it again."
            )
    (folder / WHOLE).touch()
    if not keep_archives:
        for path in archives:
            path.unlink()


def _listing() -> list[str]:
    width = max(map(len, sets.SETS))
    return [
        f"{name:{width}}  {_size(one)}  {one.about}" for name, one in sets.SETS.items()
    ]


def _size(chosen: sets.DataSet) -> str:
    """Bytes in megabytes, in a column of ten characters."""
    return f"{chosen.size / 1e6:7,.0f} MB" if chosen.size else "  size ?  "


def _command(chosen: sets.DataSet, folder: pathlib.Path) -> str:
    """A command that looks at the data."""
    words = ["python", "-m", "tfvideogan.check_data"]
    for flag in chosen.flags:
        root, brace, rest = flag.partition("{root}")
        words.append(f'{root}"{folder}{rest}"' if brace else flag)
    return shlex.join(words)


if __name__ == "__main__":
    sys.exit(main())
