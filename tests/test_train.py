"""The door to training: its options, each with an effect."""

import json
import pathlib
import subprocess
import sys
import types
from collections.abc import Iterator

import keras
import pytest

from tests.engine import training_runs
from tfvideogan import train
from tfvideogan.engine.config import search_path

# Whole runs: a step must be traced, which takes seconds.
pytestmark = pytest.mark.slow

QUICK = (
    "loop.run.metrics = []",
    "loop.run.sample_every = 0",
    "loop.run.save_every = 0",
    "STEPS = 1",
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A run of one step without further options, to compare with."""
    folder = tmp_path_factory.mktemp("runs") / "plain"
    assert training_runs.train_here(folder, *QUICK) == 0
    return folder


def card(folder: pathlib.Path) -> dict:
    return json.loads((folder / "run.json").read_text())


def first_loss(folder: pathlib.Path) -> float:
    return training_runs.losses(folder)[1]["critic/adversarial"]


def test_steps_ends_training_there(tmp_path: pathlib.Path) -> None:
    assert training_runs.train_here(tmp_path / "a", *QUICK, flags=("--steps=2",)) == 0
    assert training_runs.records(tmp_path / "a")[-1]["step"] == 2


def test_wandb_without_the_package_is_a_line_and_nothing_is_written(
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    assert training_runs.train_here(tmp_path / "a", *QUICK, flags=("--wandb",)) == 2
    assert "pip install 'tfvideogan[wandb]'" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()


def test_wandb_without_a_key_is_a_line_and_nothing_is_written(
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def login() -> None:
        raise stand_in.Error("No API key configured. Use `wandb login` to log in.")

    stand_in = types.ModuleType("wandb")
    stand_in.Error, stand_in.login = type("Error", (Exception,), {}), login
    monkeypatch.setitem(sys.modules, "wandb", stand_in)
    assert training_runs.train_here(tmp_path / "a", *QUICK, flags=("--wandb",)) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: --wandb: No API key configured. Use `wandb login`")
    assert not (tmp_path / "a").exists()


@pytest.mark.long
def test_seed_changes_the_run(plain: pathlib.Path, tmp_path: pathlib.Path) -> None:
    assert training_runs.train_here(tmp_path / "a", *QUICK, flags=("--seed=4",)) == 0
    assert training_runs.train_here(tmp_path / "b", *QUICK, flags=("--seed=3",)) == 0
    assert first_loss(tmp_path / "a") != first_loss(plain)
    assert first_loss(tmp_path / "b") == first_loss(plain)  # toy.gin has 3
    assert "SEED = 4" in (tmp_path / "a" / "config.gin").read_text()


def test_seed_without_a_macro_is_that_of_the_loop(tmp_path: pathlib.Path) -> None:
    gin = tmp_path / "bare.gin"
    gin.write_text(
        "from __gin__ import dynamic_registration\n"
        "from tests.engine import toy\nfrom tfvideogan.engine import loop\n"
        "loop.run.make_model = @toy.ToyGAN\nloop.run.make_source = @toy.ToySource\n"
        "loop.run.steps = 1\nloop.run.batch_size = 2\n"
    )
    folder = tmp_path / "a"
    flags = [f"--gin_file={gin}", f"--workdir={folder}", "--seed=4"]
    assert train.main(flags) == 0
    assert card(folder)["values"]["tfvideogan.engine.loop.run.seed"] == "4"


@pytest.fixture
def float32_again() -> Iterator[None]:
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.usefixtures("float32_again")
def test_precision_is_that_of_the_run(tmp_path: pathlib.Path) -> None:
    flags = ("--precision=bfloat16",)
    assert training_runs.train_here(tmp_path / "a", *QUICK, flags=flags) == 0
    assert card(tmp_path / "a")["precision"] == "bfloat16"


@pytest.mark.long
def test_a_run_folder_alone_goes_on_with_its_own_configuration(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "a"
    assert training_runs.train_here(folder, *QUICK, "BATCH_SIZE = 3") == 0
    flags = [f"--workdir={folder}", "--steps=2", "--log=long"]
    capsys.readouterr()
    assert train.main(flags) == 0
    assert training_runs.records(folder)[-1]["step"] == 2
    batch_size = "tfvideogan.engine.loop.run.batch_size"
    assert card(folder)["values"][batch_size] == "3"
    said = capsys.readouterr().err
    assert "critic/adversarial " in said and "Nothing uses" not in said
    # Another configuration is still refused.
    assert train.main([f"--workdir={folder}", "--gin_param=BATCH_SIZE = 2"]) == 2
    assert "another configuration" in capsys.readouterr().err


def test_a_folder_without_a_run_wants_a_gin_file(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.main([f"--workdir={tmp_path}"]) == 2
    assert (
        "holds no run: config.gin is not in it. --gin_file is missing"
        in capsys.readouterr().err
    )


def test_virtual_devices_make_replicas(tmp_path: pathlib.Path) -> None:
    flags = ("--virtual_devices=2",)
    assert training_runs.train_here(tmp_path / "a", *QUICK, flags=flags) == 0
    strategy = card(tmp_path / "a")["environment"]["strategy"]
    assert strategy == "Mirrored, 2 replica(s) on CPU:0, CPU:1"


def test_later_gin_files_win(tmp_path: pathlib.Path) -> None:
    second = tmp_path / "second.gin"
    second.write_text("BATCH_SIZE = 3\n")
    flags = (f"--gin_file={second}",)
    assert training_runs.train_here(tmp_path / "a", *QUICK, flags=flags) == 0
    values = card(tmp_path / "a")["values"]
    assert values["tfvideogan.engine.loop.run.batch_size"] == "3"


def test_dry_run_prints_and_writes_nothing(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert training_runs.train_here(tmp_path / "a", *QUICK, flags=("--dry_run",)) == 0
    text = capsys.readouterr().out
    for part in ("loop.run.batch_size = %BATCH_SIZE", "trainable", "GFLOP", "memory"):
        assert part in text
    assert not list(tmp_path.iterdir())


def test_traceback_is_shown_on_request(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--traceback",)
    assert training_runs.train_here(tmp_path / "a", "BATCH_SIZE = 0", flags=flags) == 2
    assert "Traceback" in capsys.readouterr().err


def test_gin_file_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert train.main([]) == 2
    assert "--gin_file is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    "gin_files, folder",
    [
        (["gin/foregan.gin"], "runs/foregan"),
        (["gin/foregan/exp1.gin"], "runs/foregan/exp1"),
        (["gin/foregan/exp1.gin", "gin/smoke.gin"], "runs/foregan/exp1+smoke"),
        (["/home/me/gin/data/a.gin"], "runs/data/a"),
        (["mine.gin"], "runs/mine"),
        (["elsewhere/mine.gin", "gin/foregan/davis.gin"], "runs/mine+davis"),
    ],
)
def test_run_folder_is_named_by_the_gin_files(
    gin_files: list[str], folder: str
) -> None:
    assert train.default_workdir(gin_files) == folder


def test_default_run_folder_is_used(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    gin = str(search_path.ROOT / training_runs.TOY)
    params = [f"--gin_bindings={binding}" for binding in QUICK]
    assert train.main([f"--gin_file={gin}", *params]) == 0
    assert (tmp_path / "runs" / "toy" / "run.json").is_file()


def test_error_in_a_new_process_ends_with_one_line() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "tfvideogan.train", "--gin_file=gin/nothing.gin"],
        cwd=search_path.ROOT,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 2 and "Traceback" not in found.stderr
    assert found.stderr.splitlines()[-1].startswith("error: There is no gin file")


def test_help_shows_commands_to_copy(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        train.main(["--help"])
    text = capsys.readouterr().out
    assert caught.value.code == 0
    assert "python -m tfvideogan.train --gin_file=gin/foregan.gin" in text
    for option in ("--gin_bindings", "--model_dir", "--dry_run", "--virtual_devices"):
        assert option in text
