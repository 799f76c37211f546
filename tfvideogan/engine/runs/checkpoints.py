"""Checkpoints that are whole or not there.

    checkpoints/
      latest                      name of the newest complete one
      step_00001000/
        weights.index, weights.data-00000-of-00001
        manifest.json             model, step, size and CRC-32 of every file
        operative_config.gin      what was in force
        vocabulary.txt            words of the captions by number, where there are any

A checkpoint is written in a folder with another name, read back, and renamed; only then
`latest` points to it. A process that is killed in between leaves the previous one as it
was. On restore the sums are compared again, and an incomplete checkpoint (a full disk, a
copy cut short) gives way to the one before it, with a warning.

It holds weights, optimizer slots, loss scales, averages and counters. Everything else of
a run (seeds, order of the data, schedule) is a function of the step.
"""

import itertools
import json
import os
import pathlib
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping

import tensorflow as tf
from absl import logging

from tfvideogan.core import durable, errors

PREFIX = "weights"
MANIFEST = "manifest.json"
LATEST = "latest"
_UNFINISHED = ".writing-"
_NAME = re.compile(r"^step_(\d+)$")
_CHUNK = 1 << 22


class Checkpoints:
    """The checkpoints of one run folder."""

    def __init__(
        self,
        folder: str | os.PathLike,
        items: Mapping[str, tf.Module],
        *,
        model: str,
        keep: int = 3,
        is_chief: bool = True,
        fixed: Mapping[str, str] | None = None,
    ) -> None:
        """Stores the settings; touches no file.

        Args:
          folder: where checkpoints lie; made by the first `save`.
          items: everything to save by name, see `VideoModel.checkpoint_items`.
          model: class name, so that another model's weights are refused.
          keep: how many of the newest to keep, at least 1.
          is_chief: of several workers, the one that publishes. All must call `save`,
            because reading mirrored values is a common act.
          fixed: text files, by name, that lie beside the weights of every checkpoint. One
            that differs in a checkpoint is a reason not to restore it.

        Raises:
          UserError: `keep` is below 1.
        """
        if keep < 1:
            raise errors.UserError(f"`keep_checkpoints` ({keep}) must be at least 1.")
        self.folder = pathlib.Path(folder)
        self._checkpoint = tf.train.Checkpoint(**items)
        self._model = model
        self._keep = keep
        self._is_chief = is_chief
        self._fixed = dict(fixed or {})

    def save(self, step: int, files: Mapping[str, str] | None = None) -> str:
        """Writes a checkpoint and returns its folder.

        Args:
          step: training steps done.
          files: further text files to lie beside the weights, by name.

        Raises:
          UserError: it cannot be written (a full disk, no permission).
        """
        if not self._is_chief:
            with tempfile.TemporaryDirectory() as elsewhere:
                self._checkpoint.write(os.path.join(elsewhere, PREFIX))
            return ""
        final = self.folder / _folder_name(step)
        unfinished = self.folder / f"{_UNFINISHED}{final.name}"
        try:
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            self._checkpoint.write(str(unfinished / PREFIX))
            for name, text in {**self._fixed, **(files or {})}.items():
                (unfinished / name).write_text(text)
            _seal(unfinished, {"model": self._model, "step": step})
            _replace(unfinished, final)
            _write_atomically(self.folder / LATEST, final.name + "\n")
        except (OSError, tf.errors.OpError) as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise errors.UserError(
                f"The checkpoint of step {step} could not be written to {final}: "
                f"{' '.join(str(error).split())}. Earlier ones are as they were."
            ) from error
        self._delete_old()
        return str(final)

    def restore(self, which: str = LATEST) -> int | None:
        """Restores a checkpoint into the items and returns its step.

        Args:
          which: "latest", a step number, or the folder of a checkpoint.

        Returns:
          None when "latest" is asked for and there is none.

        Raises:
          UserError: it is absent or damaged, belongs to another model or does not fit.
        """
        if which != LATEST:
            return self._restore_from(self._named(which))
        tried = False
        for candidate in complete_or_not(self.folder):
            fault = fault_of(candidate)
            if fault is None:
                return self._restore_from(candidate)
            tried = True
            logging.warning("%s is incomplete (%s); going back.", candidate, fault)
        if tried:
            raise errors.UserError(
                f"No checkpoint in {self.folder} is complete; start anew in another "
                "--workdir."
            )
        return None

    def _named(self, which: str) -> pathlib.Path:
        path = self.folder / _folder_name(int(which)) if which.isdigit() else which
        path = pathlib.Path(path)
        fault = fault_of(path)
        if fault is None:
            return path
        found = ", ".join(str(step_of(one)) for one in complete_or_not(self.folder))
        raise errors.UserError(
            f"There is no complete checkpoint {path} ({fault}); steps in {self.folder}: "
            f"{found or 'none'}."
        )

    def _restore_from(self, path: pathlib.Path) -> int:
        manifest = json.loads((path / MANIFEST).read_text())
        if manifest["model"] != self._model:
            raise errors.UserError(
                f"{path} holds a {manifest['model']}, not a {self._model}; choose "
                "another --workdir."
            )
        for name, text in self._fixed.items():
            _compare(path / name, text)
        try:
            status = self._checkpoint.read(str(path / PREFIX))
            # Said first, or TensorFlow complains at length when the objects go.
            status.expect_partial()
            status.assert_existing_objects_matched()
            status.assert_consumed()
        except (AssertionError, ValueError, tf.errors.OpError) as error:
            raise errors.UserError(
                f"{path} does not fit this {self._model}, which was configured "
                f"differently: {' '.join(str(error).split())[:300]}"
            ) from error
        return int(manifest["step"])

    def _delete_old(self) -> None:
        for old in list(complete_or_not(self.folder))[self._keep :]:
            shutil.rmtree(old, ignore_errors=True)
        for unfinished in self.folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(unfinished, ignore_errors=True)


