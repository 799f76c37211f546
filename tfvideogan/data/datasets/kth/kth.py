"""KTH human actions: 25 people box, clap, wave, jog, run and walk in 599 films.

The folder as downloaded; each of the six archives unpacks into its own folder:

    <root>/walking/person01_walking_d1_uncomp.avi ...   160x120, 25 frames/s, MPEG-4
    <root>/00sequences.txt                              or in the folder above

A clip is one of the ranges of the list: between them the picture is empty. Three
ways to split are in use, by person, and are not interchangeable:

| `protocol`    | train | validation               | test            | used by             |
|---------------|-------|--------------------------|-----------------|---------------------|
| "16-9"        | 1-16  | -                        | 17-25           | MCnet, OpenSTL [2]  |
| "20-5"        | 1-20  | -                        | 21-25           | SVG, SRVP, MCVD [3] |
| "recognition" | 11-18 | 01, 04, 19-21, 23-25     | 02, 03, 05-10, 22 | the authors [1]   |

The first two have no validation; `validation_persons` takes some people out of training.

Captions name the action and, of those who jog, run or walk, the direction. The list does
not say it: it is estimated from the pixels when the clips are converted (`heading.py`),
and left out where it is not clear. Labels are numbers of `action_captions.ACTIONS`.

    source = Kth(root="/data/KTH", frames=20, height=64, width=64)

KTH has no open licence: cite [1], and do not pass on its frames.

References:
  [1] Schuldt et al., Recognizing human actions: a local SVM approach, 2004.
  [2] Villegas et al., Decomposing motion and content for natural video sequence
      prediction, 2017; Tan et al., OpenSTL, 2023.
  [3] Denton and Fergus, Stochastic video generation with a learned prior, 2018.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Sequence

import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data import action_captions
from tfvideogan.data.cache import converted
from tfvideogan.data.datasets.kth import heading, sequences
from tfvideogan.media import reader

ACTIONS = action_captions.ACTIONS
# Those in which a person crosses the picture.
TRAVELS = ("jogging", "running", "walking")
FPS = 25.0
SPLITS = ("train", "validation", "test")
# The people of each split.
PROTOCOLS = {
    "16-9": {"train": range(1, 17), "test": range(17, 26)},
    "20-5": {"train": range(1, 21), "test": range(21, 26)},
    "recognition": {
        "train": range(11, 19),
        "validation": (1, 4, 19, 20, 21, 23, 24, 25),
        "test": (2, 3, 5, 6, 7, 8, 9, 10, 22),
    },
}
ENDING = "_uncomp.avi"
TREE = (
    "expected <root>/walking/person01_walking_d1_uncomp.avi and so on, one folder per "
    "action, and <root>/00sequences.txt"
)
# OpenSTL's windows of those who are soon gone begin so many frames apart.
OPENSTL_STEPS = {"jogging": 3, "running": 3}


@dataclasses.dataclass(kw_only=True, eq=False)
class Kth(converted.ConvertedSource):
    """Clips of KTH with labels and captions; a `source.ClipSource`.

    The folder has those of the actions. Settings are those of
    `converted.ConvertedSource` and these:

    Attributes:
      vocabulary: of the captions.
      protocol: "16-9", "20-5" or "recognition".
      actions: those wanted, such as ("walking",); labels are numbers of all six.
      channels: 1, for KTH is grey; 3 repeats it.
      fit: "stretch" squashes 160x120 as the literature does, "crop" cuts the middle.
      openstl_windows: whether all splits are cut into windows of `eval_frames` with the
        steps of OpenSTL [2]: one behind the other, but every 3 frames for those who jog
        or run. They are cut from the ranges of the list, OpenSTL's from its own choice of
        frames: the counts differ (at 30 frames 8518 for training and 4902 for testing).
      validation_persons: of the training people, those for validation.
    """

    name = "kth"

    frames: int = 20
    protocol: str = "16-9"
    actions: Sequence[str] = ACTIONS
    channels: int = 1
    fit: str = "stretch"
    openstl_windows: bool = False
    validation_persons: Sequence[int] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        persons = _persons(self.protocol, self.validation_persons)
        action_captions.check_actions(self.actions)
        if self.openstl_windows and self.eval_frames is None:
            raise errors.UserError(
                "`openstl_windows` needs `eval_frames`, the length of the windows."
            )
        self.title = f"KTH, split {self.protocol}"
        words = action_captions.VOCABULARY
        spec = self.make_spec(
            fps=FPS,
            channels=self.channels,
            num_classes=len(ACTIONS),
            caption_length=action_captions.MAX_WORDS,
            words=words.words,
        )
        steps = OPENSTL_STEPS if self.openstl_windows else {}
        clips = [
            (film.person, raw)
            for film, path in _find(self.folder, self.actions)
            for raw in _clips(
                film, path, spec, fit=self.fit, step=steps.get(film.action)
            )
        ]
        self.convert(
            spec,
            {
                split: [raw for person, raw in clips if person in chosen]
                for split, chosen in persons.items()
            },
            parameters={"fit": self.fit, "words": list(words.words)},
            vocabulary=words,
            cut_train=self.openstl_windows,
        )


def _persons(protocol: str, validation: Sequence[int]) -> dict[str, set[int]]:
    """Returns the people of each split."""
    if protocol not in PROTOCOLS:
        raise errors.UserError(
            f"`protocol` ({protocol!r}) must be one of {', '.join(PROTOCOLS)}."
        )
    persons = {split: set(chosen) for split, chosen in PROTOCOLS[protocol].items()}
    if validation:
        strangers = set(validation) - persons["train"]
        if strangers or persons["train"] == set(validation):
            raise errors.UserError(
                f"`validation_persons` {tuple(validation)} must be some, not all, of the "
                f"training people of {protocol}: {sorted(persons['train'])}."
            )
        persons["train"] -= set(validation)
        persons["validation"] = set(validation) | persons.get("validation", set())
    return {split: persons[split] for split in SPLITS if split in persons}


def _find(
    root: pathlib.Path, actions: Sequence[str]
) -> list[tuple[sequences.Film, pathlib.Path]]:
    """Returns the listed films of some actions with their files."""
    if not root.is_dir():
        raise errors.UserError(f"The KTH folder {root} does not exist; {TREE}.")
    films = [
        film
        for film in sequences.read_films(root)
        if film.action in actions and film.ranges
    ]
    if not films:
        raise errors.UserError(
            f"The list {sequences.FILE} of {root} names no film of "
            f"{', '.join(actions)}; copy it again."
        )
    found, missing = [], []
    for film in films:
        name = film.name + ENDING
        paths = [root / film.action / name, root / name]
        path = next((path for path in paths if path.is_file()), None)
        found.append((film, path))
        missing += [] if path else [paths[0]]
    if missing:
        raise errors.UserError(
            f"{len(missing)} of the {len(films)} films that the list names are not there, "
            f"the first is {missing[0]}; {TREE}; name the actions you have by `actions`."
        )
    return found


def _clips(
    film: sequences.Film,
    path: pathlib.Path,
    spec: clip.ClipSpec,
    *,
    fit: str,
    step: int | None,
) -> list[converted.RawClip]:
    """Returns the clips of a film, one per range."""
    return [
        converted.RawClip(
            id=f"{film.name}/{number}",
            files=(path,),
            load=functools.partial(_load, film.action, path, start, stop, spec, fit),
            label=ACTIONS.index(film.action),
            window_step=step,
        )
        for number, (start, stop) in enumerate(film.ranges, 1)
    ]


def _load(
    action: str,
    path: pathlib.Path,
    start: int,
    stop: int,
    spec: clip.ClipSpec,
    fit: str,
) -> dict[str, np.ndarray]:
    """Reads a range of a film, and sees which way it goes."""
    frames, _ = reader.read_video(
        path,
        height=spec.height,
        width=spec.width,
        channels=spec.channels,
        start=start,
        stop=stop,
        fit=fit,
    )
    way = action_captions.NOWHERE
    if action in TRAVELS:
        way = heading.direction(frames)
    caption = action_captions.caption(action, way)
    words = action_captions.VOCABULARY.raw(caption, spec.caption_length)
    return {"frames": frames, **words}
