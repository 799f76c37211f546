"""The folder of a run: what it is, how it was started, what it has reported.

    runs/foregan/
      config.gin                as read: files and bindings in gin's canonical form
      operative_config.gin      as in force, defaults included; rebuilds the model
      vocabulary.txt            words of the captions by number, where there are any
      command.txt               every command that trained here, with date
      run.json                  versions, devices, data, model, parameters, values, and
                                the files of imported weights
      metrics.jsonl             one line for each logging interval
      eval.jsonl                one line for each evaluation
      checkpoints/ train/ eval/ samples/

Nothing is written before the first batch was read and checked: bad input leaves no trace.
"""

import contextlib
import datetime
import json
import os
import pathlib
import platform
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

import tfvideogan
from tfvideogan.core import (
    checkout,
    clip,
    command_line,
    durable,
    errors,
    locks,
    machine,
    places,
)
from tfvideogan.engine import build
from tfvideogan.engine import strategy as strategies
from tfvideogan.engine.runs import (
    checkpoint_files,
    differences,
    layout,
    records,
    vocabulary,
)

WORKDIR = "The run folder"
# Of the entries of the card that are read again.
KINDS = {
    "spec": dict,
    "values": dict,
    "starts": list,
    "environment": dict,
    "imported": dict,
    "data": str,
}
_MAKE_MODEL = "tfvideogan.engine.loop.run.make_model"


