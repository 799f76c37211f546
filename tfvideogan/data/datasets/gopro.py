"""GoPro deblurring (GOPRO_Large): sharp frames and the same frames of a shaking camera.

The folder as downloaded:

    <root>/train/GOPR0372_07_00/sharp/000047.png ...      1280x720
    <root>/train/GOPR0372_07_00/blur/000047.png ...       the mean of 7 to 13 sharp frames
    <root>/train/GOPR0372_07_00/blur_gamma/000047.png ... the same with a gamma of 2.2
    <root>/test/...

A clip is a sequence: `frames` are the sharp ones, `blurred_frames` what a model is given.
22 sequences are for training (2103 pairs), 11 for testing (1111).

    source = Gopro(root="/data/GOPRO_Large", frames=1, height=360, width=640)

CC BY 4.0. Reference: Nah et al., Deep multi-scale convolutional neural network for dynamic
scene deblurring, 2017.
"""

import dataclasses
import functools
import pathlib

import cv2
import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data.cache import converted
from tfvideogan.media import image_sequences, resizing, stills

BLURS = ("blur", "blur_gamma")
SHARP = "sharp"
# The camera took 240 frames/s, of which each blurred frame took about ten.
FPS = 24.0
TREE = (
    "expected <root>/train/GOPR0372_07_00/sharp/000047.png, .../blur/000047.png and "
    "<root>/test/"
)


@dataclasses.dataclass(kw_only=True, eq=False)
class Gopro(converted.ConvertedSource):
    """Sharp and blurred sequences; a `source.ClipSource`.

    The folder has `train` and `test`; windows of one frame are pairs of stills. Settings
    are those of `converted.ConvertedSource` and these:

    Attributes:
      blur: "blur" or "blur_gamma".
    """

    name = "gopro"

    frames: int = 1
    height: int = 360
    width: int = 640
    blur: str = "blur"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.blur not in BLURS:
            raise errors.UserError(
                f"`blur` ({self.blur!r}) must be one of {', '.join(BLURS)}."
            )
        self.title = f"GoPro pairs, {self.blur},"
        spec = self.make_spec(fps=FPS, has_blurred_frames=True)
        clips = {
            split: [
                _raw_clip(one, self.blur, spec)
                for one in _sequences(self.folder / split)
            ]
            for split in ("train", "test")
        }
        self.convert(spec, clips, parameters={"blur": self.blur})


def _sequences(folder: pathlib.Path) -> list[pathlib.Path]:
    found = sorted(one for one in folder.glob("*") if (one / SHARP).is_dir())
    if not found:
        raise errors.UserError(f"{folder} has no sequences of pairs; {TREE}.")
    return found


def _raw_clip(
    folder: pathlib.Path, blur: str, spec: clip.ClipSpec
) -> converted.RawClip:
    """Pairs the pictures of a sequence by their names."""
    if not (folder / blur).is_dir():
        raise errors.UserError(f"{folder} has no folder {blur}; {TREE}.")
    sharp, blurred = (
        {path.stem: path for path in image_sequences.numbered(folder / kind)}
        for kind in (SHARP, blur)
    )
    lonely = sorted(set(sharp) ^ set(blurred))
    if lonely or not sharp:
        raise errors.UserError(
            f"{folder} has {len(sharp)} sharp and {len(blurred)} blurred pictures (see "
            f"number {lonely[0] if lonely else 0}); each needs its pair."
        )
    paths = (tuple(sharp.values()), tuple(blurred.values()))
    load = functools.partial(_load, *paths, spec)
    name = f"{folder.parent.name}/{folder.name}"
    return converted.RawClip(name, paths[0] + paths[1], load)


def _load(
    sharp: tuple[pathlib.Path, ...],
    blurred: tuple[pathlib.Path, ...],
    spec: clip.ClipSpec,
) -> dict[str, np.ndarray]:
    cv2.setNumThreads(0)  # sequences are converted side by side
    size = (spec.height, spec.width)

    def read(paths: tuple[pathlib.Path, ...]) -> np.ndarray:
        """Reads pictures at the size of the spec."""
        return np.stack(
            [resizing.fitted(stills.read_frame(path), *size) for path in paths]
        )

    return {"frames": read(sharp), "blurred_frames": read(blurred)}
