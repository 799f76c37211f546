"""Checkpoints that are whole or not there.

    checkpoints/
      latest                      name of the newest complete one
      step_00001000/
        weights.index, weights.data-00000-of-00001
        manifest.json             model, step, size and CRC-32 of every file
        operative_config.gin      what was in force
        vocabulary.txt            words of the captions by number, where there are any

A checkpoint is written in a folder with another name, read back, and renamed. A process
that is killed in between leaves the previous one as it was. On restore the sums are
compared again, and the newest complete checkpoint is taken: what is incomplete (a full
disk, a copy cut short) gives way to the one before it, with a warning.

The newest checkpoint is not always sound: its weights may be those from which training
diverged. One is proven by the next step, if its gradients are finite, and the newest
proven one is never deleted.

It holds weights, optimizer slots, loss scales, averages and counters. Everything else of
a run (seeds, order of the data, schedule) is a function of the step.
"""

import itertools
import os
import pathlib
import tempfile
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from absl import logging

from tfvideogan.core import durable, errors
from tfvideogan.engine import choices
from tfvideogan.engine.runs import checkpoint_files


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
        self._proven: int | None = None
        self._unproven: int | None = None

    def save(self, step: int, files: Mapping[str, str] | None = None) -> str:
        """Writes a checkpoint and returns its folder.

        Args:
          step: training steps done.
          files: further text files to lie beside the weights, by name.

        Raises:
          UserError: it cannot be written (a full disk, no permission).
        """
        self._unproven = step
        if not self._is_chief:
            with tempfile.TemporaryDirectory() as elsewhere:
                self._checkpoint.write(os.path.join(elsewhere, checkpoint_files.PREFIX))
            return ""
        final = self.folder / checkpoint_files.folder_name(step)
        unfinished = self.folder / f"{checkpoint_files.UNFINISHED}{final.name}"
        try:
            checkpoint_files.tidy(self.folder)
            unfinished.mkdir(parents=True)
            self._checkpoint.write(str(unfinished / checkpoint_files.PREFIX))
            for name, text in {**self._fixed, **(files or {})}.items():
                (unfinished / name).write_text(text)
            _read_back(unfinished)
            checkpoint_files.seal(unfinished, {"model": self._model, "step": step})
            checkpoint_files.replace(unfinished, final)
            self._point_to(final)
        except (OSError, tf.errors.OpError) as error:
            checkpoint_files.remove(unfinished)
            raise errors.UserError(
                f"The checkpoint of step {step} could not be written to {final}: "
                f"{durable.reason(error)}. Earlier ones are as they were."
            ) from error
        self._delete_old()
        return str(final)

    def prove(self, step: int) -> None:
        """Notes that the weights after so many steps have given finite gradients."""
        if self._unproven is not None and self._unproven <= step:
            self._proven, self._unproven = self._unproven, None

    def newest_sound(self) -> int | None:
        """Returns the step of the newest sound checkpoint, None where there is none.

        It is the newest proven one, else the newest before those that are not.
        """
        if self._proven is not None:
            return self._proven
        unproven = float("inf") if self._unproven is None else self._unproven
        for one in checkpoint_files.found(self.folder):
            step = checkpoint_files.step_of(one)
            if step < unproven and checkpoint_files.fault_of(one) is None:
                return step
        return None

    def set_aside_after(self, step: int) -> None:
        """Renames later checkpoints, see `checkpoint_files.set_aside_after`.

        Raises:
          UserError: it cannot be done.
        """
        if not self._is_chief:
            return
        try:
            checkpoint_files.set_aside_after(self.folder, step)
        except OSError as error:
            raise errors.UserError(
                f"A checkpoint in {self.folder} cannot be renamed: "
                f"{durable.reason(error)}."
            ) from error

    def restore(self, which: str = choices.LATEST) -> int | None:
        """Restores a checkpoint into the items and returns its step.

        Args:
          which: "latest", a step number, or the folder of a checkpoint.

        Returns:
          None when "latest" is asked for and there is none.

        Raises:
          UserError: it is absent or damaged, belongs to another model or does not fit.
        """
        if which != choices.LATEST:
            return self._restore_from(*self._named(which))
        candidates = checkpoint_files.found(self.folder)
        for candidate in candidates:
            try:
                manifest = checkpoint_files.manifest(candidate)
            except ValueError as fault:
                logging.warning("%s is incomplete (%s); going back.", candidate, fault)
            else:
                return self._restore_from(candidate, manifest)
        if candidates:
            raise errors.UserError(
                f"No checkpoint in {self.folder} is complete; start anew in another "
                "folder."
            )
        return None

    def _named(self, which: str) -> tuple[pathlib.Path, dict[str, Any]]:
        """Returns the folder of a checkpoint and its manifest."""
        candidates = checkpoint_files.found(self.folder)
        path = pathlib.Path(which)
        if which.isdecimal():
            path = self.folder / checkpoint_files.folder_name(int(which))
            steps = [checkpoint_files.step_of(one) for one in candidates]
            if int(which) in steps:
                path = candidates[steps.index(int(which))]
        try:
            return path, checkpoint_files.manifest(path)
        except ValueError as fault:
            steps = ", ".join(str(checkpoint_files.step_of(one)) for one in candidates)
            raise errors.UserError(
                f"There is no complete checkpoint {path} ({fault}); steps in "
                f"{self.folder}: {steps or 'none'}."
            ) from fault

    def _restore_from(self, path: pathlib.Path, manifest: Mapping[str, Any]) -> int:
        if manifest["model"] != self._model:
            raise errors.UserError(
                f"{path} holds a {manifest['model']}, not a {self._model}; choose "
                "another run folder."
            )
        for name, text in self._fixed.items():
            _compare(path / name, text)
        try:
            status = self._checkpoint.read(str(path / checkpoint_files.PREFIX))
            # Said first, or TensorFlow complains at length when the objects go.
            status.expect_partial()
            status.assert_existing_objects_matched()
            status.assert_consumed()
        except (AssertionError, ValueError, tf.errors.OpError) as error:
            raise errors.UserError(
                f"{path} does not fit this {self._model}, which was configured "
                f"differently: {' '.join(str(error).split())[:300]}"
            ) from error
        self._unproven = int(manifest["step"])
        return self._unproven

    def _point_to(self, final: pathlib.Path) -> None:
        pointer = self.folder / checkpoint_files.LATEST
        if pointer.is_dir():
            checkpoint_files.remove(pointer)
        with durable.replacing(pointer) as file:
            file.write(f"{final.name}\n".encode())

    def _delete_old(self) -> None:
        for old in checkpoint_files.found(self.folder)[self._keep :]:
            if checkpoint_files.step_of(old) != self._proven:
                checkpoint_files.remove(old)


def _read_back(folder: pathlib.Path) -> None:
    """Raises OpError when TensorFlow cannot read the weights that it has written."""
    reader = tf.train.load_checkpoint(str(folder / checkpoint_files.PREFIX))
    reader.get_variable_to_shape_map()


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
        "another run folder."
    )
