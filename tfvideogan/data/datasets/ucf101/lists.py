"""Finds the films of UCF-101 as downloaded, and the lists that split them.

    <root>/UCF-101/<Class>/v_<Class>_g01_c01.avi      as in the .rar, or
    <root>/UCF101/v_<Class>_g01_c01.avi               flat, as in the archive of THUMOS
    <root>/ucfTrainTestlist/trainlist01.txt           "Class/v_Class_g08_c01.avi 1"
    <root>/ucfTrainTestlist/testlist01.txt            "Class/v_Class_g01_c01.avi"

The root may also be the folder of the films itself, with the lists beside it. Lists and
folders do not agree on HandstandPushups and HandStandPushups: capitals do not matter.

The films of a group (g01..g25) show one person or place; the official lists never tear a
group apart, and other lists must not.
"""

import dataclasses
import pathlib
import re

from tfvideogan.core import errors

SPLITS = (1, 2, 3)
NAME = re.compile(r"^v_(\w+)_g(\d+)_c(\d+)\.avi$", re.IGNORECASE)
FILMS = ("v_*.avi", "*/v_*.avi", "*/*/v_*.avi")
LISTS = "ucfTrainTestlist"
TREE = (
    "expected <root>/UCF-101/<Class>/v_<Class>_g01_c01.avi and "
    "<root>/ucfTrainTestlist/trainlist01.txt"
)


@dataclasses.dataclass(frozen=True)
class Film:
    """One film.

    Attributes:
      path: of the file.
      action: its class, as the lists spell it.
      group: 1..25.
    """

    path: pathlib.Path
    action: str
    group: int


@dataclasses.dataclass(frozen=True)
class Films:
    """The films of a split.

    Attributes:
      train: in the order of the list.
      test: in the order of the list.
      actions: the classes, whose places are the labels.
    """

    train: tuple[Film, ...]
    test: tuple[Film, ...]
    actions: tuple[str, ...]


def find_films(root: pathlib.Path, split: int) -> Films:
    """Finds the films of an official split.

    Args:
      root: the folder with the films and the lists.
      split: 1, 2 or 3.

    Raises:
      UserError: the folder is not as shown above, a film is missing, or the lists tear a
        group apart.
    """
    if split not in SPLITS:
        raise errors.UserError(f"`split` ({split!r}) must be one of 1, 2, 3.")
    if not root.is_dir():
        raise errors.UserError(f"The UCF-101 folder {root} does not exist; {TREE}.")
    train_list, test_list = (
        _list_path(root, kind, split) for kind in ("train", "test")
    )
    paths = {
        path.name.lower(): path for pattern in FILMS for path in root.glob(pattern)
    }
    train, labels = _films(train_list, paths, root)
    test, _ = _films(test_list, paths, root)
    actions = {label: film.action for film, label in zip(train, labels, strict=True)}
    if sorted(actions) != list(range(1, 1 + len(actions))):
        raise errors.UserError(
            f"The labels of {train_list} must be the numbers from 1 on, one per class, "
            f"but are {sorted(actions)[:3]} ...; each line is 'Class/film.avi label'."
        )
    _check_groups(train, test, train_list)
    names = tuple(actions[label] for label in sorted(actions))
    known = {name.lower() for name in names}
    for film in test:
        if film.action.lower() not in known:
            raise errors.UserError(
                f"{test_list} has the class {film.action}, which {train_list} has not."
            )
    return Films(tuple(train), tuple(test), names)


def _list_path(root: pathlib.Path, kind: str, split: int) -> pathlib.Path:
    name = f"{kind}list{split:02d}.txt"
    for folder in (root / LISTS, root, root.parent / LISTS, root.parent):
        if (folder / name).is_file():
            return folder / name
    raise errors.UserError(f"{root} has no list {LISTS}/{name}; {TREE}.")


def _films(
    path: pathlib.Path, paths: dict[str, pathlib.Path], root: pathlib.Path
) -> tuple[list[Film], list[int]]:
    """Returns the films of a list, and their labels where it has them."""
    films, labels, missing = [], [], []
    for line in path.read_text().splitlines():
        words = line.split()
        if not words:
            continue
        name = pathlib.PurePosixPath(words[0].replace("\\", "/")).name
        parts = NAME.match(name)
        if not parts:
            raise errors.UserError(
                f"{path} has the line {line.strip()!r}, which names no film such as "
                "v_Archery_g01_c01.avi."
            )
        if name.lower() not in paths:
            missing.append(words[0])
            continue
        action, group = parts.group(1), int(parts.group(2))
        films.append(Film(paths[name.lower()], action, group))
        labels.append(int(words[1]) if len(words) > 1 and words[1].isdecimal() else 0)
    if missing:
        raise errors.UserError(
            f"{len(missing)} of the {len(films) + len(missing)} films that {path} names "
            f"are not in {root}, the first is {missing[0]}; {TREE}."
        )
    if not films:
        raise errors.UserError(f"The list {path} names no film.")
    return films, labels


def _check_groups(train: list[Film], test: list[Film], path: pathlib.Path) -> None:
    groups = {(film.action.lower(), film.group) for film in train}
    torn = [film for film in test if (film.action.lower(), film.group) in groups]
    if torn:
        raise errors.UserError(
            f"{path} and its test list tear the group {torn[0].group} of "
            f"{torn[0].action} apart ({torn[0].path.name}): the same people would be "
            "trained and tested on; use the official lists."
        )
