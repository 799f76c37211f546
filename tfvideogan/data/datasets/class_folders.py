"""Finds clips in a folder with or without a level of splits and one of classes.

    <root>/<clip>                    neither
    <root>/<class>/<clip>            classes
    <root>/<split>/<clip>            splits: train, validation (or val), test
    <root>/<split>/<class>/<clip>    both

Without folders of splits, clips are split by a hash of their names (`splitting.py`).
"""

import dataclasses
import pathlib
import re
from collections.abc import Callable, Iterable, Sequence

from tfvideogan.core import errors
from tfvideogan.data import splitting

# What the folder of a split may be called.
SPLIT_FOLDERS = {
    "train": splitting.TRAIN,
    "training": splitting.TRAIN,
    "validation": splitting.VALIDATION,
    "valid": splitting.VALIDATION,
    "val": splitting.VALIDATION,
    "test": splitting.TEST,
}


@dataclasses.dataclass(frozen=True)
class Found:
    """A clip and where it belongs.

    Attributes:
      path: a file, or a folder of pictures.
      id: its name below the root, with slashes.
      class_name: "" where there are no classes.
    """

    path: pathlib.Path
    id: str
    class_name: str


@dataclasses.dataclass(frozen=True)
class Listing:
    """What a folder holds.

    Attributes:
      splits: the clips of each split.
      class_names: of all splits, in order: numbers by value, words by letter.
    """

    splits: dict[str, tuple[Found, ...]]
    class_names: tuple[str, ...]

    def label(self, found: Found) -> int | None:
        """Returns the number of a clip's class; None where there are no classes."""
        return self.class_names.index(found.class_name) if self.class_names else None


def find(
    root: pathlib.Path,
    is_clip: Callable[[pathlib.Path], bool],
    *,
    tree: str,
    validation: float = splitting.VALIDATION_SHARE,
    test: float = splitting.TEST_SHARE,
    is_ignored: Callable[[pathlib.Path], bool] = lambda path: False,
) -> Listing:
    """Finds the clips of a folder.

    Args:
      root: the folder.
      is_clip: tells clips from other files and from folders of classes.
      tree: what was expected, for messages.
      validation: share of that split, where there are no folders of splits.
      test: share of that split, likewise.
      is_ignored: tells folders that hold neither clips nor classes.

    Raises:
      UserError: the folder is missing or empty.
    """
    if not root.is_dir():
        raise errors.UserError(f"The folder {root} does not exist; {tree}.")

    def entries(folder: pathlib.Path) -> list[pathlib.Path]:
        return [one for one in _entries(folder) if not is_ignored(one)]

    split_folders = [
        one
        for one in entries(root)
        if one.is_dir() and one.name.lower() in SPLIT_FOLDERS and not is_clip(one)
    ]
    if split_folders:
        splits: dict[str, tuple[Found, ...]] = {}
        for folder in split_folders:
            split = SPLIT_FOLDERS[folder.name.lower()]
            within = _within(root, folder, is_clip, entries)
            splits[split] = (*splits.get(split, ()), *within)
        splits = {split: splits.get(split, ()) for split in splitting.SPLITS}
    else:
        found = {one.id: one for one in _within(root, root, is_clip, entries)}
        by_hash = splitting.by_hash(list(found), validation=validation, test=test)
        splits = {
            split: tuple(found[key] for key in keys) for split, keys in by_hash.items()
        }
    if not splits[splitting.TRAIN]:
        raise errors.UserError(f"{root} has no clips to train on; {tree}.")
    clips = [one for split in splits.values() for one in split]
    return Listing(splits, _class_names(clips))


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Returns a key that sorts numbers within names by value: clip2 before clip10."""
    parts = re.findall(r"\d+|\D+", name)
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in parts)


def _within(
    root: pathlib.Path,
    folder: pathlib.Path,
    is_clip: Callable[[pathlib.Path], bool],
    entries: Callable[[pathlib.Path], list[pathlib.Path]],
) -> list[Found]:
    found = []
    for entry in entries(folder):
        if is_clip(entry):
            found.append(Found(entry, _id(root, entry), ""))
        elif entry.is_dir():
            found += [
                Found(clip, _id(root, clip), entry.name)
                for clip in entries(entry)
                if is_clip(clip)
            ]
    return found


def _class_names(clips: Sequence[Found]) -> tuple[str, ...]:
    """Returns the classes; none where a clip lies outside of their folders."""
    names = {clip.class_name for clip in clips}
    return () if "" in names else tuple(sorted(names, key=natural))


def _entries(folder: pathlib.Path) -> Iterable[pathlib.Path]:
    shown = (one for one in folder.iterdir() if not one.name.startswith("."))
    return sorted(shown, key=lambda one: natural(one.name))


def _id(root: pathlib.Path, path: pathlib.Path) -> str:
    return path.relative_to(root).as_posix()