def complete_or_not(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yields the checkpoints of a folder: the one `latest` names, then newest first."""
    found = [one for one in folder.glob("step_*") if _NAME.match(one.name)]
    found.sort(key=step_of, reverse=True)
    pointer = folder / LATEST
    named = folder / pointer.read_text().strip() if pointer.is_file() else None
    if named in found:
        yield named
    yield from (one for one in found if one != named)


def step_of(path: pathlib.Path) -> int:
    """Returns the step in the name of a checkpoint's folder."""
    match = _NAME.match(path.name)
    return int(match[1]) if match else -1


def fault_of(path: pathlib.Path) -> str | None:
    """Says what a checkpoint lacks, or None when it is complete."""
    try:
        manifest = json.loads((path / MANIFEST).read_text())
        for name, (size, checksum) in manifest["files"].items():
            if (path / name).stat().st_size != size:
                return f"{name} has {(path / name).stat().st_size} of {size} bytes"
            if _checksum(path / name) != checksum:
                return f"{name} has changed"
    except (OSError, ValueError, KeyError) as error:
        return " ".join(str(error).split()) or type(error).__name__
    return None


def _compare(path: pathlib.Path, text: str) -> None:
    """Refuses a file with another text; an old checkpoint may have none."""
    if not path.is_file() or path.read_text() == text:
        return
    pairs = itertools.zip_longest(path.read_text().splitlines(), text.splitlines())
    number, (there, here) = next(
        (number, pair) for number, pair in enumerate(pairs, 1) if pair[0] != pair[1]
    )
    raise errors.UserError(
        f"{path} has {there!r} in line {number} where this run has {here!r}: what was "
        "learnt would mean something else. Give the data of that checkpoint, or choose "
        "another --workdir."
    )


def _folder_name(step: int) -> str:
    return f"step_{step:08d}"


def _seal(folder: pathlib.Path, about: Mapping[str, str | int]) -> None:
    """Reads everything back, writes the sums, and forces it to the disk."""
    tf.train.load_checkpoint(str(folder / PREFIX)).get_variable_to_shape_map()
    files = {
        one.name: (one.stat().st_size, _checksum(one))
        for one in sorted(folder.iterdir())
    }
    (folder / MANIFEST).write_text(json.dumps({**about, "files": files}, indent=1))
    for one in folder.iterdir():
        durable.sync(one)
    durable.sync(folder)


def _checksum(path: pathlib.Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum


def _replace(source: pathlib.Path, target: pathlib.Path) -> None:
    """Renames a folder over another one, which may exist."""
    old = target.with_name(f"{_UNFINISHED}old-{target.name}")
    if target.exists():
        target.rename(old)
    source.rename(target)
    durable.sync(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def _write_atomically(path: pathlib.Path, text: str) -> None:
    unfinished = path.with_name(f"{_UNFINISHED}{path.name}")
    unfinished.write_text(text)
    durable.sync(unfinished)
    unfinished.replace(path)
