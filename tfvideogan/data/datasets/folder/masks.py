"""Masks of a user's clips: folders of pictures, one for each frame.

    <root>/masks/<clip>/00000.png      <clip> as below the root, without ending
    <...>/<clip>_mask/00000.png        or beside the clip

White, or any colour, is the object (`pictures.read_mask`).
"""

import pathlib

import numpy as np

from tfvideogan.media import damage, image_sequences, resizing, stills

FOLDER = "masks"
SUFFIX = "_mask"


def is_for_masks(path: pathlib.Path, root: pathlib.Path) -> bool:
    """Tells whether a folder holds masks rather than clips."""
    return path.name.endswith(SUFFIX) or path == root / FOLDER


def find(path: pathlib.Path, root: pathlib.Path) -> pathlib.Path | None:
    """Returns the folder with the masks of a clip, or None.

    Args:
      path: of the clip, a file or a folder.
      root: of the collection; the clip itself, if it is the only one.
    """
    bare = path.with_suffix("") if path.is_file() else path
    if root.is_file():
        root = root.parent
    candidates = [root / FOLDER / bare.relative_to(root)]
    candidates.append(bare.with_name(bare.name + SUFFIX))
    return next((one for one in candidates if one.is_dir()), None)


class Masks:
    """The masks of one clip, in order.

    Attributes:
      files: of the pictures.
    """

    def __init__(self, clip: pathlib.Path, folder: pathlib.Path) -> None:
        """Finds the masks of a clip.

        Raises:
          DamagedClip: some frames have no mask.
        """
        self._clip, self._folder = clip, folder
        self.files = image_sequences.numbered(folder)
        if clip.is_dir():
            frames = image_sequences.numbered(clip)
            numbers = {image_sequences.number(one) for one in self.files}
            lonely = [
                one for one in frames if image_sequences.number(one) not in numbers
            ]
            if lonely:
                self._complain(len(frames), len(lonely), lonely[0].name)
            # Masks of frames that are not there do no harm.
            wanted = {image_sequences.number(one) for one in frames}
            self.files = [
                one for one in self.files if image_sequences.number(one) in wanted
            ]

    def read(
        self, start: int, count: int, height: int, width: int, fit: str
    ) -> np.ndarray:
        """Reads some masks as [count, H, W, 1] uint8, 1 = object.

        Raises:
          DamagedClip: there are not so many, or one is damaged.
        """
        files = self.files[start : start + count]
        if len(files) < count:
            missing = count - len(files)
            self._complain(start + count, missing, f"frame {len(self.files)}")
        masks = [
            resizing.fitted_mask(stills.read_mask(one), height, width, fit=fit)
            for one in files
        ]
        return np.stack(masks)[..., np.newaxis]

    def _complain(self, frames: int, missing: int, first: str) -> None:
        raise damage.DamagedClip(
            f"{self._folder} lacks {missing} masks of the {frames} frames of "
            f"{self._clip}, first that of {first}; add them, or read the clips with "
            "`masks` = False."
        )
