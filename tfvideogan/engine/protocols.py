"""Named ways of judging a run: `evaluate --protocol=kth10_20_128`.

A protocol is a file of gin/protocols/. It says which clips are judged (source, split,
number, length), by which metrics, and what others have published for the same. Read on
top of a run's configuration (`rebuild.py`) it replaces the run's data and metrics; the
model stays as it was trained.

    protocols.listing()                 # a table of all
    protocols.gin_file("kth10_20_128")  # gin/protocols/kth10_20_128.gin

Published figures stand in a block of their own, and only beside figures that were found in
the same way: on all of the real clips, with nothing rebound, and with the features of the
reference networks. Elsewhere one line says why they are left out.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from tfvideogan.core import clip, errors
from tfvideogan.data import source as sources
from tfvideogan.engine import choices, evaluator
from tfvideogan.engine.config import config, search_path
from tfvideogan.metrics.features import extractor

FOLDER = "gin/protocols"
HEADING = "published, different training budget (V: read at the source, R: recalled)"
COLUMNS = ("protocol", "source", "split", "clips", "frames", "size", "judged")
STATUSES = ("V", "R")
VERSIONS = ("tfvideogan", "tensorflow")
# What a clip must have in common with those of the training.
SIZES = ("frames", "height", "width", "channels")
# Settings that say where things lie.
PLACES = ("root", "cache_dir")
# Settings that change no clip of the training.
OF_JUDGEMENT = (
    "crop",
    "eval_frames",
    "kind",  # of blur
    "num_validation_clips",
    "num_test_clips",
    "test_file",
)

Row = tuple[str, str, str, Sequence[float | None]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Protocol:
    """What is judged, and what is known of others.

    The metrics are `loop.run.metrics`, the clips those of `loop.run.make_source`, both
    bound in the same file.

    Attributes:
      name: of the file.
      about: what is judged, in a line.
      data: name of the source that published figures belong to.
      split: of the source.
      frames: length of a window, given frames included.
      clips: how many; None takes all of the split.
      seed: draws which clips, and where their windows begin; None takes the first ones,
        from their first frames.
      size: (height, width) that the clips must have; None takes those of the run.
      judged_size: (height, width) of the judged clips whatever the run's are, for models
        of any size, such as those that are trained on crops; None for the run's.
      batch_size: clips at a time; changes no result.
      measures: of the published figures, in order.
      published: rows (who, where it stands, "V" or "R", figures): "V" was read there, "R"
        is recalled; None where a figure is unknown.
      caveat: what to know before comparing.

    Raises:
      UserError: a row has another status, or more or fewer figures than measures.
    """

    name: str
    about: str
    data: str
    frames: int
    split: str = "test"
    clips: int | None = None
    seed: int | None = None
    size: Sequence[int] | None = None
    judged_size: Sequence[int] | None = None
    batch_size: int = 4
    measures: Sequence[str] = ()
    published: Sequence[Row] = ()
    caveat: str = ""

    def __post_init__(self) -> None:
        for who, _, status, figures in self.published:
            if status not in STATUSES or len(figures) != len(self.measures):
                raise errors.UserError(
                    f"`published` of {self.name}: the row of {who} needs a status "
                    f"({' or '.join(STATUSES)}, not {status!r}) and {len(self.measures)} "
                    f"figures ({', '.join(self.measures)}), not {len(figures)}."
                )

    def plan(self, *, weights: str, clips: int | None = None) -> evaluator.Plan:
        """Returns how to judge.

        Args:
          weights: "ema" or "raw".
          clips: fewer than the protocol's, for a trial.
        """
        wanted = [one for one in (self.clips, clips) if one is not None]
        return evaluator.Plan(
            split=self.split,
            clips=min(wanted, default=None),
            batch_size=self.batch_size,
            weights=weights,
            frames=self.frames,
            seed=self.seed,
        )

    def check_size(self, trained: clip.ClipSpec, run: str) -> None:
        """Checks the clips that a run was trained on, before any file is read.

        Raises:
          UserError: the protocol wants others.
        """
        found = (trained.height, trained.width)
        if self.size is not None and tuple(self.size) != found:
            height, width = self.size
            raise errors.UserError(
                f"{self.name} judges clips of {height}x{width}, but {run} was trained on "
                f"{trained.height}x{trained.width}; train with --gin_param='HEIGHT = "
                f"{height}' --gin_param='WIDTH = {width}'."
            )

    def judged(self, trained: clip.ClipSpec) -> clip.ClipSpec:
        """Returns the clips of a run's training, as large as the judged ones are."""
        if self.judged_size is None:
            return trained
        height, width = self.judged_size
        return dataclasses.replace(trained, height=height, width=width)

    def check_source(
        self, source: sources.ClipSource, trained: clip.ClipSpec, run: str
    ) -> None:
        """Checks that clips are like those that a run was trained on.

        Raises:
          UserError: they are not.
        """
        judged = self.judged(trained)
        for name in SIZES:
            found, wanted = getattr(source.spec, name), getattr(judged, name)
            if found != wanted:
                raise errors.UserError(
                    f"{self.name}: the clips of {source.name} have `{name}` {found}, but "
                    f"{run} was trained on {wanted}; train on {source.name}, or judge by "
                    "a protocol of other data."
                )

    def record(
        self,
        source: sources.ClipSource,
        *,
        trained_on: str,
        bindings: Sequence[str],
        environment: Mapping[str, str],
    ) -> dict[str, Any]:
        """Returns what eval.jsonl says beyond the evaluation itself.

        Args:
          source: of the judged clips.
          trained_on: description of the source of the training.
          bindings: those of the command line.
          environment: versions, see `run_folder.environment`.
        """
        spec = source.spec
        return {
            "protocol": self.name,
            "size": [spec.height, spec.width, spec.channels],
            "trained_on": trained_on,
            "bindings": list(bindings),
            "versions": {name: environment[name] for name in VERSIONS},
        }

    def comparison(
        self,
        source: sources.ClipSource,
        num_clips: int,
        *,
        changes: Sequence[str] = (),
        extractors: Sequence[extractor.Extractor] = (),
    ) -> str:
        """Returns the published figures, or a line that says why there are none.

        Args:
          source: of the judged clips.
          num_clips: how many were judged.
          changes: bindings that made another protocol of it, see `changes`.
          extractors: of the features that were compared.
        """
        why = self._why_alone(source, num_clips, changes, extractors)
        if why is None:
            return f"\n{self.published_table()}"
        return f"No published figures beside these: {why}."

    def published_table(self) -> str:
        """Returns the published figures as text, under their heading."""
        rows = [("", "", *self.measures, "")]
        for who, where, status, figures in self.published:
            shown = ["" if one is None else f"{one:.5g}" for one in figures]
            rows.append((who, status, *shown, where))
        lines = [HEADING, *_aligned(rows)]
        return "\n".join([*lines, self.caveat] if self.caveat else lines)

    def row(self) -> tuple[str, ...]:
        """Returns the protocol's row of the listing, by `COLUMNS`."""
        return (
            self.name,
            self.data,
            self.split,
            "all" if self.clips is None else str(self.clips),
            str(self.frames),
            "x".join(map(str, self.size or self.judged_size or ())) or "of the run",
            self.about,
        )

    def _why_alone(
        self,
        source: sources.ClipSource,
        num_clips: int,
        changes: Sequence[str],
        extractors: Sequence[extractor.Extractor],
    ) -> str | None:
        wanted = source.num_clips(self.split) if self.clips is None else self.clips
        if source.is_procedural:
            return f"the clips are drawn ({source.name}), not filmed"
        if source.name != self.data:
            return f"the clips are of {source.name}, not of {self.data}"
        if not self.published:
            return "none are known for this protocol"
        if changes:
            return f"the protocol was changed by {', '.join(changes)}"
        if num_clips < wanted:
            return f"{num_clips} clips were judged, not {wanted}"
        strangers = [one.name for one in extractors if not one.is_reference]
        if strangers:
            return f"features of {', '.join(strangers)} are not those of the reference"
        return None


