"""From a run folder to a version, through the door."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest
import tensorflow as tf

from tests import source_tree
from tfvideogan import export, train
from tfvideogan.engine import rebuild
from tfvideogan.engine.config import config
from tfvideogan.serving.export import card, exporter, publishing, replay, warmup

GIN = "tests/served_toy.gin"


@pytest.fixture(autouse=True)
def clean_slate() -> Iterator[None]:
    config.reset()
    yield
    config.reset()


@pytest.fixture(scope="module")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("runs") / "toy"
    assert train.main([f"--gin_file={GIN}", f"--workdir={folder}"]) == 0
    judged = {"split": "test", "weights": "ema", "results": {"error/model/T": 0.25}}
    records = [
        {"step": 4, "time": "early", **judged},
        {"step": 4, "time": "late", **judged},
        {"step": 2, "time": "other step", **judged},
        {"step": 4, "time": "other weights", **judged, "weights": "raw"},
    ]
    text = "".join(json.dumps(one) + "\n" for one in records)
    (folder / "eval.jsonl").write_text(text)
    return folder


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replays in this process: a fresh one takes seconds, and one test has it."""

    def answers(folder, scratch, requests):
        yield from replay.replay(folder, [folder / warmup.PATH, requests])

    monkeypatch.setattr(replay, "in_fresh_process", answers)


def run(workdir: pathlib.Path, export_dir: pathlib.Path, *flags: str) -> int:
    return export.main([f"--workdir={workdir}", f"--export_dir={export_dir}", *flags])


def answer(folder: pathlib.Path, frames: np.ndarray) -> np.ndarray:
    loaded = tf.saved_model.load(str(folder))
    return loaded.signatures["predict"](frames=tf.constant(frames))["video_float"]


FRAMES = np.arange(2 * 3 * 8 * 8 * 3, dtype=np.uint8).reshape([2, 3, 8, 8, 3])


@pytest.mark.slow
def test_a_run_folder_becomes_a_version_that_a_fresh_process_answers(
    workdir, tmp_path, capsys
):
    assert run(workdir, tmp_path) == 0
    folder = tmp_path / "servedgan" / "1"
    files = {one.relative_to(folder).as_posix() for one in folder.rglob("*")}
    assert files > {
        "saved_model.pb",
        "variables/variables.index",
        "assets.extra/tfvideogan.json",
        "assets.extra/tf_serving_warmup_requests",
    }
    printed = capsys.readouterr().out
    assert "servedgan version 1 (ServedGAN)" in printed
    assert "predict: repaints a video" in printed
    assert f"source={tmp_path}/servedgan,target=/models/servedgan" in printed
    assert "python -m tfvideogan.serve --model_name=servedgan" in printed
    assert "serving_default: 3 requests, floats within" in printed
    # Shown again, all but the comparison is the same.
    assert export.main([f"--show={tmp_path / 'servedgan'}"]) == 0
    shown = capsys.readouterr().out
    assert shown and printed.startswith(shown.rstrip("\n"))


def test_the_card_tells_the_whole_story(workdir, tmp_path, here):
    assert run(workdir, tmp_path, "--batch_sizes=1,2") == 0
    found = card.read(tmp_path / "servedgan" / "1")
    assert (found["model"], found["step"], found["weights"]) == ("ServedGAN", 4, "ema")
    assert found["data"] == {
        "description": "toy clips, procedural, 8x8",
        "is_procedural": True,
    }
    assert found["clip"]["fps"] == 8.0 and found["clip"]["frames"] == 3
    # The last evaluation of this step and these weights, and no other.
    assert [one["time"] for one in found["metrics"]] == ["late"]
    assert "loop.run.make_model = @served_toy.ServedGAN" in found["config"]
    assert found["warm_up"] == {"batch_sizes": [1, 2]}
    assert found["precision"] == "float32"


def test_the_slow_weights_are_exported_unless_the_raw_ones_are_asked_for(
    workdir, tmp_path, here
):
    assert run(workdir, tmp_path) == 0
    assert run(workdir, tmp_path, "--weights=raw", "--version=7") == 0
    model = rebuild.rebuild(str(workdir)).built.model
    frames = tf.constant(FRAMES)
    raw = model.serving_functions()["predict"].function(frames=frames)["video_float"]
    with model.ema.swapped():
        slow = model.serving_functions()["predict"].function(frames=frames)
    base = tmp_path / "servedgan"
    np.testing.assert_allclose(
        answer(base / "1", FRAMES), slow["video_float"], atol=1e-5
    )
    np.testing.assert_allclose(answer(base / "7", FRAMES), raw, atol=1e-5)
    assert np.abs(raw - slow["video_float"]).max() > 1e-3
    assert card.read(base / "7")["weights"] == "raw"


def test_bindings_of_the_export_are_on_the_card(workdir, tmp_path, here):
    binding = "toy.ToySource.num_clips = 5"
    assert run(workdir, tmp_path, f"--gin_param={binding}") == 0
    lines = card.read(tmp_path / "servedgan" / "1")["config"].splitlines()
    assert any(one.startswith("loop.run.steps") for one in lines)
    assert lines[-1] == binding


def test_an_earlier_step_and_a_fixed_length_can_be_exported(workdir, tmp_path, here):
    flags = ("--checkpoint=2", "--frames=3", "--name=painter")
    assert run(workdir, tmp_path, *flags) == 0
    found = card.read(tmp_path / "painter" / "1")
    assert (found["step"], found["metrics"][0]["time"]) == (2, "other step")
    inputs = found["signatures"]["predict"]["inputs"]
    assert inputs["frames"]["shape"] == [-1, 3, 8, 8, 3]