class RunFolder:
    """Paths and records of one run."""

    def __init__(self, path: str | os.PathLike, *, is_chief: bool = True) -> None:
        """Names a folder; touches no file.

        Args:
          path: of the folder.
          is_chief: of several workers, the one that writes.

        Raises:
          UserError: it cannot be a folder of this machine.
        """
        self.path = places.local(path, WORKDIR)
        self.is_chief = is_chief

    @property
    def quoted(self) -> str:
        """The folder as a shell wants it, for commands that are printed."""
        return shlex.quote(str(self.path))

    @property
    def checkpoints(self) -> pathlib.Path:
        """Where checkpoints lie."""
        return self.path / layout.CHECKPOINTS

    @property
    def samples(self) -> pathlib.Path:
        """Where clips to look at lie."""
        return self.path / layout.SAMPLES

    def events(self, kind: str) -> str:
        """Returns the folder of TensorBoard's events, "train" or "eval"."""
        return str(self.path / kind)

    def check(self, values: Mapping[str, str], *, overwrite: bool) -> None:
        """Checks that a run with these values may go on here.

        Args:
          values: `config.values()` of the run that is asked for.
          overwrite: whether another configuration of the same model is allowed.

        Raises:
          UserError: the folder holds another model, another configuration or a training
            that runs, is a file or cannot be written.
        """
        if self.path.is_file():
            raise errors.UserError(f"{WORKDIR} {self.path} is a file, not a folder.")
        if self.is_chief:
            places.check_writable(self.path, WORKDIR, is_pattern_safe=True)
            holder = locks.holder(self.path / layout.LOCK)
            if holder is not None:
                raise errors.UserError(self._taken(holder))
        card = self.card()
        old = card.get("values", {})
        if not old or not values:
            return
        gone = differences.missing_modules(old)
        if gone:
            version = card.get("environment", {}).get(
                "tfvideogan", "an earlier version"
            )
            raise errors.UserError(
                f"{self.path} holds a run of tfvideogan {version}, and this is "
                f"{tfvideogan.__version__}, without `{gone[0]}` (CHANGELOG.md says where "
                "modules have gone). Go on with that version, or choose another folder."
            )
        old_model, new_model = old.get(_MAKE_MODEL), values.get(_MAKE_MODEL)
        if old_model != new_model:
            raise errors.UserError(
                f"{self.path} holds a run of {old_model}, not of {new_model}; choose "
                "another folder."
            )
        if not overwrite:
            differences.check_same_run(old, values, str(self.path))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other trainings out of the folder, which is made where it is not there.

        Raises:
          UserError: one is in there, or the folder cannot be written.
        """
        if not self.is_chief:
            yield
            return
        with contextlib.ExitStack() as stack:
            try:
                self.path.mkdir(parents=True, exist_ok=True)
                stack.enter_context(locks.held(self.path / layout.LOCK))
            except locks.HeldError as error:
                raise errors.UserError(self._taken(str(error))) from error
            except OSError as error:
                raise errors.UserError(
                    f"{WORKDIR} {self.path} cannot be written: {durable.reason(error)}."
                ) from error
            yield

    def _taken(self, holder: str) -> str:
        return (
            f"Another training works in {self.path}: {holder}. Wait for its end, or "
            "choose another folder."
        )

    def card(self) -> dict[str, Any]:
        """Returns run.json, without what is damaged; empty when there is none."""
        card = records.load(self.path / layout.CARD)
        return {k: v for k, v in card.items() if isinstance(v, KINDS.get(k, object))}

    def spec(self) -> clip.ClipSpec:
        """Returns what clips the run was trained on.

        Raises:
          UserError: the folder does not say.
        """
        try:
            sizes = dict(self.card()["spec"])
            # Cards of version 0.2.0 have the number of words, which lie in a file.
            if sizes.pop("vocabulary_size", 0):
                text = (self.path / vocabulary.FILE).read_text(encoding="utf-8")
                sizes["words"] = text.split("\n")[:-1]
            return clip.ClipSpec(**sizes | {"words": tuple(sizes.get("words", ()))})
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise errors.UserError(
                f"{self.path} is no run folder: it has no {layout.CARD} that tells the "
                "clips of its training. Give one that `tfvideogan train` has made."
            ) from error

    def config_text(self) -> str:
        """Returns the configuration that rebuilds this run.

        Raises:
          UserError: the folder holds none.
        """
        folders = [self.path, *checkpoint_files.found(self.checkpoints)]
        paths = [one / layout.OPERATIVE for one in folders]
        for path in (*paths, self.path / layout.CONFIG):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                text = path.read_text(encoding="utf-8")
                if text.strip() and "\0" not in text:
                    return text
        raise errors.UserError(
            f"{self.path} is no run folder: it has no {layout.OPERATIVE}. Give "
            "one that `tfvideogan train` has made."
        )

    def started_text(self) -> str:
        """Returns the configuration with which training goes on here.

        Raises:
          UserError: the folder holds none.
        """
        try:
            return (self.path / layout.CONFIG).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise errors.UserError(
                f"{self.path} holds no run: {layout.CONFIG} is not in it.",
                flags="--gin_file is missing; try --gin_file=gin/foregan.gin.",
            ) from error

    def write_start(
        self,
        card: Mapping[str, Any],
        config_text: str,
        operative_text: str,
        files: Mapping[str, str] | None = None,
    ) -> None:
        """Records a start: card, command, configuration and further text files by name.

        Only the chief writes.

        Raises:
          UserError: it cannot be written.
        """
        if not self.is_chief:
            return
        try:
            self._write_start(card, config_text, operative_text, files or {})
        except OSError as error:
            raise errors.UserError(
                f"{WORKDIR} {self.path} cannot be written: {durable.reason(error)}."
            ) from error

    def _write_start(
        self,
        card: Mapping[str, Any],
        config_text: str,
        operative_text: str,
        files: Mapping[str, str],
    ) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        old = self.card()
        if not old and os.path.lexists(self.path / layout.CARD):
            records.set_aside(self.path / layout.CARD)
        starts = old.get("starts", [])
        start = {"step": card["step"], "time": now(), "command": command()}
        starts.append({**start, layout.END: None})
        # Where the first weights came from stays true, however long training goes on.
        kept = {"imported": old["imported"]} if "imported" in old else {}
        card = {**card, **kept, "starts": starts}
        records.write(self.path / layout.CARD, json.dumps(card, indent=1) + "\n")
        records.write(self.path / layout.CONFIG, config_text)
        records.write(self.path / layout.OPERATIVE, operative_text)
        for name, text in files.items():
            records.write(self.path / name, text)
        with (self.path / "command.txt").open("a") as file:
            file.write(f"{now()} {command()}\n")

    def note_end(self, how: str) -> None:
        """Records how the last start has ended, for those who list runs.

        Training does not depend on it: what cannot be written is left out.

        Args:
          how: see `layout.py`.
        """
        card = self.card()
        if self.is_chief and card.get("starts"):
            card["starts"][-1][layout.END] = {"how": how, "time": now()}
            with contextlib.suppress(OSError):
                text = json.dumps(card, indent=1)
                records.write(self.path / layout.CARD, f"{text}\n")

    def append(self, name: str, record: Mapping[str, Any]) -> None:
        """Appends a record to a .jsonl file; only the chief writes."""
        if self.is_chief:
            with (self.path / name).open("a") as file:
                file.write(json.dumps(record) + "\n")

    def evaluations(self, step: int, weights: str) -> list[dict[str, Any]]:
        """Returns the last evaluation of each split, of exactly these weights.

        Each protocol counts for itself.
        """
        found = {}
        keys = ("step", "weights", "split")
        for record in records.lines(self.path / layout.EVALUATIONS, keys):
            if (record["step"], record["weights"]) == (step, weights):
                found[record["split"], record.get("protocol")] = record
        return list(found.values())

    def forget_after(self, step: int) -> None:
        """Drops training records of later steps, which will be trained again."""
        if self.is_chief:
            records.keep(self.path / layout.METRICS, ("step",), "step", step)


def make_card(
    built: build.Built, values: Mapping[str, str], *, step: int, precision: str
) -> dict[str, Any]:
    """Returns what run.json says of a run, but for its starts."""
    source = built.source
    return {
        "model": built.model_name,
        "data": source.describe(),
        "is_procedural": source.is_procedural,
        "spec": vars(source.spec),
        "step": step,
        "precision": precision,
        "parameters": {
            name: {"trainable": trainable, "all": total}
            for name, trainable, total in build.parameter_table(built.model)
        },
        "environment": environment(built.strategy),
        "values": dict(values),
    }


def environment(strategy: tf.distribute.Strategy) -> dict[str, str]:
    """Returns versions and devices, by name."""
    return {
        "tfvideogan": tfvideogan.__version__,
        "commit": checkout.commit(),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "platform": platform.platform(),
        "processor": machine.processor(),
        "cores": str(os.cpu_count()),
        "oneDNN": os.environ.get("TF_ENABLE_ONEDNN_OPTS", ""),
        "strategy": strategies.describe(strategy),
    }


def command(argv: Sequence[str] | None = None) -> str:
    """Returns the command line of this process, ready to be typed again."""
    argv = sys.argv if argv is None else argv
    door = command_line.door(argv[0])
    module = f"{command_line.PACKAGE}.{door}"
    start = ["python", argv[0]] if door is None else ["python", "-m", module]
    return shlex.join([*start, *argv[1:]])


def now() -> str:
    """Returns the time in UTC, to the second."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
