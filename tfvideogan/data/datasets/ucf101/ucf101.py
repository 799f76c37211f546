"""UCF-101: 13,320 films of 101 actions, with labels.

The folder is read as downloaded (`ucf101_lists.py` shows it); films are MPEG-4 in AVI
files, 320x240 at 25 frames/s. Three official splits of train and test; there is no
validation, but some groups of the training films can be kept for it.

    source = Ucf101(root="/data/UCF", split=1, frames=16, height=64, width=64)

The scores of video generation in the literature often take train and test together
(`with_test`): say which.

At 64x64 in colour, all films at every frame make about 30 GB of records; `keep` = 2 halves
that.

Reference: Soomro et al., UCF101, CRCV-TR-12-01, 2012. Research use.
"""

import functools
import pathlib
from collections.abc import Sequence

import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data.cache import converted
from tfvideogan.data.datasets.ucf101 import lists
from tfvideogan.media import damage, reader

FPS = 25.0


class Ucf101(converted.ConvertedSource):
    """Clips of UCF-101 with labels; a `source.ClipSource`.

    Attributes:
      name: "ucf101".
      actions: names of the classes, by label.
    """

    name = "ucf101"

    def __init__(
        self,
        root: str,
        *,
        split: int = 1,
        frames: int = 16,
        height: int = 64,
        width: int = 64,
        fit: str = "crop",
        keep: int = 1,
        stride: int = 1,
        eval_frames: int | None = None,
        validation_groups: Sequence[int] = (),
        with_test: bool = False,
        cache_dir: str | None = None,
        max_damaged: float = damage.MAX_SHARE,
    ) -> None:
        """Checks the folder and converts it where that has not been done.

        Args:
          root: the folder with the films and the lists.
          split: 1, 2 or 3.
          frames: T of one training window; shorter films are left out.
          height: of the clips in pixels.
          width: of the clips in pixels.
          fit: "crop" cuts the middle, "stretch" changes the proportions.
          keep: every so many frames of a film are converted.
          stride: every so many frames of those make a window.
          eval_frames: cuts test and validation into windows; see `converted.py`.
          validation_groups: groups (1..25) of training films for validation.
          with_test: whether the test films are trained on, too, as some of the
            literature does; the test split stays what it is.
          cache_dir: see `cache/records.py`.
          max_damaged: share of the films that may be damaged.

        Raises:
          UserError: the folder is incomplete, too much is damaged, or a value is wrong.
        """
        if keep < 1:
            raise errors.UserError(f"`keep` ({keep}) must be at least 1.")
        folder = pathlib.Path(root).expanduser()
        found = lists.find_films(folder, split)
        self.actions = found.actions
        self.title = f"UCF-101, split {split}"
        if with_test:
            self.title += ", trained on train and test together"
        spec = clip.ClipSpec(
            frames, height, width, num_classes=len(found.actions), fps=FPS / keep
        )
        labels = {name.lower(): label for label, name in enumerate(found.actions)}

        def clips(films: Sequence[lists.Film]) -> list[converted.RawClip]:
            """Returns the clips of some films."""
            return [
                converted.RawClip(
                    id=film.path.stem,
                    files=(film.path,),
                    load=functools.partial(_load, film.path, spec, fit, keep),
                    label=labels[film.action.lower()],
                )
                for film in films
            ]

        held_out = set(validation_groups)
        test = clips(found.test)
        train = clips([f for f in found.train if f.group not in held_out])
        super().__init__(
            root=folder,
            spec=spec,
            clips={
                "train": train + test if with_test else train,
                "validation": clips([f for f in found.train if f.group in held_out]),
                "test": test,
            },
            parameters={"fit": fit, "keep": keep},
            stride=stride,
            eval_frames=eval_frames,
            cache_dir=cache_dir,
            max_damaged=max_damaged,
        )


def _load(
    path: pathlib.Path, spec: clip.ClipSpec, fit: str, keep: int
) -> dict[str, np.ndarray]:
    frames, _ = reader.read_video(
        path, height=spec.height, width=spec.width, stride=keep, fit=fit
    )
    return {"frames": frames}
