r"""Keeps the one table of results: docs/results.jsonl, docs/results.md, README's table.

    python tools/results.py                 # reads all of runs/results again, and writes
    python tools/results.py --list          # the rows, and what was measured of each
    python tools/results.py --run foregan/sprites --seed=1 --budget=60
    python tools/results.py --run foregan/davis --gin_param='DAVIS_ROOT="/data/DAVIS"'
    python tools/results.py --collect runs/foregan --row foregan/sprites
    python tools/results.py --check         # do the documents say what the records say?

A row is trained and judged by the doors, in processes of their own, by the commands that
stand in docs/results.md. `--run` goes on where it stopped; with `--budget` it stops by
itself and ends with 75. Rows are defined in tools/results_table/table.py.
"""

import argparse
import datetime
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from results_table import commands, documents, rows, table
from results_table import records as recorded

from tfvideogan.core import errors

ROOT = pathlib.Path(__file__).resolve().parents[1]
# What is written: records, and the documents below a root.
RECORDS, DOCUMENTS = ROOT / "docs" / "results.jsonl", ROOT
CODE = ("tfvideogan", "gin")
# What a run folder does not say of a training.
ABOUT = ("commit", "peak_gflops", "is_shared", "note")
OK, FAILED, BAD_INPUT = 0, 1, 2
SECONDS = 60.0
# Other programs count as at work when they use more than this share of the cores.
QUIET = 0.05
CPU_TIMES = pathlib.Path("/proc/stat")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the tool; returns the exit code."""
    options = _parser().parse_args(argv)
    try:
        return _work(options)
    except errors.UserError as error:
        sys.stderr.write(f"error: {error}\n")
        return BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = made.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="what there is")
    what.add_argument("--run", metavar="ROW", help="train and judge a row")
    what.add_argument("--collect", metavar="WORKDIR", help="take over a run folder")
    what.add_argument("--write", action="store_true", help="documents from records")
    what.add_argument("--check", action="store_true", help="documents against records")
    made.add_argument("--row", help="of --collect")
    made.add_argument("--seed", type=int, default=0, help="of --run")
    made.add_argument("--budget", type=float, metavar="MINUTES", help="of --run")
    made.add_argument("--runs", default=commands.RUNS, help="where run folders lie")
    made.add_argument(
        "--protocol", metavar="NAME", default="", help="as evaluate --protocol=NAME"
    )
    made.add_argument(
        "--gin_param",
        action="append",
        default=[],
        help="folders of real data, for the training or the protocol",
    )
    made.add_argument("--commit", help="that trained; of this checkout by default")
    made.add_argument(
        "--peak",
        dest="peak_gflops",
        type=float,
        metavar="GFLOPS",
        help="of a float32 matmul",
    )
    busy = made.add_mutually_exclusive_group()
    for flag, value in (("--alone", False), ("--shared", True)):
        busy.add_argument(
            flag, dest="is_shared", action="store_const", const=value, help="it trained"
        )
    made.add_argument("--note", help="what a reader must know of this training")
    return made


def _work(options: argparse.Namespace) -> int:
    if options.check:
        return _check()
    if options.list:
        return _list()
    if options.run:
        row = table.find(options.run)
        workdir = commands.workdir(row, options.seed, options.runs)
        status = _run(row, workdir, options)
        if status != OK:
            return status
        _collect(row, ROOT / workdir, options.protocol, options)
    elif options.collect:
        if not options.row:
            raise errors.UserError(
                "--collect needs --row; --list says which there are."
            )
        row = table.find(options.row)
        _collect(row, pathlib.Path(options.collect), options.protocol, options)
    elif not options.write:
        _collect_all(options)
    documents.write(DOCUMENTS, recorded.read(RECORDS))
    return OK


def _check() -> int:
    complaints = documents.check(DOCUMENTS, recorded.read(RECORDS))
    for one in complaints:
        print(one)
    return FAILED if complaints else OK


def _list() -> int:
    records = recorded.read(RECORDS)
    for row in table.ROWS:
        found = [one for one in records if one.row == row.id]
        lines = [
            f"seed {one.seed}, step {one.step}"
            + (f", {one.protocol}" if one.protocol else "")
            + ("" if one.intervals else ", no intervals")
            for one in found
        ]
        print(f"{row.id:22} {'; '.join(lines) or 'not measured'}")
    return OK


def _run(row: rows.Row, workdir: str, options: argparse.Namespace) -> int:
    """Trains a row, or goes on, then judges it; returns the first bad exit code, or 0."""
    given = [one.partition("=")[0].strip() for one in options.gin_param]
    if row.root and row.root not in given:
        example = commands.example_root(row)[0]
        raise errors.UserError(f"{row.id} needs its data: --gin_param='{example}'.")
    training = commands.training(
        row, seed=options.seed, workdir=workdir, bindings=options.gin_param
    )
    status = _train(training, ROOT / workdir, options.budget)
    for one in commands.judging(
        row,
        workdir=workdir,
        protocol=options.protocol,
        bindings=options.gin_param,
    ):
        status = status or _door("evaluate", one)
    return status


def _train(options: Sequence[str], folder: pathlib.Path, budget: float | None) -> int:
    """Trains, and notes in the run folder what it took."""
    clock, machine, own = time.monotonic(), _machine_seconds(), _own_seconds()
    status = _door("train", options, budget)
    seconds = _own_seconds() - own
    is_shared = None
    if machine is not None:
        others = _machine_seconds() - machine - seconds
        offered = (time.monotonic() - clock) * (os.cpu_count() or 1)
        is_shared = others > QUIET * offered
    if folder.is_dir():
        recorded.note_usage(folder, cpu_seconds=seconds, is_shared=is_shared)
    return status


def _door(name: str, options: Sequence[str], budget: float | None = None) -> int:
    """Runs a door, no longer than a budget of minutes; returns its exit code."""
    print(commands.typed(name, options), flush=True)
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, "-m", f"tfvideogan.{name}", *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
    )
    try:
        return process.wait(None if budget is None else budget * SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
    except KeyboardInterrupt:
        # The terminal sent it to the door, too, which saves before it ends.
        print("stopping", flush=True)
    return process.wait()


def _own_seconds() -> float:
    """CPU seconds of all doors that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _machine_seconds() -> float | None:
    """CPU seconds of all programs of this machine; None where Linux does not count."""
    try:
        user, nice, system = CPU_TIMES.read_text().split(maxsplit=4)[1:4]
    except OSError:
        return None
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def _collect(
    row: rows.Row, workdir: pathlib.Path, protocol: str, options: argparse.Namespace
) -> None:
    """Makes the record of a run folder; what was known of its training stays known."""
    records = recorded.read(RECORDS)
    started = recorded.started(workdir)
    same = [one for one in records if (one.row, one.started) == (row.id, started)]
    about = {}
    for name in ABOUT:
        known = [getattr(one, name) for one in (options, *same)]
        about[name] = next((one for one in known if one is not None), None)
    new = recorded.collect(
        row,
        workdir,
        commit=about.pop("commit") or _commit(started),
        protocol=protocol,
        bindings=options.gin_param,
        about={name: one for name, one in about.items() if one is not None},
    )
    recorded.write(RECORDS, recorded.put(records, new))
    protocol = f", {protocol}" if protocol else ""
    print(f"{row.id}, seed {new.seed}{protocol}: step {new.step} of {workdir}")


def _collect_all(options: argparse.Namespace) -> None:
    """Reads every run folder of the rows again, with each protocol that judged it."""
    for row in table.ROWS:
        for folder in sorted((ROOT / options.runs / row.id).glob("seed*")):
            for protocol in recorded.protocols(row, folder):
                _collect(row, folder, protocol, options)


def _commit(started: str) -> str:
    """This checkout's commit, which must be older than the training."""
    short, date = _git("log", "-1", "--format=%h %ct").split()
    if int(date) > datetime.datetime.fromisoformat(started).timestamp():
        raise errors.UserError(
            f"the newest commit, {short}, is younger than the training, which began "
            f"{started}; say by --commit which one trained."
        )
    is_changed = bool(_git("status", "--porcelain", "--", *CODE))
    return f"{short}, changed" if is_changed else short


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise errors.UserError("this is no git checkout; say --commit.")
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
