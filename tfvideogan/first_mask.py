"""Makes the mask of a film's first frame from a box around the object (GrabCut).

    python -m tfvideogan.first_mask --input=films/dog.mp4 --box=120,80,200,160

writes films/dog_mask.png, where gin/data/folder.gin looks for it, and says how much of the
frame the object covers. Colours decide: look at the picture that --preview writes. What
came out wrong is mended in any program that paints: white is the object.
"""

import argparse
import pathlib
import sys
from collections.abc import Sequence

from tfvideogan.core import errors, later, places
from tfvideogan.engine import command_line

with later.imported():
    import cv2

    from tfvideogan.media import grab_cut, hole_masks, reader, sheets

EXAMPLES = """\
  python -m tfvideogan.first_mask --input=films/dog.mp4 --box=120,80,200,160 \\
      --preview=dog.png
"""
SUFFIX = "_mask.png"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    return command_line.run(make_parser(), _work, argv)


def make_parser() -> argparse.ArgumentParser:
    """Returns the door's options."""
    made = command_line.parser(f"{__doc__}", EXAMPLES)
    made.add_argument(
        "--input", required=True, metavar="FILE", help="a film or a folder of pictures"
    )
    made.add_argument(
        "--box",
        required=True,
        metavar="X,Y,W,H",
        help="around the object, with a little air: left, top, width and height in "
        "pixels of the first frame",
    )
    made.add_argument(
        "--output",
        metavar="FILE.png",
        help=f"the mask; beside the film by default, called as it and {SUFFIX}",
    )
    made.add_argument(
        "--preview", metavar="FILE.png", help="the frame with a veil over the object"
    )
    return made


def _work(options: argparse.Namespace) -> int:
    film = pathlib.Path(options.input)
    bare = film if film.is_dir() else film.with_suffix("")
    output = places.local(
        options.output or str(bare.with_name(bare.name + SUFFIX)), "--output"
    )
    if output.exists():
        raise errors.UserError(
            f"{output} exists and may have been mended by hand; remove it first, or give "
            "another --output."
        )
    written = {output: "--output"}
    if options.preview:
        written[places.local(options.preview, "--preview")] = "--preview"
    for path, flag in written.items():
        if path.suffix.lower() != ".png":
            raise errors.UserError(f"{flag} ({path}) must end in .png.")
        places.check_writable(path.parent, flag)
    box = hole_masks.parse_box(options.box)
    frames, _ = reader.read_video(film, stop=1)
    mask = grab_cut.cut_out(frames[0], box)
    pictures = [255 * mask, sheets.veiled(frames[0], mask)[..., ::-1]]
    for path, picture in zip(written, pictures, strict=False):
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), picture)
    height, width = mask.shape[:2]
    print(f"{output}: the object covers {100 * mask.mean():.1f} % of {width}x{height}.")
    if options.preview:
        print(f"{options.preview}: look at it before you train.")
    return command_line.OK


if __name__ == "__main__":
    sys.exit(main())
