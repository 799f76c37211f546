"""What a training has reached, as one line of docs/results.jsonl.

    record = collect(row, "runs/foregan", commit="470a30f")
    write(path, put(read(path), record))

A run folder says nearly all of it: run.json how it was trained, eval.jsonl how it was
judged. Nothing private is taken over: a folder of data is called by its name alone.
"""

import dataclasses
import datetime
import json
import math
import os
import pathlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from results_table import commands, rows, table

from tfvideogan.core import errors, machine

CARD, METRICS, EVALUATIONS = "run.json", "metrics.jsonl", "eval.jsonl"
# What tools/results.py notes of each start of a training.
USAGE = "usage.jsonl"
# In run.json, macros resolved.
SEED = "tfvideogan.engine.loop.run.seed"
SECONDS = 60.0
DIGITS = 6
# Evaluations that agree in these are put together.
SAME = ("step", "split", "weights", "clips", "frames")
# The folders before the last name of an absolute path.
FOLDERS = re.compile(r"(?<!\S)(?:~|[A-Za-z]:)?[/\\]\S*[/\\](?=\S)")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
    """One training of a row, judged.

    Attributes:
      row: id of the row.
      protocol: that judged it; "" for the metrics of the gin file.
      seed: of the training.
      step: training steps done.
      gin_files: of the training.
      bindings: likewise.
      train: the training command.
      evaluate: the evaluation commands.
      commit: of the checkout that trained.
      version: of the package that trained.
      started: when the training began, UTC.
      judged: when it was evaluated, UTC.
      processor: of the machine that trained.
      cores: of it.
      device: what trained.
      peak_gflops: of its float32 matrix product, if it was measured.
      minutes: of training, with what it reported and judged on the way.
      cpu_minutes: of the training process, if it was measured.
      is_shared: whether other programs were at work meanwhile; None if unknown.
      note: what a reader must know of this record alone.
      data: as the source describes itself.
      is_procedural: whether the data are drawn.
      split: that was judged.
      clips: of it.
      frames: of each.
      weights: "ema" or "raw".
      results: values by "measure/subject/column"; None where there is none.
      intervals: [low, high] at 95 % of those that have one.
    """

    row: str
    protocol: str = ""
    seed: int = 0
    step: int
    gin_files: list[str]
    bindings: list[str]
    train: str
    evaluate: list[str]
    commit: str
    version: str
    started: str
    judged: str
    processor: str
    cores: int
    device: str
    peak_gflops: float | None = None
    minutes: float | None = None
    cpu_minutes: float | None = None
    is_shared: bool | None = None
    note: str = ""
    data: str
    is_procedural: bool
    split: str
    clips: int
    frames: int
    weights: str = "ema"
    results: dict[str, float | None]
    intervals: dict[str, list[float]] = dataclasses.field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, int]:
        """What there is one record of."""
        return self.row, self.protocol, self.seed


def read(path: pathlib.Path) -> list[Record]:
    """Returns the records of a file, none if there is no file."""
    return [Record(**one) for one in _lines(path)]


def write(path: pathlib.Path, records: Iterable[Record]) -> None:
    """Writes records, a line for each, in the order of rows, protocols and seeds."""
    order = [row.id for row in table.ROWS]
    in_order = sorted(records, key=lambda one: (order.index(one.row), *one.key[1:]))
    lines = [json.dumps(dataclasses.asdict(one)) + "\n" for one in in_order]
    path.write_text("".join(lines), encoding="utf-8")


def put(records: Iterable[Record], new: Record) -> list[Record]:
    """Returns the records with a new one in the place of the one of the same key."""
    return [*(one for one in records if one.key != new.key), new]


