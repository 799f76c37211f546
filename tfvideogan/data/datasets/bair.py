"""BAIR robot pushing (small): 43,520 clips of a robot arm that pushes things about.

The folder as downloaded:

    <root>/train/traj_0_to_255.tfrecords ...       43,264 clips of 30 frames, 64x64
    <root>/test/traj_0_to_255.tfrecords            256 clips

where the root is `softmotion30_44k` or the folder above it. Each record is a clip; its
pictures `0/image_main/encoded` ... are raw RGB, in spite of the name. As in [2] the file
train/traj_256_to_511.tfrecords is for validation. The robot's actions and positions are
not read.

    source = Bair(root="/data/bair", frames=16)

The protocol bair/1-15@64 predicts 15 frames from one, on the 256 test clips. At 64x64 the
records of one camera take 16 GB.

References:
  [1] Ebert et al., Self-supervised visual planning with temporal skip connections, 2017.
  [2] Lee et al., Stochastic adversarial video prediction, 2018.
"""

import dataclasses
import functools
import pathlib

import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data.cache import converted
from tfvideogan.data.datasets import tfrecord_index
from tfvideogan.media import damage, resizing

FOLDER = "softmotion30_44k"
CAMERAS = ("main", "aux1")
CLIP_FRAMES = 30
SIZE = 64
CHANNELS = 3
VALIDATION = "traj_256_to_511.tfrecords"
# The data set does not tell its rate; this one plays well.
FPS = 8.0
TREE = f"expected <root>/{FOLDER}/train/traj_0_to_255.tfrecords and .../test/"


@dataclasses.dataclass(kw_only=True, eq=False)
class Bair(converted.ConvertedSource):
    """Clips of the pushing robot; a `source.ClipSource`.

    The folder is softmotion30_44k or the one above it, `frames` is at most 30, and the
    originals have 64x64 pixels. Settings are those of `converted.ConvertedSource` and
    these:

    Attributes:
      camera: "main" or "aux1".
    """

    name = "bair"

    camera: str = "main"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.camera not in CAMERAS:
            raise errors.UserError(
                f"`camera` ({self.camera!r}) must be one of {', '.join(CAMERAS)}."
            )
        self.title = f"BAIR robot pushing, camera {self.camera},"
        spec = self.make_spec(fps=FPS)
        clips = {
            split: [
                converted.RawClip(
                    id=f"{path.parent.name}/{path.stem}/{number}",
                    files=(path,),
                    load=functools.partial(_load, path, *place, self.camera, spec),
                )
                for path in paths
                for number, place in enumerate(tfrecord_index.find_examples(path))
            ]
            for split, paths in _files(self.folder).items()
        }
        self.convert(spec, clips, parameters={"camera": self.camera})


def _files(root: pathlib.Path) -> dict[str, list[pathlib.Path]]:
    """Returns the files of each split, in the order of their numbers."""
    if not root.is_dir():
        raise errors.UserError(f"The BAIR folder {root} does not exist; {TREE}.")
    folder = root / FOLDER if (root / FOLDER).is_dir() else root
    train, test = (
        sorted((folder / part).glob("traj_*_to_*.tfrecords"), key=_first_number)
        for part in ("train", "test")
    )
    if not train or not test:
        empty = "train" if not train else "test"
        raise errors.UserError(
            f"{folder / empty} has no files traj_..._to_....tfrecords; {TREE}."
        )
    return {
        "train": [path for path in train if path.name != VALIDATION] or train,
        "validation": [
            path for path in train if path.name == VALIDATION and len(train) > 1
        ],
        "test": test,
    }


def _first_number(path: pathlib.Path) -> tuple[int, str]:
    number = path.name.split("_")[1]
    return (int(number) if number.isdecimal() else 0, path.name)


def _load(
    path: pathlib.Path, offset: int, size: int, camera: str, spec: clip.ClipSpec
) -> dict[str, np.ndarray]:
    """Reads the pictures of one clip."""
    features = tfrecord_index.read_example(path, offset, size).features.feature
    frames = []
    for number in range(CLIP_FRAMES):
        key = f"{number}/image_{camera}/encoded"
        content = b"".join(features[key].bytes_list.value) if key in features else b""
        if len(content) != SIZE * SIZE * CHANNELS:
            raise damage.DamagedClip(
                f"`{key}` of the clip at byte {offset} of {path} has {len(content)} "
                f"bytes, not the {SIZE * SIZE * CHANNELS} of a raw picture."
            )
        frame = np.frombuffer(content, np.uint8).reshape(SIZE, SIZE, CHANNELS)
        frames.append(resizing.fitted(frame, spec.height, spec.width))
    return {"frames": np.stack(frames)}
