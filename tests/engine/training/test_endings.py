"""How the end of a start gets into the run folder."""

import pathlib

import pytest

from tfvideogan.engine.processes import cluster, interruption
from tfvideogan.engine.runs import run_folder
from tfvideogan.engine.training import divergence, endings


def ended(folder: pathlib.Path, error: BaseException | None) -> str | None:
    """How a start that raises an error is said to have ended."""
    one = run_folder.RunFolder(folder)
    one.write_start({"step": 0}, "config", "operative")
    assert one.card()["starts"][-1]["end"] is None
    try:
        with endings.noted(one):
            if error:
                raise error
    except BaseException as seen:
        assert seen is error
    return one.card()["starts"][-1]["end"]["how"]


@pytest.mark.parametrize(
    "error, how",
    [
        (None, "finished"),
        (divergence.TrainingDiverged("a"), "diverged"),
        (interruption.Stopped("SIGTERM"), "stopped"),
        (cluster.WorkerLost("a"), "stopped"),
        (KeyboardInterrupt(), "stopped"),
        (ZeroDivisionError(), "failed"),
    ],
)
def test_the_card_says_how_a_start_has_ended(
    error: BaseException | None, how: str, tmp_path: pathlib.Path
) -> None:
    assert ended(tmp_path, error) == how


def test_each_start_has_its_own_end(tmp_path: pathlib.Path) -> None:
    ended(tmp_path, ZeroDivisionError())
    ended(tmp_path, None)
    ends = [
        one["end"]["how"] for one in run_folder.RunFolder(tmp_path).card()["starts"]
    ]
    assert ends == ["failed", "finished"]


def test_a_card_that_cannot_be_written_ends_nothing(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = run_folder.RunFolder(tmp_path)
    one.write_start({"step": 0}, "config", "operative")

    def refuse(*args: object) -> None:
        raise OSError("read-only")

    monkeypatch.setattr(run_folder.records, "write", refuse)
    with endings.noted(one):
        pass
    assert one.card()["starts"][-1]["end"] is None
