"""Which runs there are, how far they are and what they have scored. Needs no TensorFlow.

    found = listing.found([pathlib.Path("runs")])
    print(listing.table(found, now=datetime.datetime.now(datetime.timezone.utc)))
    json.dumps([listing.record(one) for one in found])

All of it is read off the files of the run folders, which other processes may be writing.
"""

import ast
import contextlib
import dataclasses
import datetime
import os
import pathlib
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tfvideogan.core import locks
from tfvideogan.engine.runs import checkpoint_files, layout, records
from tfvideogan.metrics import measures

# What a run is doing, beside the ways in which a start can end (`layout.py`).
RUNNING, KILLED, IMPORTED, EMPTY = "running", "killed", "imported", "empty"
# Scores of an evaluation that a table shows where none are asked for.
NUM_SCORES = 3
# Folders of a run in which no other run lies.
_OWN = re.compile(rf"^(\.|{layout.CHECKPOINTS}$|{layout.SAMPLES}$|train$|eval|wandb$)")
_STEPS = "tfvideogan.engine.loop.run.steps"
_KEYS = ("step", "split", "results")
_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
_GAP = "  "


@dataclasses.dataclass(frozen=True)
class Run:
    """A run folder, as it is now.

    Attributes:
      path: of the folder, as it was found.
      gin_files: of the newest command that names some.
      model: the name of its class, "" where it is not known.
      data: as the source describes them, likewise.
      state: one of the words above or in `layout.py`.
      step: training steps that are saved, or done where it is running.
      steps: of the whole training; None where it is not known.
      active: when it last wrote something; None where it is not known.
      evaluations: the newest record of each way of judging, oldest first.
    """

    path: pathlib.Path
    gin_files: tuple[str, ...]
    model: str
    data: str
    state: str
    step: int
    steps: int | None
    active: datetime.datetime | None
    evaluations: tuple[Mapping[str, Any], ...]


def found(folders: Iterable[pathlib.Path]) -> list[Run]:
    """Returns the runs in folders and below them, the one that wrote last first."""
    paths = {path.resolve(): path for one in folders for path in _folders(one)}
    runs = [_read(path) for path in paths.values()]
    oldest = datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)
    return sorted(runs, key=lambda one: one.active or oldest, reverse=True)


def record(run: Run) -> dict[str, Any]:
    """Returns a run as JSON takes it."""
    values = dataclasses.asdict(run)
    values["path"] = str(run.path)
    values["active"] = run.active.isoformat() if run.active else None
    return values


