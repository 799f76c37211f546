"""What run folders tell of their runs."""

import datetime
import json
import pathlib
from typing import Any

import pytest

from tfvideogan.core import locks
from tfvideogan.engine.runs import layout, listing

NOW = datetime.datetime(2026, 11, 29, 12, 0, tzinfo=datetime.timezone.utc)
STEPS = {"tfvideogan.engine.loop.run.steps": "1500"}
COMMAND = (
    "python -m tfvideogan.train --gin_file=gin/foregan.gin --gin_file gin/smoke.gin "
    "--gin_param='X = \"a b\"'"
)


def start(end: Any = "", time: str = "2026-11-29T09:00:00+00:00") -> dict[str, Any]:
    """A start as it is recorded; without an end, as by earlier versions, for ""."""
    found = {"step": 0, "time": time, "command": COMMAND}
    return found if end == "" else {**found, "end": end}


def evaluation(step: int, split: str = "test", **others: Any) -> dict[str, Any]:
    return {
        "step": step,
        "split": split,
        "clips": 64,
        "weights": "ema",
        "time": "2026-11-29T11:00:00+00:00",
        "results": {
            "PSNR/frames/T": 30.0,
            "J mean/copied mask/T": 0.5,
            "J mean/model/T": 0.95678,
            "J mean/model/4T": 0.9,
            "F mean/model/T": None,
        },
        "intervals": {"J mean/model/T": [0.9, 0.97]},
        **others,
    }


def make(
    folder: pathlib.Path,
    *starts: dict[str, Any],
    step: int = 0,
    evaluations: tuple[dict, ...] = (),
    **card: Any,
) -> listing.Run:
    """Writes a run folder by hand and reads it."""
    folder.mkdir(parents=True)
    about = {"model": "ForeGAN", "data": "sprites", "values": STEPS, "starts": starts}
    (folder / "run.json").write_text(json.dumps({**about, **card}))
    if step:
        (folder / "checkpoints" / f"step_{step:08d}").mkdir(parents=True)
    lines = "".join(json.dumps(one) + "\n" for one in evaluations)
    (folder / "eval.jsonl").write_text(lines)
    return listing.found([folder])[0]


def test_a_run_tells_its_files_steps_and_last_sign_of_life(
    tmp_path: pathlib.Path,
) -> None:
    run = make(tmp_path / "a", start(), step=1000, evaluations=(evaluation(1000),))
    assert run.gin_files == ("gin/foregan.gin", "gin/smoke.gin")
    assert (run.model, run.data, run.step, run.steps) == (
        "ForeGAN",
        "sprites",
        1000,
        1500,
    )
    assert run.active == NOW - datetime.timedelta(hours=1)


@pytest.mark.parametrize(
    "starts, step, state",
    [
        ([start()], 1000, "stopped"),  # of an earlier version
        ([start()], 1500, "finished"),
        ([start(None)], 1000, "killed"),
        ([start({"how": "diverged"})], 1500, "diverged"),
        ([start({"how": "finished"}), start(None)], 1000, "killed"),
        ([start({"how": 3})], 1000, "killed"),
        ([], 0, "empty"),
        ("damaged", 0, "empty"),
    ],
)
def test_state_follows_from_the_last_start(
    starts: Any, step: int, state: str, tmp_path: pathlib.Path
) -> None:
    run = make(tmp_path / "a", step=step, **{"starts": starts})
    assert run.state == state


def test_weights_of_others_are_imported(tmp_path: pathlib.Path) -> None:
    assert make(tmp_path / "a", imported={"files": []}).state == "imported"


def test_a_run_that_somebody_trains_is_running(tmp_path: pathlib.Path) -> None:
    make(tmp_path / "a", start(None), step=1000)
    (tmp_path / "a" / "metrics.jsonl").write_text('{"step": 1200}\n{"step": 13')
    with locks.held(tmp_path / "a" / layout.LOCK):
        (run,) = listing.found([tmp_path])
    assert (run.state, run.step) == ("running", 1200)


def test_of_each_way_of_judging_the_newest_counts(tmp_path: pathlib.Path) -> None:
    run = make(
        tmp_path / "a",
        start(),
        evaluations=(
            evaluation(500),
            evaluation(500, protocol="davis"),
            evaluation(1000),
            {"step": 1000},
        ),
    )
    found = [(one["step"], one.get("protocol")) for one in run.evaluations]
    assert found == [(500, "davis"), (1000, None)]


def test_runs_below_a_folder_are_found_newest_first_and_once(
    tmp_path: pathlib.Path,
) -> None:
    make(tmp_path / "runs" / "a", start(time="2026-11-27T00:00:00"))
    make(tmp_path / "runs" / "a" / "exp1", start(time="2026-11-28T00:00:00"))
    make(tmp_path / "runs" / "b", start(time="never"))
    for hidden in ("a/checkpoints/step_00000001", "a/.writing-x", "a/wandb/b"):
        make(tmp_path / "runs" / hidden, start())
    found = listing.found([tmp_path / "runs", tmp_path / "runs" / "a"])
    names = [one.path.relative_to(tmp_path / "runs").as_posix() for one in found]
    assert names == ["a/exp1", "a", "b"]


def test_table_has_a_row_for_a_run_and_a_line_for_an_evaluation(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make(pathlib.Path("a"), start(), step=1500, evaluations=(evaluation(1500),))
    runs = listing.found([pathlib.Path()])
    header, row, judged = listing.table(runs, now=NOW).splitlines()
    assert header.split("  ")[0] == "run"
    assert row == (
        "a    gin/foregan.gin + gin/smoke.gin  finished  1,500/1,500  1 h ago"
    )
    # The model's own, the most telling first, one column of each; no number, no score.
    assert judged == (
        "  test, step 1,500, 64 clips: J mean at T 0.9568 [0.9, 0.97], PSNR at T 30"
    )
    (asked,) = listing.table(runs, now=NOW, scores=["J mean/"]).splitlines()[2:]
    assert asked.endswith(
        ": J mean of copied mask at T 0.5, J mean at T 0.9568 [0.9, 0.97], "
        "J mean at 4T 0.9"
    )


@pytest.mark.parametrize(
    "since, text",
    [
        ({"seconds": -5}, "0 s ago"),
        ({"seconds": 119}, "1 min ago"),
        ({"hours": 47}, "1 d ago"),
    ],
)
def test_ages_are_whole_numbers_of_their_largest_unit(
    since: dict[str, int], text: str, tmp_path: pathlib.Path
) -> None:
    run = make(tmp_path / "a", start(time=NOW.isoformat()))
    now = NOW + datetime.timedelta(**since)
    assert listing.table([run], now=now).splitlines()[1].endswith(text)


def test_records_are_json(tmp_path: pathlib.Path) -> None:
    run = make(tmp_path / "a", start(), evaluations=(evaluation(7),))
    found = json.loads(json.dumps(listing.record(run)))
    assert found["path"] == str(tmp_path / "a") and found["steps"] == 1500
    assert found["active"] == "2026-11-29T11:00:00+00:00"
    assert found["evaluations"][0]["results"]["F mean/model/T"] is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"values": 3, "starts": {}}'])
def test_a_damaged_card_hides_no_run(content: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "run.json").write_text(content)
    (run,) = listing.found([tmp_path])
    assert (run.state, run.steps, run.active) == ("empty", None, None)
    assert listing.table([run], now=NOW).splitlines()[1].split()[1] == "?"
