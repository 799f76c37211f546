"""From released weights, through the door, to a run that the other doors take."""

import json
import pathlib
from collections.abc import Iterator

import numpy as np
import pytest

from tests import published_toy
from tfvideogan import evaluate, export, import_weights, train
from tfvideogan.engine import rebuild
from tfvideogan.engine.config import config
from tfvideogan.serving.export import card, replay, warmup

GIN = "tests/published_toy.gin"


@pytest.fixture(autouse=True)
def clean_slate() -> Iterator[None]:
    config.reset()
    yield
    config.reset()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Flags that name two files, one for each network."""
    folder = tmp_path_factory.mktemp("theirs")
    flags = []
    for network in ("G", "D"):
        found = published_toy.arrays(f"{network}.")
        path = folder / f"{network}.npz"
        np.savez(path, **{name[2:]: value for name, value in found.items()})
        flags.append(f"--weights={network}={path}")
    return flags


@pytest.fixture(scope="module")
def workdir(files: list[str], tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("runs") / "theirs"
    assert run(*files, f"--workdir={folder}") == 0
    return folder


def run(*flags: str) -> int:
    return import_weights.main([f"--gin_file={GIN}", *flags])


def test_the_run_holds_the_weights(workdir: pathlib.Path) -> None:
    rebuilt = rebuild.rebuild(str(workdir))
    assert rebuilt.step == 0
    bias = published_toy.arrays()["D.first.bias"]
    np.testing.assert_array_equal(rebuilt.built.model.critic.first.bias, bias)


def test_evaluation_takes_it(workdir: pathlib.Path) -> None:
    assert evaluate.main([f"--workdir={workdir}", "--clips=1"]) == 0
    record = json.loads((workdir / "eval.jsonl").read_text().splitlines()[-1])
    assert record["step"] == 0


@pytest.mark.slow
def test_the_export_says_where_the_weights_come_from(
    workdir: pathlib.Path,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def answers(folder, scratch, requests):
        yield from replay.replay(folder, [folder / warmup.PATH, requests])

    monkeypatch.setattr(replay, "in_fresh_process", answers)
    flags = [f"--workdir={workdir}", f"--export_dir={tmp_path}"]
    assert export.main(flags) == 0
    found = card.read(tmp_path / "publishedgan" / "1")["imported"]
    assert [one["name"] for one in found["files"]] == ["G.npz", "D.npz"]
    assert found["files"][0]["sha256"] in capsys.readouterr().out


@pytest.mark.slow
def test_training_goes_on_with_fresh_optimizers(
    files: list[str],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "run"
    flags = [f"--workdir={folder}", "--gin_param=loop.run.metrics = []"]
    assert run(*files, *flags) == 0
    assert train.main([f"--gin_file={GIN}", "--steps=1", *flags]) == 0
    assert "weights of G.npz, D.npz; the optimizers start" in capsys.readouterr().err
    about = json.loads((folder / "run.json").read_text())
    assert about["imported"]["networks"] == ["generator", "critic"]
    assert len(about["starts"]) == 2
    after = rebuild.rebuild(str(folder)).built.model.critic.first.bias
    # One step of Adam at 1e-2 from the released weights.
    before = published_toy.arrays()["D.first.bias"]
    assert 0 < np.abs(after.numpy() - before).max() < 0.02


def test_dry_run_lists_the_names_and_writes_nothing(
    files: list[str], tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, "--dry_run", f"--workdir={tmp_path / 'run'}") == 0
    assert "G.last.weight" in capsys.readouterr().out
    assert not (tmp_path / "run").exists()


def test_one_network_needs_leave(
    files: list[str], tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    flags = (files[0], f"--workdir={folder}")
    assert run(*flags) == 2
    assert "--partial leaves `critic` as initialised" in capsys.readouterr().err
    assert not folder.exists()
    assert run(*flags, "--partial") == 0


def test_a_run_is_not_written_over(
    workdir: pathlib.Path, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, f"--workdir={workdir}") == 2
    assert "holds a run already" in capsys.readouterr().err


def test_weights_and_workdir_are_asked_for(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--workdir=runs/a") == 2
    assert "--weights is missing" in capsys.readouterr().err
    assert run(*files) == 2
    assert "--workdir is missing" in capsys.readouterr().err