def test_versions_follow_each_other_and_none_is_replaced(
    workdir, tmp_path, here, capsys
):
    assert run(workdir, tmp_path) == 0
    assert run(workdir, tmp_path) == 0
    base = tmp_path / "servedgan"
    before = (base / "2" / "saved_model.pb").stat().st_mtime_ns
    assert run(workdir, tmp_path, "--version=2") == 2
    assert "2 exists already" in capsys.readouterr().err
    assert publishing.versions(base) == [1, 2]
    assert (base / "2" / "saved_model.pb").stat().st_mtime_ns == before


def test_what_differs_is_not_published(workdir, tmp_path, here, monkeypatch, capsys):
    monkeypatch.setattr(exporter, "BYTE_TOLERANCE", -1)
    assert run(workdir, tmp_path) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("error: nothing was published: `video` of")
    assert list((tmp_path / "servedgan").iterdir()) == []


@pytest.mark.long
def test_a_kill_during_export_leaves_no_version(workdir, tmp_path):
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tfvideogan.export"),
            *(f"--workdir={workdir}", f"--export_dir={tmp_path}"),
        ],
        cwd=source_tree.ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base, deadline = tmp_path / "servedgan", time.monotonic() + 300
    # As late as can be: everything is written but the number.
    while not list(base.glob(".unfinished-*/assets.extra/tf_serving*")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    [left] = base.iterdir()
    assert (
        left.name.startswith(".unfinished-1-") and (left / "saved_model.pb").is_file()
    )
    assert publishing.versions(base) == []


def one_line_error(capsys: pytest.CaptureFixture) -> str:
    [line] = [
        one for one in capsys.readouterr().err.splitlines() if one.startswith("error: ")
    ]
    return line


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--batch_sizes=0"], "must be whole numbers from 1"),
        (["--batch_sizes=1,x"], "--batch_sizes (1,x) must be whole numbers"),
        (["--batch_sizes="], "must be whole numbers from 1"),
        (["--version=zero"], "--version (zero) must be a whole number"),
        (["--name=../other"], "--name '../other' must consist of"),
        (["--frames=0"], "size of T (0) must be at least 1"),
        (["--checkpoint=3"], "There is no complete checkpoint"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    workdir, tmp_path, capsys, flags, message
):
    assert run(workdir, tmp_path / "out", *flags) == 2
    assert message in one_line_error(capsys)
    assert not (tmp_path / "out").exists()


def test_a_run_folder_is_needed(tmp_path, capsys):
    assert export.main([]) == 2
    assert "--workdir is missing" in one_line_error(capsys)
    assert run(tmp_path, tmp_path / "out") == 2
    assert "is no run folder" in one_line_error(capsys)


def test_a_run_folder_without_a_checkpoint_is_refused(workdir, tmp_path, capsys):
    copy = tmp_path / "run"
    shutil.copytree(workdir, copy, ignore=shutil.ignore_patterns("checkpoints"))
    assert run(copy, tmp_path / "out") == 2
    assert "has no checkpoint yet; train first" in one_line_error(capsys)
    assert not (tmp_path / "out").exists()


def test_a_checkpoint_that_lacks_a_variable_is_refused(workdir, tmp_path, capsys):
    # A wider model than the one that was trained.
    assert (
        run(workdir, tmp_path / "out", "--gin_param=served_toy.ServedGAN.filters = 6")
        == 2
    )
    assert "does not fit this ServedGAN" in one_line_error(capsys)
    assert not (tmp_path / "out").exists()


def test_showing_what_is_not_there_is_one_line(tmp_path, capsys):
    assert export.main([f"--show={tmp_path / 'absent'}"]) == 2
    assert "there is no such folder" in one_line_error(capsys)
    assert export.main([f"--show={tmp_path}"]) == 2
    assert "no export of this package" in one_line_error(capsys)


@pytest.mark.parametrize("place", ["gs://bucket/models", "file/models", "a[1]"])
def test_a_place_that_cannot_be_used_is_refused_before_work(
    place: str,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    # The run folder does not exist, which would be said later.
    assert run(tmp_path / "run", place) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: --export_dir ")


def test_a_signature_is_written_for_other_runtimes(workdir, tmp_path, capsys):
    flags = (f"--plain_dir={tmp_path}", "--plain=predict", "--sizes=T=2")
    assert run(workdir, tmp_path / "unused", *flags) == 0
    [folder] = tmp_path.glob("servedgan_predict/1")
    said = capsys.readouterr().out
    assert "frames: uint8 [1, 2, 8, 8, 3], RGB video" in said
    assert f"python -m tf2onnx.convert --saved-model={folder}" in said
    found = json.loads((folder / "assets.extra" / "plain.json").read_text())
    assert found["model"] == "ServedGAN" and found["step"] == 4
    assert found["outputs"]["video"]["shape"] == [1, 2, 8, 8, 3]
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--plain=paint"],
            "--plain=paint is no signature of servedgan; it has predict",
        ),
        (["--plain=predict", "--sizes=8"], "--sizes (8) must be letters"),
    ],
)
def test_a_plain_export_that_cannot_be_is_one_line(
    workdir, tmp_path, capsys, flags, message
):
    folder = tmp_path / "out"
    assert run(workdir, folder, f"--plain_dir={folder}", *flags) == 2
    assert message in one_line_error(capsys)
    assert not folder.exists()
