"""JSON files of a run folder, which a kill, a full disk or an editor may have damaged.

    records.load(folder / "run.json")       # {} and a line in the log if it is damaged
    records.lines(folder / "eval.jsonl")    # without those that are damaged
    records.last(folder / "metrics.jsonl")  # without reading the others

Training does not depend on them: what cannot be read is left out with a warning, and set
aside when the file is written again.
"""

import json
import os
import pathlib
from collections.abc import Sequence
from typing import Any

from absl import logging

from tfvideogan.core import durable

DAMAGED = ".damaged"
# Bytes in which the last line of a file lies.
_END = 1 << 16


def load(path: pathlib.Path) -> dict[str, Any]:
    """Returns the object in a JSON file; empty when there is none or it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError(f"it holds no object but {str(found)[:40]}")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        logging.warning("%s is damaged (%s) and left out.", path, durable.reason(error))
        return {}
    return found


def lines(path: pathlib.Path, keys: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Returns the records of a file with one in each line.

    Args:
      path: of the file, which need not exist.
      keys: what every record has; one without them is damaged.
    """
    return [record for _, record in _read(path, keys) if record is not None]


def last(path: pathlib.Path, keys: Sequence[str] = ()) -> dict[str, Any] | None:
    """Returns the last whole record of a file, None without one, and reads its end only.

    Args:
      path: of the file, which need not exist.
      keys: see `lines`.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _END))
            end = file.read()
    except OSError:
        return None
    found = (_record(line, keys) for line in reversed(end.splitlines()) if line)
    return next((record for record in found if record is not None), None)


def keep(path: pathlib.Path, keys: Sequence[str], key: str, limit: int) -> None:
    """Drops the records with a number above a limit; damaged lines are set aside.

    Args:
      path: of the file, which need not exist.
      keys: see `lines`.
      key: of the number.
      limit: the largest number that stays.

    Raises:
      OSError: it cannot be written.
    """
    kept, damaged = [], []
    for line, record in _read(path, keys):
        if record is None:
            damaged.append(line)
        elif record[key] <= limit:
            kept.append(line)
    if damaged:
        with path.with_name(path.name + DAMAGED).open("ab") as file:
            file.write(b"".join(line + b"\n" for line in damaged))
    if path.is_file():
        write(path, b"".join(line + b"\n" for line in kept).decode())


def set_aside(path: pathlib.Path) -> None:
    """Renames a file or folder to which another one is about to be written.

    Raises:
      OSError: it cannot be renamed.
    """
    aside = path.with_name(path.name + DAMAGED)
    os.replace(path, aside)
    logging.warning("%s is damaged and set aside as %s.", path, aside.name)


def write(path: pathlib.Path, text: str) -> None:
    """Replaces a file at once, so that a kill leaves the old or the new one.

    Raises:
      OSError: it cannot be written.
    """
    with durable.replacing(path) as file:
        file.write(text.encode())


def _read(
    path: pathlib.Path, keys: Sequence[str]
) -> list[tuple[bytes, dict[str, Any] | None]]:
    """Returns each line with its record, None where it is damaged."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        logging.warning("%s cannot be read: %s.", path, durable.reason(error))
        return []
    found = [(line, _record(line, keys)) for line in content.splitlines() if line]
    number = sum(record is None for _, record in found)
    if number:
        logging.warning("%s: %d damaged line(s) left out.", path, number)
    return found


def _record(line: bytes, keys: Sequence[str]) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    is_whole = isinstance(record, dict) and all(key in record for key in keys)
    return record if is_whole and isinstance(record.get("step", 0), int) else None
