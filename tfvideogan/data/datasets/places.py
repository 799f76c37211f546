"""Places2 (Places365): still pictures of places, each a clip of one frame.

The folder as downloaded, in either of its layouts:

    <root>/train/airfield/00000001.jpg ...   <root>/val/..., <root>/test/...
    <root>/data_256/a/airfield/00000001.jpg  <root>/val_256/..., <root>/test_256/...

A still is a still: nothing is made to move here. Models of single pictures train on it as
it is; what needs more frames needs a model or a transform that makes them.

    source = Places(root="/data/places365", height=256, width=256)

Of the 1.8 million training pictures, `max_stills` takes an even sample, always the same.

Reference: Zhou et al., Places: a 10 million image database for scene recognition, 2017.
Research use.
"""

import dataclasses
import functools
import pathlib

import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data import splitting
from tfvideogan.data.cache import converted
from tfvideogan.media import resizing, stills

# Where a split may be, the first that exists.
FOLDERS = {
    "train": ("train", "data_256", "data_256_standard", "data_large"),
    "validation": ("val", "val_256", "val_large"),
    "test": ("test", "test_256", "test_large"),
}
ENDINGS = (".jpg", ".jpeg", ".png")
TREE = (
    "expected <root>/train/<place>/00000001.jpg (or data_256/...) and <root>/val/ "
    "(or val_256/)"
)


@dataclasses.dataclass(kw_only=True, eq=False)
class Places(converted.ConvertedSource):
    """Stills of Places2, clips of one frame; a `source.ClipSource`.

    The folder has the folders of the splits. Settings are those of
    `converted.ConvertedSource`, but for `frames`, and these:

    Attributes:
      fit: "crop" cuts the middle, "stretch" changes the proportions.
      max_stills: of each split; None takes all.
    """

    name = "places"
    title = "Places2 stills"

    frames: int = dataclasses.field(default=1, init=False)
    height: int = 256
    width: int = 256
    fit: str = "crop"
    max_stills: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_stills is not None and self.max_stills < 1:
            raise errors.UserError(
                f"`max_stills` ({self.max_stills}) must be at least 1."
            )
        spec = self.make_spec()
        clips = {
            split: [_raw_clip(self.folder, path, spec, self.fit) for path in paths]
            for split, paths in _find(self.folder, self.max_stills).items()
        }
        self.convert(spec, clips, parameters={"fit": self.fit})


def _find(root: pathlib.Path, max_stills: int | None) -> dict[str, list[pathlib.Path]]:
    """Returns the pictures of each split."""
    if not root.is_dir():
        raise errors.UserError(f"The Places2 folder {root} does not exist; {TREE}.")
    found = {}
    for split, names in FOLDERS.items():
        folders = [root / name for name in names if (root / name).is_dir()]
        paths = folders[0].rglob("*") if folders else ()
        listed = sorted(path for path in paths if path.suffix.lower() in ENDINGS)
        if max_stills is not None:

            def position(path: pathlib.Path) -> float:
                return splitting.position(path.relative_to(root).as_posix())

            listed = sorted(sorted(listed, key=position)[:max_stills])
        found[split] = listed
    if not found["train"]:
        raise errors.UserError(f"{root} has no training pictures; {TREE}.")
    return found


def _raw_clip(
    root: pathlib.Path, path: pathlib.Path, spec: clip.ClipSpec, fit: str
) -> converted.RawClip:
    name = path.relative_to(root).as_posix()
    return converted.RawClip(name, (path,), functools.partial(_load, path, spec, fit))


def _load(path: pathlib.Path, spec: clip.ClipSpec, fit: str) -> dict[str, np.ndarray]:
    frame = stills.read_frame(path)
    return {"frames": resizing.fitted(frame, spec.height, spec.width, fit=fit)[None]}