def names() -> list[str]:
    """Returns the names of all protocols."""
    return search_path.names(FOLDER)


def gin_file(name: str) -> str:
    """Returns the gin file of a protocol.

    Raises:
      UserError: there is none; the message lists those that there are.
    """
    if name not in names():
        raise errors.UserError(
            f"--protocol ({name!r}) must be one of {', '.join(names())}; "
            f"--protocol={choices.LIST} tells what they are."
        )
    return f"{FOLDER}/{name}.gin"


def read(name: str) -> Protocol:
    """Reads a protocol alone, without a run."""
    return Protocol(name=name, **config.read_bindings(gin_file(name), Protocol))


def listing() -> str:
    """Returns a table of all protocols as text."""
    return "\n".join(_aligned([COLUMNS, *(read(name).row() for name in names())]))


def changes(parsed: config.Parsed) -> list[str]:
    """Returns the bindings of a command line that say more than where things lie."""

    def is_place(binding: str) -> bool:
        name = binding.partition("=")[0].strip()
        return name in parsed.required or name.rpartition(".")[2] in PLACES

    return [binding for binding in parsed.bindings if not is_place(binding)]


def other_settings(trained: Mapping[str, str], judged: Mapping[str, str]) -> list[str]:
    """Lists where data were set otherwise in the training: splits may then overlap.

    Args:
      trained: values of the run, see `config.Parsed`.
      judged: values of the evaluation.

    Returns:
      Such as "strips.Strips.test = 0.1 (now 0.2)".
    """
    return [
        f"{'.'.join(name.split('.')[-3:])} = {trained[name]} (now {value})"
        for name, value in judged.items()
        if name.startswith("tfvideogan.data.")
        and name.rpartition(".")[2] not in (*SIZES, *PLACES, *OF_JUDGEMENT)
        and trained.get(name, value) != value
    ]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lays out rows of equal length in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
