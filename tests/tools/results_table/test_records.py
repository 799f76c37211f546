import json
import pathlib

import pytest
from results_table import records, rows

from tests.tools.results_table import made
from tfvideogan.core import errors, machine

COMMAND = "python -m tfvideogan.train --gin_file=gin/foregan.gin --workdir=runs/x"


def evaluation(**fields) -> dict:
    plain = {
        "step": 1500,
        "time": "2026-11-29T02:10:00+00:00",
        "split": "test",
        "clips": 64,
        "frames": 32,
        "weights": "ema",
        "data": "procedural sprites, generator 1",
        "is_procedural": True,
        "results": {"J mean/model/T": 0.956625726567235},
        "intervals": {"J mean/model/T": [0.9512345678, 0.96]},
    }
    return plain | fields


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """A training in two parts, 10 and 30 minutes long, with a night between them."""
    starts = [
        {"step": 0, "time": "2026-11-28T20:00:00+00:00", "command": COMMAND},
        {"step": 400, "time": "2026-11-29T01:00:00+00:00", "command": COMMAND},
    ]
    card = {
        "starts": starts,
        "environment": {
            "tfvideogan": "0.2.0",
            "cores": "2",
            "strategy": "one device",
            "processor": "AMD EPYC",
        },
        "values": {"tfvideogan.engine.loop.run.seed": "7"},
    }
    (tmp_path / "run.json").write_text(json.dumps(card), encoding="utf-8")
    times = ("28T20:01", "28T20:10", "29T01:02", "29T01:30")
    lines = [{"step": 1, "time": f"2026-11-{one}:00+00:00"} for one in times]
    write(tmp_path, "metrics.jsonl", *lines)
    write(tmp_path, "eval.jsonl", evaluation())
    return tmp_path


def write(folder: pathlib.Path, name: str, *lines: dict) -> None:
    text = "".join(json.dumps(one) + "\n" for one in lines)
    (folder / name).write_text(text, encoding="utf-8")


def collect(folder: pathlib.Path, row: rows.Row | None = None, **how) -> records.Record:
    return records.collect(row or made.row(), folder, commit="1234567", **how)


def test_a_run_folder_says_what_a_record_holds(folder: pathlib.Path) -> None:
    found = collect(folder)
    assert found.key == ("foregan/sprites", "", 7)
    assert (found.step, found.minutes) == (1500, 40.0)
    assert found.train == (
        "python -m tfvideogan.train --gin_file=gin/foregan.gin --steps=1500 --seed=7 "
        "--workdir=runs/results/foregan/sprites/seed7"
    )
    assert found.started == "2026-11-28T20:00:00+00:00"
    assert (found.processor, found.cores) == ("AMD EPYC", 2)
    assert found.results == {"J mean/model/T": 0.956626}
    assert found.intervals == {"J mean/model/T": [0.951235, 0.96]}
    assert found.cpu_minutes is found.is_shared is None


def test_earlier_evaluations_of_a_kind_fill_in_and_the_last_one_wins(
    folder: pathlib.Path,
) -> None:
    write(
        folder,
        "eval.jsonl",
        evaluation(results={"A/model/T": 1.0, "B/model/T": 2.0}, intervals={}),
        evaluation(results={"C/model/T": 3.0}, step=400),
        evaluation(results={"C/model/T": 3.0}, clips=8),
        evaluation(results={"C/model/T": 3.0}, split="validation"),
        evaluation(results={"C/model/T": 3.0}, protocol="p"),
        evaluation(results={"B/model/T": None}),
    )
    assert collect(folder).results == {"A/model/T": 1.0, "B/model/T": None}
    assert records.protocols(made.row(), folder) == ["", "p"]


def test_a_protocol_is_a_record_of_its_own(folder: pathlib.Path) -> None:
    write(folder, "eval.jsonl", evaluation(protocol="p", split="train"), evaluation())
    given = ['A="/home/me/sets/DAVIS"']
    found = collect(folder, protocol="p", bindings=given)
    assert found.key[1:] == ("p", 7) and found.split == "train"
    assert found.evaluate == [
        "python -m tfvideogan.evaluate --workdir=runs/results/foregan/sprites/seed7 "
        "--protocol=p --gin_param='A=\"/data/DAVIS\"'"
    ]


def test_an_interval_that_is_no_number_is_none(folder: pathlib.Path) -> None:
    write(
        folder,
        "eval.jsonl",
        evaluation(intervals={"J mean/model/T": [0.1, float("nan")]}),
    )
    assert collect(folder).intervals == {}


def test_a_folder_of_real_data_is_called_by_its_name(folder: pathlib.Path) -> None:
    text = "DAVIS read from /home/me/sets/DAVIS at 96x168 (8, 2 clips), flow by DIS"
    write(folder, "eval.jsonl", evaluation(data=text))
    assert collect(folder).data == (
        "DAVIS read from DAVIS at 96x168 (8, 2 clips), flow by DIS"
    )


def test_what_the_tool_noted_of_each_start_is_summed(folder: pathlib.Path) -> None:
    records.note_usage(folder, cpu_seconds=600.0, is_shared=True)
    records.note_usage(folder, cpu_seconds=900.0, is_shared=False)
    found = collect(folder, about={"is_shared": False, "peak_gflops": 216.0})
    assert (found.cpu_minutes, found.is_shared, found.peak_gflops) == (
        25.0,
        True,
        216.0,
    )


def test_where_nobody_counted_what_the_user_says_is_taken(folder: pathlib.Path) -> None:
    records.note_usage(folder, cpu_seconds=60.0, is_shared=None)
    assert collect(folder).is_shared is None
    assert collect(folder, about={"is_shared": False}).is_shared is False


def test_an_older_run_folder_is_of_this_machine(folder: pathlib.Path) -> None:
    path = folder / "run.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    del card["environment"]["processor"]
    path.write_text(json.dumps(card), encoding="utf-8")
    assert collect(folder).processor == machine.processor()


def test_a_folder_without_the_evaluation_says_how_to_make_it(
    folder: pathlib.Path,
) -> None:
    write(folder, "eval.jsonl", evaluation(split="validation"))
    with pytest.raises(errors.UserError, match="split test yet; first python -m"):
        collect(folder)


def test_what_is_no_run_folder_is_one_line(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.UserError, match="no run.json"):
        collect(tmp_path)


def test_a_training_of_another_row_is_refused(folder: pathlib.Path) -> None:
    with pytest.raises(errors.UserError, match="gin files"):
        collect(folder, made.row(gin_files=("gin/mocogan.gin",)))


def test_records_are_kept_in_the_order_of_rows_and_seeds(
    tmp_path: pathlib.Path,
) -> None:
    path = tmp_path / "results.jsonl"
    assert records.read(path) == []
    first, second = made.record(seed=0), made.record(seed=1, note="é")
    last = made.record(row="classifier/shapes")
    records.write(path, [last, second, first])
    assert records.read(path) == [first, second, last]


def test_a_new_record_takes_the_place_of_the_old_one() -> None:
    old, other = made.record(step=1), made.record(seed=1)
    new = made.record(step=2)
    assert records.put([old, other], new) == [other, new]
