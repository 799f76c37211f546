"""Writes several clips at once: one film that shows them together, or each for itself.

| ending                  | what is written                                               |
|-------------------------|---------------------------------------------------------------|
| of a film (`writer.py`)  | a grid of clips that play together                            |
| `.npz`                  | arrays `frames` [N, T, H, W, C] (uint8) and `fps`             |
| none                    | in one folder: a folder of pictures for each clip, or, for    |
|                         | clips of one frame, a PNG file                                |

    galleries.write_clips("out.mp4", clips, fps=8, names=["seed_0", "seed_1"])
"""

import pathlib
from collections.abc import Sequence

import numpy as np

from tfvideogan.media import sheets, writer

PICTURE = ".png"


def write_clips(
    path: str | pathlib.Path,
    clips: np.ndarray,
    fps: float,
    *,
    names: Sequence[str],
    rows: sheets.Rows | None = None,
) -> None:
    """Writes clips in the format of the path's ending; a single one as `writer.py` does.

    Args:
      path: of the file or folder.
      clips: [N, T, H, W, 3 or 1] uint8.
      fps: frames per second.
      names: of the clips' folders, where each gets one.
      rows: what a film shows, see `sheets.grid`; the clips near a square by default.

    Raises:
      UserError: the ending is unknown, or the clips are no videos.
    """
    path = pathlib.Path(path)
    if len(clips) == 1:
        writer.write_video(path, clips[0], fps)
    elif not path.suffix:
        for name, clip in zip(names, clips, strict=True):
            is_picture = len(clip) == 1
            writer.write_video(path / f"{name}{PICTURE * is_picture}", clip, fps)
    elif path.suffix.lower() == writer.ARCHIVE:
        writer.write_arrays(path, {"frames": clips, "fps": np.float64(fps)})
    else:
        writer.write_video(path, film(clips, rows), fps)


def film(clips: np.ndarray, rows: sheets.Rows | None = None) -> np.ndarray:
    """Returns one clip [T, H, W, C] of several; see `write_clips`."""
    if len(clips) == 1:
        return clips[0]
    return sheets.grid(rows or sheets.near_square(clips))
