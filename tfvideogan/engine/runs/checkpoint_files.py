"""Checkpoints on the disk: whole, damaged, half replaced or set aside.

    checkpoints/
      latest                      name of the newest one, for people
      step_00001000/              with a manifest of the sizes and sums of its files
      .writing-step_00001500/     being written, or left by a process that was killed
      .writing-old-step_00001000/ the same step as it was, while another takes its place
      aside-step_00001500/        later than the checkpoint from which training went on

A step that is saved again replaces a folder, which takes two renames. A process that is
killed between them leaves the old folder alone; it still counts, and gets its name back.
"""

import json
import pathlib
import re
import shutil
import zlib
from collections.abc import Mapping
from typing import Any

from absl import logging

from tfvideogan.core import durable

PREFIX = "weights"
MANIFEST = "manifest.json"
LATEST = "latest"
UNFINISHED = ".writing-"
OLD = f"{UNFINISHED}old-"
ASIDE = "aside-"
_NAME = re.compile(rf"^(?:{re.escape(OLD)})?step_(\d+)$")
_CHUNK = 1 << 22


def folder_name(step: int) -> str:
    """Returns the name of the checkpoint of a step."""
    return f"step_{step:08d}"


def step_of(path: pathlib.Path) -> int:
    """Returns the step in the name of a checkpoint's folder, -1 of another name."""
    match = _NAME.match(path.name)
    return int(match[1]) if match else -1


def found(folder: pathlib.Path) -> list[pathlib.Path]:
    """Returns the checkpoints of a folder, whole or not, newest first."""
    every = {step_of(one): one for one in folder.glob(f"{OLD}step_*")}
    every |= {step_of(one): one for one in folder.glob("step_*")}
    return [every[step] for step in sorted(every, reverse=True) if step >= 0]


def manifest(path: pathlib.Path) -> dict[str, Any]:
    """Returns what a checkpoint says of itself.

    Raises:
      ValueError: it does not; `fault_of` tells the reason.
    """
    fault = fault_of(path)
    if fault is not None:
        raise ValueError(fault)
    return json.loads((path / MANIFEST).read_text())


def fault_of(path: pathlib.Path) -> str | None:
    """Says what a checkpoint lacks, or None when it is complete."""
    try:
        about = json.loads((path / MANIFEST).read_text())
        if not isinstance(about["model"], str) or about["step"] != int(about["step"]):
            return f"{MANIFEST} names no model and step"
        files = dict(about["files"])
        if f"{PREFIX}.index" not in files:
            return f"{MANIFEST} names no weights"
        for name, (size, checksum) in files.items():
            if (path / name).stat().st_size != size:
                return f"{name} has {(path / name).stat().st_size} of {size} bytes"
            if _checksum(path / name) != checksum:
                return f"{name} has changed"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return " ".join(str(error).split()) or type(error).__name__
    return None


def seal(folder: pathlib.Path, about: Mapping[str, str | int]) -> None:
    """Writes the manifest, for which files are read back, and forces all to the disk.

    Raises:
      OSError: the folder cannot be written or read.
    """
    files = {
        one.name: (one.stat().st_size, _checksum(one))
        for one in sorted(folder.iterdir())
    }
    (folder / MANIFEST).write_text(json.dumps({**about, "files": files}, indent=1))
    for one in folder.iterdir():
        durable.sync(one)
    durable.sync(folder)


def replace(source: pathlib.Path, target: pathlib.Path) -> None:
    """Renames a folder over another one, which may exist.

    Raises:
      OSError: it cannot be done; the other one is as it was.
    """
    old = target.with_name(f"{OLD}{target.name}")
    if target.exists():
        remove(old)
        target.rename(old)
    source.rename(target)
    durable.sync(target.parent)
    remove(old)


def remove(path: pathlib.Path) -> None:
    """Removes a folder or a file, if there is one and it can be done."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def tidy(folder: pathlib.Path) -> None:
    """Gives what was half replaced its name back, and removes what was half written.

    Raises:
      OSError: it cannot be done.
    """
    for old in folder.glob(f"{OLD}*"):
        final = old.with_name(old.name.removeprefix(OLD))
        if final.exists() or fault_of(old) is not None:
            remove(old)
        else:
            old.rename(final)
    for unfinished in folder.glob(f"{UNFINISHED}*"):
        remove(unfinished)


def set_aside_after(folder: pathlib.Path, step: int) -> None:
    """Renames the checkpoints of later steps, so that the newest one is that of `step`.

    They are damaged, or training goes back behind them.

    Raises:
      OSError: it cannot be done.
    """
    for later in [one for one in found(folder) if step_of(one) > step]:
        aside = later.with_name(f"{ASIDE}{folder_name(step_of(later))}")
        remove(aside)
        later.rename(aside)
        logging.warning(
            "%s is set aside as %s: training goes on after step %d.",
            later,
            aside.name,
            step,
        )


def _checksum(path: pathlib.Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum
