"""Writes a clip to try a served model with: procedural sprites and their first mask.

    python tools/sample_clip.py                  # clip.mp4 and mask.png
    python -m tfvideogan.serve &
    python -m tfvideogan.client --model=foregan --input=clip.mp4 --mask=mask.png \
        --output=out.mp4

The clip is of the test split: no model was trained on it.
"""

import argparse
import pathlib
import sys

import tfvideogan

# isort: split
import numpy as np
import tensorflow as tf
from PIL import Image

from tfvideogan.data.procedural.sprites import sprites
from tfvideogan.media import writer

SPLIT = "test"
WHITE = 255


def write(
    clip: pathlib.Path, mask: pathlib.Path, *, number: int, frames: int, side: int
) -> None:
    """Writes a clip and the mask of its first frame.

    Args:
      clip: mp4, gif, png or a folder of pictures.
      mask: a picture, white where the object is.
      number: of the clip.
      frames: its length.
      side: its height and width, pixels.
    """
    source = sprites.Sprites(
        frames=frames,
        clip_frames=frames,
        num_test_clips=number + 1,
        height=side,
        width=side,
        flow="exact",
    )
    found = source.read(SPLIT, tf.constant(number, tf.int64), frames=frames)
    writer.write_video(clip, found["frames"].numpy(), source.spec.fps)
    first = found["foreground_masks"].numpy()[0, ..., 0] > 0
    Image.fromarray(first.astype(np.uint8) * WHITE).save(mask)


def main() -> int:
    """Writes them; returns the exit code."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--clip", default="clip.mp4", help="where the video goes")
    made.add_argument("--mask", default="mask.png", help="where the mask goes")
    made.add_argument("--number", type=int, default=0, help="of the clip")
    made.add_argument("--frames", type=int, default=32)
    made.add_argument("--side", type=int, default=64, help="height and width, pixels")
    given = made.parse_args()
    clip, mask = pathlib.Path(given.clip), pathlib.Path(given.mask)
    write(clip, mask, number=given.number, frames=given.frames, side=given.side)
    print(f"{clip} ({given.frames} frames of {given.side}x{given.side}) and {mask}")
    print(
        f"python -m tfvideogan.client --model=foregan --input={clip} --mask={mask} "
        f"--output=out.mp4   # with tfvideogan {tfvideogan.__version__} serving"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
