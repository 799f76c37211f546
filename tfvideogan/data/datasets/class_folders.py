"""Finds clips in a folder with or without a level of splits and one of classes.

    <root>/<clip>                    neither
    <root>/<class>/<clip>            classes
    <root>/<split>/<clip>            splits: train, validation (or val), test
    <root>/<split>/<class>/<clip>    both

Without folders of splits, clips are split by a hash of their names (`splitting.py`). What
is no clip is left out with a line for each kind.
"""

import collections
import dataclasses
import os
import pathlib
from collections.abc import Callable, Sequence

from tfvideogan.core import errors
from tfvideogan.data import splitting
from tfvideogan.media import naming

# What the folder of a split may be called.
SPLIT_FOLDERS = {
    "train": splitting.TRAIN,
    "training": splitting.TRAIN,
    "validation": splitting.VALIDATION,
    "valid": splitting.VALIDATION,
    "val": splitting.VALIDATION,
    "test": splitting.TEST,
}
# What systems leave behind, in small letters; hidden files besides.
SYSTEM_NAMES = (
    *("@eadir", "@recycle", "#recycle", "$recycle.bin", "__macosx", "lost+found"),
    *("system volume information", "thumbs.db", "desktop.ini"),
)
NUM_SHOWN = 3
# Reasons to leave something out.
UNREAD = "files of kinds that are not read"
DEEP = "clips deeper than <root>/<class>/<clip>, or than <root>/<split>/<class>/<clip>"
OUTSIDE = "clips beside the folders of classes"
NO_LABELS = "clips beside the folders of classes, so that no clip has a label"
BESIDE_SPLITS = "clips beside the folders of splits"
LOOPS = "links to folders that are read anyway"

Tell = Callable[[pathlib.Path], bool]


@dataclasses.dataclass(frozen=True)
class Found:
    """A clip and where it belongs.

    Attributes:
      path: a file, or a folder of pictures.
      id: its name below the root, with slashes, printable.
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
      left_out: names of what was left out, by reason.
    """

    splits: dict[str, tuple[Found, ...]]
    class_names: tuple[str, ...]
    left_out: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def lines(self) -> tuple[str, ...]:
        """Returns a line for each reason: how many are left out, and the first names."""
        return tuple(
            f"{len(names)} {reason}: {', '.join(names[:NUM_SHOWN])}"
            + (" ..." if len(names) > NUM_SHOWN else "")
            for reason, names in self.left_out.items()
            if names
        )

    def label(self, found: Found) -> int | None:
        """Returns the number of a clip's class; None where there are no classes."""
        return self.class_names.index(found.class_name) if self.class_names else None


def find(
    root: pathlib.Path,
    is_clip: Tell,
    *,
    tree: str,
    validation: float = splitting.VALIDATION_SHARE,
    test: float = splitting.TEST_SHARE,
    split_folders: bool | None = None,
    is_ignored: Tell = lambda path: False,
    reason: Callable[[pathlib.Path], str | None] = lambda path: UNREAD,
) -> Listing:
    """Finds the clips of a folder.

    Args:
      root: the folder.
      is_clip: tells clips from other files and from folders of classes.
      tree: what was expected, for messages.
      validation: share of that split, where there are no folders of splits.
      test: share of that split, likewise.
      split_folders: whether folders called train, test ... are splits or classes; None
        takes them for splits where there are no others, for a class where train or test
        is one among other classes, and refuses the rest.
      is_ignored: tells what is neither clip nor class, and not worth a line.
      reason: says why a file is left out; None is not worth a line.

    Raises:
      UserError: the folder is missing or empty, or `split_folders` must be said.
    """
    if not root.is_dir():
        raise errors.UserError(f"The folder {root} does not exist; {tree}.")
    walk = _Walk(root, is_clip, is_ignored, reason)
    folders = _split_folders(root, walk, split_folders)
    if folders:
        splits = dict.fromkeys(splitting.SPLITS, ())
        for folder in folders:
            split = SPLIT_FOLDERS[folder.name.lower()]
            splits[split] += tuple(walk.within(folder))
        for entry in walk.entries(root):
            if entry not in folders:
                walk.pass_by(entry, BESIDE_SPLITS)
    else:
        found = {one.id: one for one in walk.within(root)}
        by_hash = splitting.by_hash(list(found), validation=validation, test=test)
        splits = {
            split: tuple(found[key] for key in keys) for split, keys in by_hash.items()
        }
    clips = [one for split in splits.values() for one in split]
    listing = Listing(splits, _class_names(clips), walk.left_out())
    if not splits[splitting.TRAIN]:
        lines = "".join(f" There are {line}." for line in listing.lines())
        raise errors.UserError(f"{root} has no clips to train on; {tree}.{lines}")
    return listing


