"""UCF-101: 13,320 films of 101 actions, with labels.

The folder is read as downloaded (`lists.py` shows it); films are MPEG-4 in AVI
files, 320x240 at 25 frames/s. Three official splits of train and test; there is no
validation, but some groups of the training films can be kept for it.

    source = Ucf101(root="/data/UCF", split=1, frames=16, height=64, width=64)

The scores of video generation in the literature often take train and test together
(`with_test`): say which.

At 64x64 in colour, all films at every frame make about 30 GB of records; `keep` = 2 halves
that.

Reference: Soomro et al., UCF101, CRCV-TR-12-01, 2012. Research use.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Sequence

import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data.cache import converted
from tfvideogan.data.datasets.ucf101 import lists
from tfvideogan.media import reader

FPS = 25.0


@dataclasses.dataclass(kw_only=True, eq=False)
class Ucf101(converted.ConvertedSource):
    """Clips of UCF-101 with labels; a `source.ClipSource`.

    The folder has the films and the lists. Settings are those of
    `converted.ConvertedSource` (`stride` counts the frames that `keep` leaves) and these:

    Attributes:
      actions: names of the classes, by label.
      split: 1, 2 or 3.
      fit: "crop" cuts the middle, "stretch" changes the proportions.
      keep: every so many frames of a film are converted.
      validation_groups: groups (1..25) of training films for validation.
      with_test: whether the test films are trained on, too, as some of the literature
        does; the test split stays what it is.
    """

    has_plain_ground = False
    name = "ucf101"

    split: int = 1
    fit: str = "crop"
    keep: int = 1
    validation_groups: Sequence[int] = ()
    with_test: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.keep < 1:
            raise errors.UserError(f"`keep` ({self.keep}) must be at least 1.")
        found = lists.find_films(self.folder, self.split)
        self.actions = found.actions
        self.title = f"UCF-101, split {self.split}"
        if self.with_test:
            self.title += ", trained on train and test together"
        spec = self.make_spec(fps=FPS / self.keep, num_classes=len(found.actions))
        labels = {name.lower(): label for label, name in enumerate(found.actions)}

        def clips(films: Sequence[lists.Film]) -> list[converted.RawClip]:
            """Returns the clips of some films."""
            return [
                converted.RawClip(
                    id=film.path.stem,
                    files=(film.path,),
                    load=functools.partial(_load, film.path, spec, self.fit, self.keep),
                    label=labels[film.action.lower()],
                )
                for film in films
            ]

        held_out = set(self.validation_groups)
        test = clips(found.test)
        train = clips([f for f in found.train if f.group not in held_out])
        self.convert(
            spec,
            {
                "train": train + test if self.with_test else train,
                "validation": clips([f for f in found.train if f.group in held_out]),
                "test": test,
            },
            parameters={"fit": self.fit, "keep": self.keep},
        )


def _load(
    path: pathlib.Path, spec: clip.ClipSpec, fit: str, keep: int
) -> dict[str, np.ndarray]:
    frames, _ = reader.read_video(
        path, height=spec.height, width=spec.width, stride=keep, fit=fit
    )
    return {"frames": frames}
