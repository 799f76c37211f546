"""The committed documents say what the committed records say; the tool makes records."""

import datetime
import json
import pathlib
import shutil
import signal
import sys

import pytest
import results
from results_table import commands, documents, records, rows, table

from tests import source_tree
from tests.tools.results_table import made
from tfvideogan.core import errors
from tfvideogan.engine import loop
from tfvideogan.engine.config import config

RECORDS = source_tree.ROOT / "docs" / "results.jsonl"


@pytest.fixture
def written(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Another place for records and documents."""
    place = f"{documents.BEGIN}\n{documents.END}\n"
    for name in (documents.README, documents.RESULTS):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(place, encoding="utf-8")
    monkeypatch.setattr(results, "DOCUMENTS", tmp_path)
    monkeypatch.setattr(results, "RECORDS", tmp_path / "docs" / "results.jsonl")
    return tmp_path


def test_every_score_of_readme_comes_from_a_record() -> None:
    complaints = documents.check(source_tree.ROOT, records.read(RECORDS))
    assert not complaints, "\n".join(complaints)


def test_records_are_of_rows_and_name_no_private_place() -> None:
    for one in records.read(RECORDS):
        assert table.find(one.row)
        assert not [name for name in ("/home", "/tmp", "/work") if name in str(one)]


@pytest.mark.parametrize("row", table.ROWS, ids=lambda row: row.id)
def test_a_row_is_an_experiment_that_its_gin_files_make(row: rows.Row) -> None:
    config.parse(row.gin_files, [*commands.example_root(row), *row.bindings])
    config.check_complete(loop.run, {"workdir": ""})
    config.reset()


@pytest.mark.long
def test_a_row_is_trained_judged_and_told_and_its_protocols_stay(
    written: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = made.row(
        id="toy/toy",
        gin_files=("tests/engine/toy.gin",),
        evaluations=(("--clips=5",),),
        scores=(rows.Score("error/model/T", "error"),),
    )
    monkeypatch.setattr(table, "ROWS", (toy,))
    runs = written / "runs"
    options = ["--runs", str(runs), "--commit", "1234567"]
    assert results.main(["--run", "toy/toy", "--seed", "5", *options]) == 0
    [one] = records.read(results.RECORDS)
    assert (one.row, one.seed, one.step, one.clips) == ("toy/toy", 5, 4, 5)
    assert one.cpu_minutes > 0
    assert one.results["error/model/T"] > 0
    card = json.loads((runs / "toy/toy/seed5/run.json").read_text(encoding="utf-8"))
    assert (one.processor, one.started) == (
        card["environment"]["processor"],
        card["starts"][0]["time"],
    )
    # Read again, the commit and what else was said of the training stays.
    assert results.main(["--runs", str(runs)]) == 0
    assert records.read(results.RECORDS) == [one]
    assert results.main(["--check"]) == 0


def test_what_a_budget_ends_is_asked_to_save_and_its_code_is_handed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = (
        "import signal, sys, time; "
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(75)); time.sleep(60)"
    )
    popen = results.subprocess.Popen

    def start(command, **how):
        assert command[:3] == [sys.executable, "-m", "tfvideogan.train"]
        return popen([sys.executable, "-c", code], **how)

    monkeypatch.setattr(results.subprocess, "Popen", start)
    # 1.2 seconds: Python has started by then, or dies of the signal.
    status = results._door("train", [], budget=0.02)
    assert status in (75, -signal.SIGTERM)


def test_a_row_of_real_data_asks_where_they_lie(
    written: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert results.main(["--run", "foregan/davis"]) == 2
    assert "DAVIS_ROOT" in capsys.readouterr().err


def test_an_unknown_row_is_one_line_with_those_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert results.main(["--collect", "runs/x", "--row", "foregan/sprite"]) == 2
    assert "foregan/sprites" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_training_older_than_the_commit_needs_the_commit_that_trained(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "ROOT", tmp_path)
    results._git("init")
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    results._git(*author, "commit", "--allow-empty", "--message=First")
    date = int(results._git("log", "-1", "--format=%ct"))
    day = datetime.timedelta(days=1)
    at = datetime.datetime.fromtimestamp(date, datetime.timezone.utc)
    short = results._git("log", "-1", "--format=%h")
    assert results._commit((at + day).isoformat()) == short
    (tmp_path / "gin").mkdir()
    (tmp_path / "gin" / "new.gin").touch()
    assert results._commit((at + day).isoformat()) == f"{short}, changed"
    with pytest.raises(errors.UserError, match="--commit"):
        results._commit((at - day).isoformat())