def table(
    runs: Sequence[Run],
    *,
    now: datetime.datetime,
    scores: Sequence[str] = (),
) -> str:
    """Lays out runs: a row for each, and below it a line for each way of judging.

    Args:
      runs: see `found`.
      now: from which ages count.
      scores: beginnings of the names of results to show, such as "PSNR" or
        "J mean/model/T"; the most telling ones without any.
    """
    header = ("run", "gin files", "state", "step", "last active")
    rows = [header, *(_row(run, now) for run in runs)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(header))]
    lines = []
    for row, run in zip(rows, [None, *runs], strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append(_GAP.join(cells).rstrip())
        for one in run.evaluations if run else ():
            lines.append(f"{_GAP}{_headline(one)}: {_scores(one, scores)}")
    return "\n".join(lines)


def _folders(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    for path, names, files in os.walk(folder):
        is_run = layout.CARD in files or layout.CONFIG in files
        if is_run:
            yield pathlib.Path(path)
        names[:] = sorted(
            name
            for name in names
            if not (is_run and _OWN.match(name)) and name[0] != "."
        )


def _read(path: pathlib.Path) -> Run:
    card = records.load(path / layout.CARD)
    starts = [one for one in _of(card, "starts", list) if isinstance(one, dict)]
    newest = checkpoint_files.found(path / layout.CHECKPOINTS)
    saved = checkpoint_files.step_of(newest[0]) if newest else 0
    logged = records.last(path / layout.METRICS, ("step",)) or {}
    evaluations = _evaluations(path)
    is_running = locks.holder(path / layout.LOCK) is not None
    step = max(saved, _number(logged.get("step")) or 0) if is_running else saved
    steps = _number(_of(card, "values", dict).get(_STEPS))
    end = _of(starts[-1], layout.END, dict) if starts else {}
    times = [one.get("time") for one in (*starts, logged, *evaluations, end)]
    return Run(
        path=path,
        gin_files=_gin_files(starts),
        model=_of(card, "model", str),
        data=_of(card, "data", str),
        state=RUNNING if is_running else _state(card, starts, step, steps),
        step=step,
        steps=steps,
        active=max(filter(None, map(_time, times)), default=None),
        evaluations=tuple(evaluations),
    )


def _state(
    card: Mapping[str, Any], starts: Sequence[Mapping], step: int, steps: int | None
) -> str:
    """Says what has become of a run that is not being trained."""
    if not starts:
        return IMPORTED if "imported" in card else EMPTY
    end = starts[-1].get(layout.END)
    if isinstance(end, dict) and isinstance(end.get("how"), str):
        return end["how"]
    if steps is not None and step >= steps:
        return layout.FINISHED
    return KILLED if layout.END in starts[-1] else layout.STOPPED


def _evaluations(path: pathlib.Path) -> list[dict[str, Any]]:
    """Returns the newest evaluation of each protocol, split and kind of weights."""
    newest: dict[tuple, dict[str, Any]] = {}
    for one in records.lines(path / layout.EVALUATIONS, _KEYS):
        key = tuple(one.get(name) for name in ("protocol", "split", "weights"))
        newest.pop(key, None)
        newest[key] = one
    return list(newest.values())


def _gin_files(starts: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Returns the gin files of the newest command that has some."""
    for start in reversed(starts):
        words: list[str] = []
        with contextlib.suppress(ValueError):
            words = shlex.split(str(start.get("command", "")))
        named = [
            following if flag == "--gin_file" else flag.partition("=")[2]
            for flag, following in zip(words, [*words[1:], ""], strict=True)
            if flag.partition("=")[0] == "--gin_file"
        ]
        if named:
            return tuple(named)
    return ()


def _row(run: Run, now: datetime.datetime) -> tuple[str, ...]:
    steps = f"{run.step:,}" if run.steps is None else f"{run.step:,}/{run.steps:,}"
    return (
        str(run.path),
        " + ".join(run.gin_files) or run.model or "?",
        run.state,
        steps,
        "?" if run.active is None else f"{_age(now - run.active)} ago",
    )


def _headline(one: Mapping[str, Any]) -> str:
    name = one.get("protocol") or one["split"]
    weights = (
        "" if one.get("weights") in ("ema", None) else f", {one['weights']} weights"
    )
    return f"{name}, step {one['step']:,}, {one.get('clips', '?')} clips{weights}"


def _scores(one: Mapping[str, Any], wanted: Sequence[str]) -> str:
    results = {
        name: value
        for name, value in _of(one, "results", dict).items()
        if isinstance(value, int | float)
    }
    if wanted:
        names = [name for name in results if name.startswith(tuple(wanted))]
    else:
        names = measures.main(results)[:NUM_SCORES]
    intervals = _of(one, "intervals", dict)
    return ", ".join(
        _score(name, results[name], intervals.get(name)) for name in names
    ) or ("no such scores" if wanted else "no scores of the model")


def _score(name: str, value: float, ends: Any) -> str:
    """A value with its interval; a subject other than the model's own is named."""
    measure, subject, column = measures.split(name)
    whose = "" if subject in measures.OWN else f" of {subject}"
    between = ""
    if isinstance(ends, list) and [type(end) for end in ends] == [float, float]:
        between = f" [{ends[0]:.3g}, {ends[1]:.3g}]"
    return f"{measure}{whose} at {column} {value:.4g}{between}"


def _age(since: datetime.timedelta) -> str:
    """Says how long ago something was, in its largest unit."""
    seconds = max(0, int(since.total_seconds()))
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"0 {_UNITS[-1][0]}"


def _time(text: Any) -> datetime.datetime | None:
    try:
        time = datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=datetime.timezone.utc)


def _number(value: Any) -> int | None:
    """Returns a whole number, which a card has as text."""
    with contextlib.suppress(SyntaxError, ValueError):
        value = ast.literal_eval(value) if isinstance(value, str) else value
    return value if isinstance(value, int) else None


def _of(record: Mapping[str, Any], key: str, kind: type) -> Any:
    """Returns an entry that may be absent or damaged; then an empty one."""
    value = record.get(key)
    return value if isinstance(value, kind) else kind()
