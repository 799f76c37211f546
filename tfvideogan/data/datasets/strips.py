"""Strips: each clip is one picture with its frames side by side, as MoCoGAN's users do.

    <root>/<class>/<clip>.png        frames are squares along the longer side

A picture of 4480x64 is a clip of 70 frames of 64x64; strips may be horizontal or vertical.
The content decides the format, not the ending: the action clips that came with MoCoGAN
are PNG files called .jpg. Folders of classes give labels; splits are folders or a hash of
the names (`class_folders.py`).

    source = Strips(root="/data/actions", frames=16, stride=2)

Reference: Tulyakov et al., MoCoGAN: Decomposing motion and content for video generation,
2018, section 4.
"""

import dataclasses
import functools
import pathlib

import numpy as np

from tfvideogan.core import clip
from tfvideogan.data import splitting
from tfvideogan.data.cache import converted
from tfvideogan.data.datasets import class_folders
from tfvideogan.media import image_sequences, stills

# What pictures are called; what is in them may be another format.
ENDINGS = (*image_sequences.ENDINGS, ".gif", ".tif", ".tiff")
FPS = 25.0
TREE = "expected <root>/<class>/<clip>.png or .jpg, frames side by side in each picture"


@dataclasses.dataclass(kw_only=True, eq=False)
class Strips(converted.ConvertedSource):
    """Clips stored as strips, with their classes; a `source.ClipSource`.

    Settings are those of `converted.ConvertedSource` (`stride` is MoCoGAN's `every_nth`)
    and these:

    Attributes:
      class_names: of the labels; empty where there are no folders of classes.
      channels: 3 (RGB) or 1 (grey).
      fps: of the strips, before `stride`; for previews.
      validation: share of that split, where there are no folders of splits.
      test: share of that split, likewise.
      split_folders: whether folders called train, test ... are splits (True) or classes
        (False); None as in `class_folders.find`.
    """

    name = "strips"
    title = "strips"

    channels: int = 3
    fps: float = FPS
    validation: float = splitting.VALIDATION_SHARE
    test: float = splitting.TEST_SHARE
    split_folders: bool | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        listing = class_folders.find(
            self.folder,
            _is_strip,
            tree=TREE,
            validation=self.validation,
            test=self.test,
            split_folders=self.split_folders,
        )
        self.notes = listing.lines()
        self.class_names = listing.class_names
        spec = self.make_spec(
            fps=self.fps, channels=self.channels, num_classes=len(self.class_names)
        )
        clips = {
            split: [
                converted.RawClip(
                    found.id,
                    (found.path,),
                    functools.partial(_load, found.path, spec),
                    label=listing.label(found),
                )
                for found in listed
            ]
            for split, listed in listing.splits.items()
        }
        self.convert(spec, clips)


def read_strip(path: pathlib.Path) -> np.ndarray:
    """Reads a strip as [T, S, S, 3] uint8, S being the shorter side.

    Raises:
      DamagedClip: the file is damaged or no picture.
    """
    picture = stills.read_frame(path)
    height, width, channels = picture.shape
    side = min(height, width)
    length = max(height, width) // side  # what is left over is no frame
    if height > width:
        return picture[: length * side].reshape(length, side, side, channels)
    columns = picture[:, : length * side].reshape(side, length, side, channels)
    return columns.swapaxes(0, 1)


def _load(path: pathlib.Path, spec: clip.ClipSpec) -> dict[str, np.ndarray]:
    size = (spec.height, spec.width)
    frames = image_sequences.adapted(
        read_strip(path), size=size, channels=spec.channels
    )
    return {"frames": np.stack(list(frames))}


def _is_strip(path: pathlib.Path) -> bool:
    return path.suffix.lower() in ENDINGS and not path.is_dir()