def collect(
    row: rows.Row,
    workdir: str | os.PathLike,
    *,
    commit: str,
    protocol: str = "",
    bindings: Sequence[str] = (),
    about: Mapping[str, Any] | None = None,
) -> Record:
    """Reads what a run folder says of its last evaluation, by the row or a protocol.

    Earlier evaluations of the same step, of as many clips, give what the last one lacks.

    Args:
      row: that was trained.
      workdir: the run folder.
      commit: of the checkout that trained.
      protocol: of the evaluation; "" for the metrics of the gin file.
      bindings: that the protocol was given.
      about: `peak_gflops`, `is_shared` and `note`, which the folder does not say.

    Raises:
      UserError: it is no run folder, it was trained otherwise than the row says, or it
        has no such evaluation.
    """
    folder = pathlib.Path(workdir)
    card = _card(folder)
    for start in card["starts"]:
        commands.check_trains(row, start["command"], workdir=str(folder))
    evaluations = _evaluations(row, folder, protocol)
    last = evaluations[-1]
    results, intervals = {}, {}
    for one in evaluations:
        results |= one["results"]
        intervals |= one.get("intervals", {})
    seed = int(card["values"][SEED])
    workdir = commands.workdir(row, seed)
    training = commands.training(
        row,
        seed=seed,
        workdir=workdir,
        bindings=commands.example_root(row),
        steps=last["step"],
    )
    judging = commands.judging(
        row,
        workdir=workdir,
        protocol=protocol,
        bindings=[commands.without_folders(one) for one in bindings],
    )
    environment = card["environment"]
    return Record(
        row=row.id,
        protocol=protocol,
        seed=seed,
        step=last["step"],
        gin_files=list(row.gin_files),
        bindings=list(row.bindings),
        train=commands.typed("train", training),
        evaluate=[commands.typed("evaluate", one) for one in judging],
        commit=commit,
        version=environment["tfvideogan"],
        started=card["starts"][0]["time"],
        judged=last["time"],
        processor=environment.get("processor") or machine.processor(),
        cores=int(environment["cores"]),
        device=environment["strategy"],
        minutes=_minutes(card["starts"], _lines(folder / METRICS)),
        data=FOLDERS.sub("", last["data"]),
        is_procedural=last["is_procedural"],
        split=last["split"],
        clips=last["clips"],
        frames=last["frames"],
        weights=last["weights"],
        results={name: _rounded(value) for name, value in results.items()},
        intervals={
            name: [_rounded(end) for end in ends]
            for name, ends in intervals.items()
            if all(math.isfinite(end) for end in ends)
        },
        **{**(about or {}), **_usage(_lines(folder / USAGE))},
    )


def started(workdir: str | os.PathLike) -> str:
    """Returns when the training of a run folder began, UTC.

    Raises:
      UserError: it is no run folder.
    """
    return _card(pathlib.Path(workdir))["starts"][0]["time"]


def protocols(row: rows.Row, workdir: str | os.PathLike) -> list[str]:
    """Returns the protocols that have judged a run folder; "" is none at all."""
    found = _lines(pathlib.Path(workdir) / EVALUATIONS)
    return sorted({_protocol(one) for one in found if _is_judged(row, one)})


def note_usage(
    workdir: str | os.PathLike, *, cpu_seconds: float, is_shared: bool | None
) -> None:
    """Notes in a run folder what a start of its training took.

    Args:
      workdir: the run folder.
      cpu_seconds: of the training process.
      is_shared: whether other programs were at work meanwhile; None if unknown.
    """
    line = json.dumps({"cpu_seconds": round(cpu_seconds), "is_shared": is_shared})
    with (pathlib.Path(workdir) / USAGE).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def _card(folder: pathlib.Path) -> dict[str, Any]:
    if not (folder / CARD).is_file():
        raise errors.UserError(f"{folder} is no run folder: it has no {CARD}.")
    return json.loads((folder / CARD).read_text(encoding="utf-8"))


def _evaluations(
    row: rows.Row, folder: pathlib.Path, protocol: str
) -> list[dict[str, Any]]:
    """The evaluations that are of a kind with the last one, oldest first."""
    fitting = [
        one
        for one in _lines(folder / EVALUATIONS)
        if _protocol(one) == protocol and _is_judged(row, one)
    ]
    if not fitting:
        options = commands.judging(row, workdir=str(folder), protocol=protocol)[0]
        raise errors.UserError(
            f"{folder} was not judged on the split {row.split} yet; first "
            f"{commands.typed('evaluate', options)}."
        )
    last = fitting[-1]
    return [one for one in fitting if all(one[name] == last[name] for name in SAME)]


def _is_judged(row: rows.Row, evaluation: Mapping[str, Any]) -> bool:
    """Not one on the way, on another split; a protocol has a split of its own."""
    return bool(_protocol(evaluation)) or evaluation["split"] == row.split


def _protocol(evaluation: Mapping[str, Any]) -> str:
    return evaluation.get("protocol") or ""


def _minutes(
    starts: Sequence[Mapping[str, Any]], intervals: Sequence[Mapping[str, Any]]
) -> float | None:
    """From each start to its last line of losses."""
    times = [datetime.datetime.fromisoformat(one["time"]) for one in intervals]
    begins = [datetime.datetime.fromisoformat(one["time"]) for one in starts]
    seconds = 0.0
    for begin, end in zip(begins, [*begins[1:], None], strict=True):
        own = [one for one in times if one >= begin and (end is None or one < end)]
        if own:
            seconds += (max(own) - begin).total_seconds()
    return round(seconds / SECONDS, 1) or None


def _usage(starts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What was noted of the starts of a training."""
    if not starts:
        return {}
    found = {
        "cpu_minutes": round(sum(one["cpu_seconds"] for one in starts) / SECONDS, 1)
    }
    shared = {one["is_shared"] for one in starts}
    if True in shared or None not in shared:
        found["is_shared"] = True in shared
    return found


def _lines(path: pathlib.Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