def printable(name: str | os.PathLike[str]) -> str:
    """Returns a name in which bytes that are no UTF-8 are written out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


class _Walk:
    """Walks through a folder and notes what is left out."""

    def __init__(
        self,
        root: pathlib.Path,
        is_clip: Tell,
        is_ignored: Tell,
        reason: Callable[[pathlib.Path], str | None],
    ) -> None:
        self.is_clip = is_clip
        self._root = root
        self._is_ignored = is_ignored
        self._reason = reason
        self._left_out: dict[str, dict[str, None]] = collections.defaultdict(dict)

    def entries(self, folder: pathlib.Path) -> list[pathlib.Path]:
        """Returns what is worth a look, in natural order; links in circles are not."""
        kept = []
        for entry in sorted(folder.iterdir(), key=lambda one: naming.natural(one.name)):
            is_system = entry.name.lower() in SYSTEM_NAMES or entry.name.startswith(".")
            if is_system or self._is_ignored(entry):
                continue
            if entry.is_dir() and entry.is_symlink():
                target, root = entry.resolve(), self._root.resolve()
                if root == target or root in target.parents or target in root.parents:
                    self.leave_out(LOOPS, entry)
                    continue
            kept.append(entry)
        return kept

    def within(self, folder: pathlib.Path) -> list[Found]:
        """Returns the clips of the root or of a split, with their classes.

        A few clips beside the folders of two or more classes are left out: with them,
        nothing would have a label.
        """
        beside, classed = [], []
        for entry in self.entries(folder):
            if self.is_clip(entry):
                beside.append(self._found(entry, ""))
            elif entry.is_dir():
                classed += self._class(entry)
            else:
                self._note(entry)
        is_stray = len(beside) < len(classed)
        if is_stray and len({one.class_name for one in classed}) > 1:
            for one in beside:
                self.leave_out(OUTSIDE, one.path)
            return classed
        for one in beside if classed else ():
            self.leave_out(NO_LABELS, one.path)
        return [*beside, *classed]

    def pass_by(self, path: pathlib.Path, reason: str) -> None:
        """Notes a clip, or the clips of a folder, that are left out."""
        if self.is_clip(path):
            self.leave_out(reason, path)
        elif path.is_dir():
            for entry in self.entries(path):
                self.pass_by(entry, reason)
        else:
            self._note(path)

    def leave_out(self, reason: str, path: pathlib.Path) -> None:
        """Notes that something is left out."""
        self._left_out[reason][printable(path.relative_to(self._root).as_posix())] = (
            None
        )

    def left_out(self) -> dict[str, list[str]]:
        """Returns the names of what was left out, by reason."""
        return {reason: list(names) for reason, names in self._left_out.items()}

    def _class(self, folder: pathlib.Path) -> list[Found]:
        found = []
        for entry in self.entries(folder):
            if self.is_clip(entry):
                found.append(self._found(entry, printable(folder.name)))
            elif entry.is_dir():
                self.pass_by(entry, DEEP)
            else:
                self._note(entry)
        return found

    def _note(self, path: pathlib.Path) -> None:
        reason = self._reason(path)
        if reason:
            self.leave_out(reason, path)

    def _found(self, path: pathlib.Path, class_name: str) -> Found:
        name = printable(path.relative_to(self._root).as_posix())
        return Found(path, name, class_name)


def _split_folders(
    root: pathlib.Path, walk: _Walk, split_folders: bool | None
) -> list[pathlib.Path]:
    """Returns the folders that are splits; none where these names are classes."""
    folders = [
        one for one in walk.entries(root) if one.is_dir() and not walk.is_clip(one)
    ]
    named = [one for one in folders if one.name.lower() in SPLIT_FOLDERS]
    if split_folders is not None:
        return named if split_folders else []
    others = [one for one in folders if one not in named and _has_clips(one, walk)]
    if not named or not others:
        return named
    # A class called train or test holds clips, as the others do, not classes.
    is_class = len(named) == 1 and any(map(walk.is_clip, walk.entries(named[0])))
    if is_class:
        return []
    raise errors.UserError(
        f"{root} has the folders {', '.join(one.name for one in named)}, which may be "
        f"splits, beside {', '.join(one.name for one in others[:NUM_SHOWN])}; say "
        "`split_folders` = True (they are splits, the others are left out) or False "
        "(all are classes)."
    )


def _has_clips(folder: pathlib.Path, walk: _Walk) -> bool:
    """Tells whether there are clips in a folder, or in those within it."""
    return any(
        walk.is_clip(entry)
        or (entry.is_dir() and any(map(walk.is_clip, walk.entries(entry))))
        for entry in walk.entries(folder)
    )


def _class_names(clips: Sequence[Found]) -> tuple[str, ...]:
    """Returns the classes; none where a clip lies outside of their folders."""
    names = {clip.class_name for clip in clips}
    return () if "" in names else tuple(sorted(names, key=naming.natural))
