"""What a training says of itself."""

import json
import pathlib

import numpy as np
import pytest

from tests.engine import events
from tfvideogan.engine import build, evaluator
from tfvideogan.engine.reporting import progress, reports, samples
from tfvideogan.engine.runs import run_folder

PROTOCOL = {"split": "test", "clips": 2, "frames": 6, "data": "toy", "weights": "ema"}


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> run_folder.RunFolder:
    return run_folder.RunFolder(tmp_path)


def reporter(folder: run_folder.RunFolder, built: build.Built) -> reports.Reporter:
    sampler = samples.Sampler(built.model, built.source, split="test", number=1)
    display = progress.Progress(
        steps=10, start=0, frames_per_step=6, phases=["critic"], is_terminal=False
    )
    return reports.Reporter(folder, built, sampler, display)


def pace(waiting: float, computing: float) -> progress.Pace:
    measured = progress.Pace()
    measured.add(10, waiting, computing)
    return measured


def test_interval_goes_to_log_events_and_lines(
    folder: run_folder.RunFolder,
    built: build.Built,
    tmp_path: pathlib.Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    one = reporter(folder, built)
    with caplog.at_level("INFO", logger="absl"):
        shares = {"histogram/image_real/15": 0.5, "histogram/image_real/16": 0.5}
        means = {"critic/real": 0.5, **shares}
        one.interval(5, means, pace(1.0, 4.0), skipped=2, frames_per_step=6)
    one.close()
    assert "step 5/10 50.0% | 2.00 step/s 12 frames/s" in caplog.text
    assert "2 step(s) skipped" in caplog.text
    record = json.loads((tmp_path / "metrics.jsonl").read_text())
    assert record["step"] == 5 and record["critic/real"] == 0.5
    assert record["throughput/data_wait"] == 0.2
    found = events.read(tmp_path / "train")
    assert found["2 losses/critic/real"][5] == 0.5
    assert found["3 health/throughput/frames_per_second"][5] == 12.0
    assert found["3 health/memory/peak_gb"][5] == pytest.approx(
        record["memory/peak_gb"], rel=1e-6
    )
    # Shares of buckets become a histogram, and no numbers of their own.
    histogram = found["3 health/histogram/image_real"][5]
    np.testing.assert_array_equal(histogram, [[0, 0.0625, 0.5], [0.0625, 0.125, 0.5]])
    assert not [name for name in (*record, *found) if "histogram/image_real/" in name]


def test_slow_data_are_mentioned_once(
    folder: run_folder.RunFolder, built: build.Built, caplog: pytest.LogCaptureFixture
) -> None:
    one = reporter(folder, built)
    for step in (1, 2, 3):
        one.interval(step, {}, pace(6.0, 9.0), skipped=0, frames_per_step=6)
    one.close()
    assert caplog.text.count("waits for data 40% of the time") == 1


def test_short_waits_are_not_mentioned(
    folder: run_folder.RunFolder, built: build.Built, caplog: pytest.LogCaptureFixture
) -> None:
    one = reporter(folder, built)
    one.interval(1, {}, pace(0.6, 0.9), skipped=0, frames_per_step=6)
    one.interval(2, {}, pace(1.0, 99.0), skipped=0, frames_per_step=6)
    one.close()
    assert "waits for data" not in caplog.text


def test_evaluation_leaves_out_what_there_is_not(
    folder: run_folder.RunFolder, built: build.Built, tmp_path: pathlib.Path
) -> None:
    report = evaluator.Report({"J/model/T": 0.5, "J/copy/T": float("nan")}, PROTOCOL)
    one = reporter(folder, built)
    one.evaluation(7, report)
    one.close()
    assert [path.name for path in (tmp_path / "eval").iterdir()] == ["model"]
    assert events.read(tmp_path / "eval" / "model")["1 scores/J/T"] == {7: 0.5}
    record = json.loads(json.dumps(reports.evaluation_record(7, report)))
    assert record["results"] == {"J/model/T": 0.5, "J/copy/T": None}
    assert record["split"] == "test" and record["step"] == 7


def test_a_line_that_cannot_be_written_ends_nothing(
    folder: run_folder.RunFolder,
    built: build.Built,
    tmp_path: pathlib.Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "metrics.jsonl").mkdir()
    one = reporter(folder, built)
    one.interval(5, {"a/b": 0.5}, pace(1.0, 4.0), skipped=0, frames_per_step=6)
    one.close()
    assert "metrics.jsonl of step 5 is not written: Is a directory." in caplog.text


def test_texts_hold_parameters_environment_and_command(built: build.Built) -> None:
    card = run_folder.make_card(built, {}, step=0, precision="float32")
    texts = reports.texts(card, {"work": "3 GFLOP a step"})
    assert "| generator | 223 | 223 |" in texts["run/parameters"]
    assert "| tensorflow |" in texts["run/environment"]
    start = texts["run/start"]
    assert "| command |" in start and "| work | 3 GFLOP a step |" in start
    assert f"| commit | {card['environment']['commit']} |" in start


def test_other_workers_are_mute(
    built: build.Built, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    mute = run_folder.RunFolder(tmp_path / "run", is_chief=False)
    one = reporter(mute, built)
    with caplog.at_level("INFO", logger="absl"):
        one.say("hello")
        one.interval(5, {"a/b": 0.5}, pace(1.0, 4.0), skipped=1, frames_per_step=6)
        one.clips(5)
    one.close()
    assert caplog.text == "" and not (tmp_path / "run").exists()
