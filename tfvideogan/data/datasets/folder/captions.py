"""Captions of a user's clips: from a csv or json file, or from the clips' names.

| file            | content                                                            |
|-----------------|--------------------------------------------------------------------|
| `captions.csv`  | a line `clip,caption` for each clip, or with `;` or a tab between    |
|                 | them; a line of headings may be first                                |
| `captions.json` | an object {"clip": "caption", ...}                                 |

UTF-8, or UTF-16 with its mark. A clip is named by its path below the root, or by the last
part of it, with or without the ending; composed and decomposed letters are the same.
Captions are in small letters without punctuation when they are returned.

    texts = caption_files.read(root / "captions.csv", ["run/a.mp4", "run/b.mp4"])
    texts["run/a.mp4"]
"""

import codecs
import csv
import json
import pathlib
import re
import unicodedata
from collections.abc import Sequence

from tfvideogan.core import errors

NAMES = ("captions.csv", "captions.json")
HEADINGS = ("clip", "file", "filename", "name", "path", "video")
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
COLUMNS = 2
DELIMITERS = (",", ";", "\t")


def find(root: pathlib.Path) -> pathlib.Path | None:
    """Returns the caption file of a folder, or None."""
    return next((root / name for name in NAMES if (root / name).is_file()), None)


def read(path: pathlib.Path, ids: Sequence[str]) -> dict[str, str]:
    """Returns the caption of each clip.

    Args:
      path: of a csv or json file.
      ids: of all clips, as in `class_folders.Found`.

    Raises:
      UserError: the file is missing or damaged, names a clip that does not exist or one
        twice, or lacks one that does.
    """
    try:
        content = path.read_bytes()
        is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise errors.UserError(
            f"The captions {path} cannot be read: {error}."
        ) from error
    is_json = path.suffix.lower() == ".json"
    given = _from_json(path, text) if is_json else _from_csv(path, text)
    by_name: dict[str, str | None] = {}
    for clip_id in ids:
        for name in _names(_composed(clip_id)):
            # A short name that two clips share names neither.
            is_whole = name == _composed(clip_id)
            by_name[name] = clip_id if name not in by_name or is_whole else None
    result, unknown = {}, []
    for name, caption in given:
        clip_id = by_name.get(_composed(name))
        if clip_id is None:
            unknown.append(name)
        elif clip_id in result:
            raise errors.UserError(
                f"{path} has two captions for {clip_id!r}: {result[clip_id]!r} and "
                f"{normal(caption)!r}; a clip has one."
            )
        else:
            result[clip_id] = normal(caption)
    if unknown:
        raise errors.UserError(
            f"{path} names {len(unknown)} clips that do not exist, or whose short name "
            f"is not unique, first {unknown[0]!r}; clips are called like {ids[0]!r}."
        )
    missing = [clip_id for clip_id in ids if not result.get(clip_id)]
    if missing:
        raise errors.UserError(
            f"{path} has no caption for {len(missing)} of {len(ids)} clips, first "
            f"{missing[0]!r}."
        )
    return result


def from_names(ids: Sequence[str]) -> dict[str, str]:
    """Returns the words of each clip's name, without numbers: "a_man_walks_03.mp4".

    Raises:
      UserError: a name has no words.
    """
    result = {}
    for clip_id in ids:
        stem = pathlib.PurePosixPath(clip_id).stem
        words = [word for word in normal(stem).split() if not word.isdigit()]
        if not words:
            raise errors.UserError(
                f"The name {clip_id!r} has no words to make a caption of; rename the "
                f"clip, or write {NAMES[0]}."
            )
        result[clip_id] = " ".join(words)
    return result


def normal(caption: str) -> str:
    """Returns a caption in small letters, words parted by single blanks."""
    return " ".join(WORD.findall(_composed(caption).lower()))


def _from_csv(path: pathlib.Path, text: str) -> list[tuple[str, str]]:
    given = []
    lines = text.splitlines()
    reader = csv.reader(lines, delimiter=_delimiter(lines))
    for number, row in enumerate(reader, start=1):
        if not any(row) or (number == 1 and row[0].strip().lower() in HEADINGS):
            continue
        if len(row) != COLUMNS or not all(cell.strip() for cell in row):
            raise errors.UserError(
                f"Line {number} of {path} has {len(row)} columns or an empty one; write "
                "`clip,caption`, a caption with commas in double quotes."
            )
        given.append((row[0].strip(), row[1]))
    return given


def _delimiter(lines: Sequence[str]) -> str:
    """Returns what parts the columns: the first mark of the first line that has one."""
    marks = (mark for line in lines for mark in line if mark in DELIMITERS)
    return next(marks, DELIMITERS[0])


def _from_json(path: pathlib.Path, text: str) -> list[tuple[str, str]]:
    try:
        given = json.loads(text, object_pairs_hook=list)
    except ValueError as error:
        raise errors.UserError(f"{path} is no JSON: {error}.") from error
    is_map = isinstance(given, list) and all(isinstance(one, tuple) for one in given)
    if not is_map or not all(isinstance(caption, str) for _, caption in given):
        raise errors.UserError(
            f'{path} must hold one object: {{"clip": "caption", ...}}.'
        )
    return given


def _composed(name: str) -> str:
    """Returns a name in which letters and their accents are one, as in NFC."""
    return unicodedata.normalize("NFC", name)


def _names(clip_id: str) -> list[str]:
    """Returns what a clip may be called, the full name last."""
    path = pathlib.PurePosixPath(clip_id)
    return list(
        dict.fromkeys([path.stem, path.name, str(path.with_suffix("")), clip_id])
    )
